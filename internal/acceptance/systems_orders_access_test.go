// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("Ranks are data", Label("O-05"), func() {
	It("with gaps, and two back offices may number the same roles differently", func() {
		ranks := map[string]int32{"owner": 0, "director": 1, "auditor": 3, "clerk": 40, "viewer": 1000000}
		turned := map[string]int32{"owner": 0, "director": 1, "auditor": 40, "clerk": 3, "viewer": 1000000}
		office := func(ranks map[string]int32) string {
			namespace := shop(testkit.Delegates(40, testkit.Person("lea")))
			objects := []client.Object{testkit.User("ann", namespace)}
			for name, rank := range ranks {
				objects = append(objects, testkit.Set(name, namespace, testkit.Rank(rank), testkit.Permissions(name)))
			}
			given(objects...)
			return namespace
		}
		bind := func(namespace, role string) error {
			return lea().Create(ctx, testkit.Binding(role, namespace, testkit.ToSet(role), testkit.ForUsers("ann")))
		}
		one, two := office(ranks), office(turned)
		for namespace, ranks := range map[string]map[string]int32{one: ranks, two: turned} {
			stored := map[string]int32{}
			for _, row := range query(namespace, "SELECT set_key, rank FROM permission_sets") {
				rank, err := strconv.ParseInt(row[1], 10, 32)
				Expect(err).NotTo(HaveOccurred())
				stored[row[0]] = int32(rank)
			}
			Expect(stored).To(Equal(ranks))
			for _, role := range slices.Sorted(maps.Keys(ranks)) {
				if ranks[role] < 40 {
					Expect(bind(namespace, role)).To(refuse(fmt.Sprintf("needs rank %d ", ranks[role])))
				} else {
					Expect(bind(namespace, role)).To(Succeed())
				}
			}
		}
		Eventually(func() map[string]string { return permissions(one, "ann") }, soon, often).Should(Equal(map[string]string{"clerk": "Read", "viewer": "Read"}))
		Eventually(func() map[string]string { return permissions(two, "ann") }, soon, often).Should(Equal(map[string]string{"auditor": "Read", "viewer": "Read"}))

		By("and a number that is changed counts from then on")
		auditor := testkit.Set("auditor", one)
		Expect(change(root(), auditor, testkit.Rank(41))).To(Succeed())
		eventually(auditor, beReady())
		Expect(bind(one, "auditor")).To(Succeed())
		Eventually(func() map[string]string { return permissions(one, "ann") }, soon, often).Should(HaveKey("auditor"))
	})
})

var _ = Describe("A page of the back office", Label("O-08"), func() {
	It("is open in full, to read, or not at all", func() {
		pages := []string{
			"analytics", "bi-suite", "orders", "stock", "buffers", "items", "stock-locations", "orchestration", "workflows", "delivery", "users", "configuration",
		}
		namespace := shop(testkit.Catalog(pages...))
		want, entries := map[string]string{}, []string{}
		for i, page := range pages {
			level := []string{"Write", "Read", "None"}[i%3]
			entries = append(entries, page+"="+level)
			if level != "None" {
				want[page] = level
			}
		}
		role := testkit.Set("role", namespace, testkit.Permissions(entries...))
		given(role, testkit.User("ann", namespace), testkit.Binding("role", namespace, testkit.ToSet("role"), testkit.ForUsers("ann")))
		got := func() map[string]string { return permissions(namespace, "ann") }
		Eventually(got, soon, often).Should(Equal(want))

		By("and a role that is built on it opens, narrows and closes pages")
		given(testkit.Set("other", namespace, testkit.Extends("role"), testkit.Permissions("bi-suite=Write", "analytics=Read", "stock=None", "orders=Read")))
		b := testkit.Binding("role", namespace)
		Expect(change(root(), b, testkit.ToSet("other"))).To(Succeed())
		eventually(b, beReady())
		want["bi-suite"], want["analytics"], want["orders"] = "Write", "Read", "Read"
		delete(want, "stock")
		Eventually(got, soon, often).Should(Equal(want))
		levels := query(namespace, "SELECT DISTINCT level FROM effective_permissions WHERE back_office = 'shop'")
		Expect([]string{"Write", "Read", "None"}).To(ContainElements(slices.Concat(levels...)))
		Expect(root().Create(ctx, testkit.Set("odd", namespace, testkit.Permissions("orders=Full")))).
			To(refuse(`spec.permissions[0].level: Unsupported value: "Full": supported values: "None", "Read", "Write"`))
	})
})

// channels declares the dimension of an order management.
func channels() testkit.Mod {
	return testkit.Dimensions(v1alpha1.FilterDimension{Name: "sales-channels", Values: []string{"web", "store", "marketplace"}})
}

// onlyChannels narrows a user to these sales channels.
func onlyChannels(values ...string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		u.Spec.Filters = []v1alpha1.Filter{testkit.Only("sales-channels", values...)}
	})
}

var _ = Describe("Sales channels narrow what a user does", Label("O-12"), func() {
	It("and are changed at any time, by those who manage users alone", func() {
		h := furnished(channels(), testkit.SelfService("users"))
		namespace := h.namespace
		narrowed(namespace, "ann", "orders", "Write sales-channels All ReadWrite [] [] []")
		Expect(change(lea(), h.ann, onlyChannels("web"), testkit.KubernetesUser("ann@example"))).To(Succeed())
		narrowed(namespace, "ann", "orders", `Write sales-channels Only ReadWrite ["web"] [] []`)
		Expect(change(root(), h.boss, testkit.KubernetesUser("boss@example"))).To(Succeed())
		eventually(h.boss, beReady())

		By("more, and other ones")
		Expect(change(lea(), h.ann, onlyChannels("store", "web"))).To(Succeed())
		narrowed(namespace, "ann", "orders", `Write sales-channels Only ReadWrite ["store","web"] [] []`)
		Expect(change(as("boss@example"), h.ann, onlyChannels("marketplace"))).To(Succeed())
		narrowed(namespace, "ann", "orders", `Write sales-channels Only ReadWrite ["marketplace"] [] []`)

		By("not by the user, who manages nobody, nor by others, nor for somebody stronger")
		Expect(change(as("ann@example"), h.ann, onlyChannels("web"))).To(refuse(`matches "ann@example"`))
		Expect(change(eve(), h.ann, onlyChannels("web"))).To(refuse(`matches "eve"`))
		Expect(change(eve(), h.ann, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = nil }))).To(refuse(`matches "eve"`))
		Expect(change(lea(), h.boss, onlyChannels("web"))).To(beyond("lea"))
		Expect(change(lea(), h.ann, onlyChannels("wep"))).To(refuse("wep", "did you mean web?"))
		Consistently(func() []string { return data(namespace, "ann", "orders") }, while, often).
			Should(Equal([]string{`Write sales-channels Only ReadWrite ["marketplace"] [] []`}))
		narrowed(namespace, "boss", "orders", "Write sales-channels All ReadWrite [] [] []")
		narrowed(namespace, "bob", "orders", "Read sales-channels All ReadWrite [] [] []")
	})
})

var _ = Describe("A user has to log in anew", Label("O-13"), func() {
	It("when access shrinks, and not when it grows", func() {
		namespace := shop(channels())
		clerk := testkit.Set("clerk", namespace, testkit.Permissions("orders=Write", "stock=Write"))
		extra := testkit.Set("extra", namespace, testkit.Permissions("items=Write"))
		ann := testkit.User("ann", namespace)
		clerks := testkit.Binding("clerks", namespace, testkit.ToSet("clerk"), testkit.ForUsers("ann"))
		given(clerk, extra, ann, clerks)
		validAfter := func() int64 {
			rows := query(namespace, "SELECT sessions_valid_after FROM active_users WHERE login = 'ann'")
			if len(rows) == 0 {
				return 0
			}
			at, err := strconv.ParseInt(rows[0][0], 10, 64)
			Expect(err).NotTo(HaveOccurred())
			return at
		}
		// login is when a session begins that is valid.
		login := func() int64 {
			Eventually(func() int64 { return time.Now().Unix() }, soon, often).Should(BeNumerically(">", validAfter()))
			return time.Now().Unix()
		}
		can := func(want map[string]string) {
			GinkgoHelper()
			Eventually(func() map[string]string { return permissions(namespace, "ann") }, soon, often).Should(Equal(want))
		}
		shrinks := func(how string, do func() error) {
			GinkgoHelper()
			By("ending sessions: " + how)
			session := login()
			Expect(do()).To(Succeed())
			Eventually(validAfter, soon, often).Should(BeNumerically(">", session), how)
		}
		grows := func(how string, do func() error, want map[string]string) {
			GinkgoHelper()
			By("letting sessions be: " + how)
			before := validAfter()
			Expect(do()).To(Succeed())
			can(want)
			Expect(validAfter()).To(Equal(before), how)
		}
		all := map[string]string{"orders": "Write", "stock": "Write"}
		can(all)
		extras := testkit.Binding("extras", namespace, testkit.ToSet("extra"), testkit.ForUsers("ann"))
		grows("another role", func() error { return root().Create(ctx, extras) }, map[string]string{"orders": "Write", "stock": "Write", "items": "Write"})
		grows("more in a role", func() error { return change(root(), clerk, testkit.Permissions("delivery")) },
			map[string]string{"orders": "Write", "stock": "Write", "items": "Write", "delivery": "Read"})
		grows("a label", func() error { return change(root(), ann, testkit.Labels("desk", "7")) },
			map[string]string{"orders": "Write", "stock": "Write", "items": "Write", "delivery": "Read"})

		shrinks("less in a role", func() error {
			return change(root(), clerk, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Permissions = s.Spec.Permissions[:2] }))
		})
		can(map[string]string{"orders": "Write", "stock": "Write", "items": "Write"})
		shrinks("a denial", func() error { return change(root(), clerks, testkit.Denies("stock")) })
		can(map[string]string{"orders": "Write", "items": "Write"})
		shrinks("a role that goes", func() error { return root().Delete(ctx, extras) })
		can(map[string]string{"orders": "Write"})
		shrinks("fewer sales channels", func() error { return change(root(), ann, onlyChannels("web", "store")) })
		shrinks("fewer still", func() error { return change(root(), ann, onlyChannels("web")) })

		By("ending sessions: a role that ends at its second, without anybody doing anything")
		until := time.Now().Add(4 * time.Second)
		short := testkit.Binding("short", namespace, testkit.ToSet("extra"), testkit.ForUsers("ann"), testkit.Until(until))
		create(root(), short)
		can(map[string]string{"orders": "Write", "items": "Write"})
		session := validAfter()
		Eventually(validAfter, soon, often).Should(BeNumerically(">", session))
		Expect(validAfter()).To(BeNumerically(">=", until.Truncate(time.Second).Unix()))
		can(map[string]string{"orders": "Write"})

		By("ending sessions: a block, also when it is lifted")
		before := login()
		Expect(change(root(), ann, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Eventually(func() bool { return active(namespace, "ann") }, soon, often).Should(BeFalse())
		Expect(change(root(), ann, testkit.State(v1alpha1.StateActive))).To(Succeed())
		Eventually(func() bool { return active(namespace, "ann") }, soon, often).Should(BeTrue())
		Expect(validAfter()).To(BeNumerically(">", before))
	})
})
