// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// key names a set in the store.
func key(k string) testkit.Mod {
	return testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Key = k })
}

// rollout replaces an object by another, as a tool does that knows neither: it does not wait between the two. It returns the warnings.
type rollout func(old, successor client.Object) (warnings string)

// The tools' orders. Both run as root, who has the power over either object.
var (
	pruneThenCreate rollout = func(old, successor client.Object) string {
		GinkgoHelper()
		c, told := listening("root", owners)
		Expect(c.Delete(ctx, old)).To(Succeed())
		Expect(c.Create(ctx, successor)).To(Succeed())
		return told.heard()
	}
	createThenPrune rollout = func(old, successor client.Object) string {
		GinkgoHelper()
		c, told := listening("root", owners)
		Expect(c.Create(ctx, successor)).To(Succeed())
		warnings := told.heard()
		Expect(c.Delete(ctx, old)).To(Succeed())
		return warnings
	}
)

var _ = Describe("A rename in one rollout", func() {
	const login = "ann.martin"
	mods := func(more ...testkit.Mod) []testkit.Mod {
		return append([]testkit.Mod{testkit.Login(login), testkit.Labels("team", "support")}, more...)
	}
	// staffed is a back office in which everybody with the label team=support, ann too, may read orders.
	staffed := func(more ...testkit.Mod) (namespace string, ann *v1alpha1.BackOfficeUser) {
		GinkgoHelper()
		namespace = shop(more...)
		ann = testkit.User("ann", namespace, mods()...)
		given(testkit.Set("support", namespace, testkit.Permissions("orders")), ann,
			testkit.Binding("support", namespace, testkit.ToSet("support"), testkit.ForLabels("team", "support")))
		Eventually(func() map[string]string { return permissions(namespace, login) }, soon, often).Should(Equal(asViewer))
		return namespace, ann
	}
	account := func(namespace string) [][]string {
		return query(namespace, "SELECT id FROM active_users WHERE login = $1", login)
	}
	holdsOrders := func(namespace string) {
		GinkgoHelper()
		Eventually(func() map[string]string { return permissions(namespace, login) }, soon, often).Should(Equal(asViewer))
		Expect(active(namespace, login)).To(BeTrue())
	}

	DescribeTable("of a user keeps the account: a login that is still taken is a warning, and heals when it is free",
		func(replace rollout, warned OmegaMatcher) {
			namespace, ann := staffed()
			before := account(namespace)
			renamed := testkit.User("ann-martin", namespace, mods()...)
			Expect(replace(ann, renamed)).To(warned)
			vanishes(ann)
			eventually(renamed, beReady())
			holdsOrders(namespace)
			Expect(account(namespace)).To(Equal(before))
		},
		Entry("created, then pruned, as Helm does", createThenPrune, And(ContainSubstring(`spec.login: login "`+login+`" is that of BackOfficeUser `), ContainSubstring("gets no access until that one is gone"))),
		Entry("pruned, then created, as Argo CD does", pruneThenCreate, Or(BeEmpty(), ContainSubstring(`login "`+login+`" is that of BackOfficeUser `))),
	)

	DescribeTable("that moves a user to another namespace keeps the account, too",
		func(replace rollout) {
			other := testkit.FreshNamespace(ctx, masters())
			namespace, ann := staffed(testkit.Admits(other))
			before := account(namespace)
			here := testkit.InOffice(namespace + "/shop")
			given(testkit.Binding("support", other, here, testkit.ToSet(namespace+"/support"), testkit.ForLabels("team", "support")))
			moved := testkit.User("ann", other, mods(here)...)
			_ = replace(ann, moved)
			vanishes(ann)
			eventually(moved, beReady())
			holdsOrders(namespace)
			Expect(account(namespace)).To(Equal(before))
		},
		Entry("created, then pruned", createThenPrune),
		Entry("pruned, then created", pruneThenCreate),
	)

	It("waits for the login for as long as the old object is there, without access of its own", func() {
		namespace, ann := staffed()
		c, told := listening("root", owners)
		renamed := testkit.User("ann-martin", namespace, mods()...)
		Expect(c.Create(ctx, renamed)).To(Succeed())
		Expect(told.heard()).To(ContainSubstring("BackOfficeUser " + namespace + "/ann; this user gets no access until that one is gone"))
		eventually(renamed, notReady(v1alpha1.ReasonLoginTaken))
		eventually(ann, beReady())
		holdsOrders(namespace)
		Expect(root().Delete(ctx, ann)).To(Succeed())
		eventually(renamed, beReady())
		holdsOrders(namespace)
	})

	DescribeTable("needs no spare seat: a full quota is a warning, and heals when a seat is free",
		func(replace rollout, warned OmegaMatcher) {
			namespace, ann := staffed(testkit.Seats(2, 1))
			given(testkit.User("bob", namespace))
			successor := testkit.User("carla", namespace, testkit.Labels("team", "support"))
			Expect(replace(ann, successor)).To(warned)
			vanishes(ann)
			eventually(successor, beReady())
			Eventually(func() map[string]string { return permissions(namespace, "carla") }, soon, often).Should(Equal(asViewer))
			Expect(query(namespace, "SELECT login FROM active_users ORDER BY login")).To(Equal([][]string{{"bob"}, {"carla"}}))
		},
		Entry("created, then pruned", createThenPrune, MatchRegexp(`spec.quotas.users of BackOffice spec-\w+/shop looks full; this user gets no access until a seat is free`)),
		Entry("pruned, then created", pruneThenCreate, Or(BeEmpty(), ContainSubstring("looks full"))),
	)

	It("needs a seat for ever where nobody goes", func() {
		namespace, _ := staffed(testkit.Seats(1, 1))
		late := testkit.User("late", namespace)
		create(root(), late)
		eventually(late, notReady(v1alpha1.ReasonQuotaExceeded))
		Expect(active(namespace, "late")).To(BeFalse())
		Expect(change(root(), testkit.User("ann", namespace), testkit.State(v1alpha1.StateDeactivated))).To(Succeed())
		eventually(late, beReady())
		Expect(active(namespace, "late")).To(BeTrue())
	})

	DescribeTable("of a set keeps its key: one that is still taken is a warning, and heals when it is free",
		func(replace rollout, warned OmegaMatcher) {
			namespace, _ := staffed()
			old := testkit.Set("seller", namespace, key("seller"), testkit.Permissions("offers"))
			b := testkit.Binding("sellers", namespace, testkit.ToSet("seller"), testkit.ForUsers("ann"))
			given(old, b)
			sells := map[string]string{"orders": "Read", "offers": "Read"}
			Eventually(func() map[string]string { return permissions(namespace, login) }, soon, often).Should(Equal(sells))
			renamed := testkit.Set("sales", namespace, key("seller"), testkit.Permissions("offers"))
			Expect(replace(old, renamed)).To(warned)
			Expect(change(root(), b, testkit.ToSet("sales"))).To(Succeed())
			vanishes(old)
			eventually(renamed, beReady())
			eventually(b, beReady())
			Eventually(func() map[string]string { return permissions(namespace, login) }, soon, often).Should(Equal(sells))
			Expect(query(namespace, "SELECT name FROM permission_sets WHERE set_key = 'seller'")).To(Equal([][]string{{"sales"}}))
		},
		Entry("created, then pruned", createThenPrune, And(ContainSubstring(`spec.key: key "seller" is that of PermissionSet `), ContainSubstring("grants nothing until that one is gone"))),
		Entry("pruned, then created", pruneThenCreate, Or(BeEmpty(), ContainSubstring(`key "seller" is that of PermissionSet `))),
	)
})
