// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// officeOf is the back office of a sample.
func officeOf(name string) *v1alpha1.BackOffice {
	GinkgoHelper()
	for _, o := range sample(name, name) {
		if office, ok := o.(*v1alpha1.BackOffice); ok {
			return office
		}
	}
	Fail("no BackOffice in the sample " + name)
	return nil
}

// installed applies a sample, as the back office "shop" of a namespace of its own in which root may do everything, and waits until all of it
// is in force.
func installed(name string) (namespace string) {
	GinkgoHelper()
	namespace = testkit.FreshNamespace(ctx, masters())
	var rest []client.Object
	for _, o := range sample(name, namespace) {
		office, ok := o.(*v1alpha1.BackOffice)
		if !ok {
			testkit.InOffice("shop")(o)
			rest = append(rest, o)
			continue
		}
		office.Name = "shop"
		testkit.Delegates(0, testkit.Person("root"))(office)
		testkit.Giving("*")(office)
		given(office)
	}
	given(rest...)
	return namespace
}

// isAdministrator makes a user one.
func isAdministrator() testkit.Mod { return testkit.AccountType(v1alpha1.AccountAdministrator) }

// reasons are why users are not ready, "" for those who are, and how many of each.
func reasons(users []*v1alpha1.BackOfficeUser) map[string]int {
	GinkgoHelper()
	counts := map[string]int{}
	for _, u := range users {
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		reason := "not told"
		for _, c := range u.Status.Conditions {
			switch {
			case c.Type != v1alpha1.ConditionReady || c.ObservedGeneration != u.Generation:
			case c.Status == metav1.ConditionTrue:
				reason = ""
			default:
				reason = c.Reason
			}
		}
		counts[reason]++
	}
	return counts
}

// numbered makes users that differ by number.
func numbered(n int, prefix, namespace string, mods ...testkit.Mod) []*v1alpha1.BackOfficeUser {
	users := make([]*v1alpha1.BackOfficeUser, n)
	for i := range users {
		users[i] = testkit.User(fmt.Sprintf("%s-%d", prefix, i), namespace, mods...)
	}
	return users
}

var _ = Describe("Rights of a hosting panel", func() {
	It("are for administrators, but the technical ones: support, finances, security and the rights of users", Label("H-01"), func() {
		namespace := installed("hosting")
		everything := map[string]string{"support": "Write", "financial": "Write", "security": "Write", "user-rights": "Write", "technical": "Write"}
		technical := map[string]string{"technical": "Write"}
		gets := func(login string, want map[string]string) {
			GinkgoHelper()
			Eventually(func() map[string]string { return permissions(namespace, login) }, soon, often).Should(Equal(want), login)
			Consistently(func() map[string]string { return permissions(namespace, login) }, while, often).Should(Equal(want), login)
		}
		gets("adele.king", everything)
		gets("fiona.lopez", map[string]string{"financial": "Write"})
		gets("tara.olsen", technical)

		By("a user who is named is refused, with the account types that may hold the set")
		bind := func(set string, users ...string) error {
			return root().Create(ctx, testkit.Binding("mole", namespace, testkit.ToSet(set), testkit.ForUsers(users...)))
		}
		given(testkit.Set("heir", namespace, testkit.Extends("support"), testkit.Permissions("technical=Write")))
		for _, set := range []string{"administrator", "support", "financial", "security", "user-rights", "heir"} {
			Expect(bind(set, "fiona", "tara")).To(refuse("set "+namespace+"/"+set+" may be held by accounts of type Administrator", "tara (Staff)"))
		}

		By("one who is selected gets nothing of it, and others do")
		c, warnings := listening("root", owners)
		tara, fiona := testkit.User("tara", namespace), testkit.User("fiona", namespace)
		for _, u := range []*v1alpha1.BackOfficeUser{tara, fiona} {
			Expect(change(root(), u, testkit.Labels("team", "operations", "crew", "all"))).To(Succeed())
			eventually(u, beReady())
		}
		everybody := testkit.Binding("everybody", namespace, testkit.ToSet("heir"), testkit.ForLabels("crew", "all"), testkit.Grants("security=Read"))
		Expect(c.Create(ctx, everybody)).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring("tara (Staff), who do not get it"))
		eventually(everybody, And(notReady(v1alpha1.ReasonSubjectsRefused), saying("tara"), Not(saying("fiona"))))
		gets("tara.olsen", technical)
		gets("fiona.lopez", map[string]string{"financial": "Write", "support": "Write", "technical": "Write", "security": "Read"})

		By("and who ceases to be an administrator loses it at once")
		adele := testkit.User("adele", namespace)
		Expect(patched(c, adele, types.MergePatchType, `{"spec":{"accountType":"Staff"}}`)).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring("set " + namespace + "/administrator may be held by accounts of type Administrator, and this one is of type Staff"))
		gets("adele.king", map[string]string{})
		Expect(active(namespace, "adele.king")).To(BeTrue())
	})

	It("are granted and removed one by one, and the right over users is guarded", Label("H-06"), func() {
		namespace := shop(testkit.Delegates(5, testkit.Person("lea")), testkit.Giving("financial", "security", "technical"), testkit.SelfService("user-rights"))
		ann := testkit.User("ann", namespace, testkit.KubernetesUser("ann@example"))
		rights := testkit.Binding("ann", namespace, testkit.ToSet("nothing"), testkit.ForUsers("ann"))
		given(testkit.Set("nothing", namespace), ann, rights)
		has := func(want ...string) {
			GinkgoHelper()
			all := map[string]string{}
			for _, path := range want {
				all[path] = "Write"
			}
			Eventually(func() map[string]string { return permissions(namespace, "ann") }, soon, often).Should(Equal(all))
		}
		has()
		for _, step := range []struct{ grants, want []string }{
			{[]string{"financial"}, []string{"financial"}},
			{[]string{"financial", "security"}, []string{"financial", "security"}},
			{[]string{"financial", "security", "technical"}, []string{"financial", "security", "technical"}},
			{[]string{"financial", "technical"}, []string{"financial", "technical"}},
			{[]string{"technical"}, []string{"technical"}},
			{nil, nil},
		} {
			var grants []string
			for _, path := range step.grants {
				grants = append(grants, path+"=Write")
			}
			Expect(change(lea(), rights, testkit.Grants(grants...))).To(Succeed())
			has(step.want...)
		}

		By("the right over users is nothing that one gives away without having it")
		Expect(change(lea(), rights, testkit.Grants("user-rights=Write"))).To(refuse("gives user-rights Write, which \"lea\" does not have to give"))
		Expect(as("ann@example").Create(ctx, testkit.User("new", namespace))).To(refuse(`matches "ann@example"`))
		Expect(change(root(), rights, testkit.Grants("user-rights=Write", "technical=Write"))).To(Succeed())
		has("technical", "user-rights")
		u := testkit.User("new", namespace)
		Eventually(func() error { return as("ann@example").Create(ctx, u) }, soon, often).Should(Succeed())
		eventually(u, beReady())

		By("who has it touches nobody who is stronger, and passes on nothing that they do not have")
		given(testkit.Set("chief", namespace, testkit.Rank(1), testkit.Permissions("financial=Write")), testkit.User("boss", namespace),
			testkit.Binding("boss", namespace, testkit.ToSet("chief"), testkit.ForUsers("boss")))
		Expect(change(as("ann@example"), testkit.User("boss", namespace), testkit.State(v1alpha1.StateBlocked))).To(refuse("needs rank 1 or stronger"))
		passOn := func(grants ...string) *v1alpha1.RoleBinding {
			return testkit.Binding("new", namespace, testkit.ToSet("nothing"), testkit.ForUsers("new"), testkit.Grants(grants...))
		}
		Expect(as("ann@example").Create(ctx, passOn("financial=Write"))).To(refuse("gives financial Write"))
		Expect(as("ann@example").Create(ctx, passOn("technical=Write"))).To(Succeed())

		By("and without it they manage nobody")
		Expect(change(root(), rights, testkit.Grants("technical=Write"))).To(Succeed())
		has("technical")
		Eventually(func() error { return change(as("ann@example"), u, testkit.State(v1alpha1.StateBlocked)) }, soon, often).
			Should(refuse(`matches "ann@example"`))
	})
})
