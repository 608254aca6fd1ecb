// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// withdrawalHeld is the outcome for a BackOffice whose brake holds a withdrawal from so many users.
func withdrawalHeld(users, of int) OmegaMatcher {
	return And(stallFor(v1alpha1.ReasonWithdrawalHeld),
		WithTransform(message, ContainSubstring(fmt.Sprintf("withdraw access from %d of %d users, more than spec.policy.withdrawalLimit", users, of))))
}

// confirm lets the withdrawal happen that the BackOffice tells of.
func (w *world) confirm(office *v1alpha1.BackOffice) {
	GinkgoHelper()
	found := regexp.MustCompile(v1alpha1.AnnotationConfirmWithdrawal + `=([0-9]+-[0-9a-f]+)$`).FindStringSubmatch(message(office))
	Expect(found).To(HaveLen(2), message(office))
	w.change(office, func() { testkit.Annotations(v1alpha1.AnnotationConfirmWithdrawal, found[1])(office) })
}

// expectUntouched reconciles objects that the brake holds: nothing is written, and nothing is asked again.
func (w *world) expectUntouched(objects ...client.Object) {
	GinkgoHelper()
	w.seeSecrets()
	w.spent()
	for _, o := range objects {
		before := o.GetResourceVersion()
		Expect(w.reconcile(o)).To(Equal(reconcile.Result{}))
		Expect(o.GetResourceVersion()).To(Equal(before))
	}
	Expect(w.spent()).To(Equal(cost{}))
}

func asObjects[T client.Object](typed []T) (objects []client.Object) {
	for _, o := range typed {
		objects = append(objects, o)
	}
	return objects
}

// demanding is a policy that no user of a crowd fulfils.
var demanding = testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})

var _ = Describe("The brake", func() {
	for name, made := range worlds {
		It("holds a policy that would withdraw access from too many users until somebody confirms it, with a store in "+name, func() {
			w := made()
			shop := w.office("shop")
			w.settle(shop)
			users := w.crowd(10)
			w.told()

			w.change(shop, func() { demanding(shop) })
			Expect(w.reconcile(shop).RequeueAfter).To(BeNumerically(">", 0), "its store is probed")
			Expect(shop).To(withdrawalHeld(10, 10))
			Expect(message(shop)).To(ContainSubstring("(20 percent and 5 users)"))
			Expect(w.told()).To(ConsistOf(HavePrefix("Warning WithdrawalHeld ")))
			w.expectUntouched(asObjects(users)...)
			Expect(w.active()).To(HaveLen(10))

			By("a restart, which forgets nothing")
			w.restart()
			for _, u := range users {
				w.reconcile(u)
			}
			w.reconcile(shop)
			Expect(shop).To(withdrawalHeld(10, 10))
			w.expectUntouched(asObjects(users)...)

			By("a confirmation of something else")
			w.change(shop, func() { testkit.Annotations(v1alpha1.AnnotationConfirmWithdrawal, "true")(shop) })
			w.reconcile(shop)
			Expect(shop).To(withdrawalHeld(10, 10))
			w.expectUntouched(users[0])

			By("the confirmation")
			w.confirm(shop)
			woken := w.woken
			w.reconcile(shop)
			Expect(shop).To(beReady())
			Expect(w.woken).To(Equal(woken + 1))
			w.reconcile(users[0])
			Expect(users[0]).To(stallFor(v1alpha1.ReasonPolicyViolated))
			w.change(shop, func() { delete(shop.Annotations, v1alpha1.AnnotationConfirmWithdrawal) })
			w.reconcile(shop)
			for _, u := range users { // what was allowed once goes through
				w.reconcile(u)
				Expect(u).To(stallFor(v1alpha1.ReasonPolicyViolated))
			}
			Expect(w.active()).To(BeEmpty())
		})
	}

	It("holds as well where the users learn of it first, all at once", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		users := w.crowd(20)
		w.change(shop, func() { demanding(shop) })
		w.spent()
		w.atOnce(users...)
		Expect(w.spent()).To(Equal(cost{}))
		Expect(w.active()).To(HaveLen(20))
		Expect(w.probed).To(Equal(1), "the BackOffice is called")
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(20, 20))
		Expect(w.probed).To(Equal(1))
	})

	DescribeTable("lets pass what does not exceed both its limits", func(limit testkit.Mod, violating, others int, passes bool) {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, limit)
		w.settle(shop)
		users := w.crowd(violating)
		for i := range others {
			w.settle(testkit.User(fmt.Sprintf("other-%d", i), w.namespace, testkit.IPs("203.0.113.7")))
		}
		w.change(shop, func() { shop.Spec.Policy.IP = &v1alpha1.IPPolicy{Required: true} })
		w.reconcile(shop)
		for _, u := range users {
			w.reconcile(u)
		}
		if !passes {
			Expect(shop).To(withdrawalHeld(violating, violating+others))
			Expect(w.active()).To(HaveLen(violating + others))
			return
		}
		Expect(shop).To(beReady())
		Expect(w.active()).To(HaveLen(others))
	},
		Entry("five of ten by default: the count", testkit.WithdrawalLimit(20, 5), 5, 5, true),
		Entry("six of ten, which exceed both", testkit.WithdrawalLimit(20, 5), 6, 4, false),
		Entry("six of thirty: the percentage", testkit.WithdrawalLimit(20, 5), 6, 24, true),
		Entry("two of ten exactly", testkit.WithdrawalLimit(20, 0), 2, 8, true),
		Entry("one of one where nothing may pass", testkit.WithdrawalLimit(0, 0), 1, 0, false),
		Entry("all where everything may", testkit.WithdrawalLimit(100, 0), 6, 0, true),
	)

	It("forgets a withdrawal when the facts have changed back", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		users := w.crowd(8)
		w.change(shop, func() { demanding(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(8, 8))
		w.reconcile(users[0])

		w.change(shop, func() { shop.Spec.Policy = nil })
		w.reconcile(shop)
		Expect(shop).To(beReady())
		w.expectUntouched(asObjects(users)...)
		w.change(shop, func() { demanding(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(8, 8), "and is not confirmed by that")
	})

	It("lets go what has become small enough meanwhile", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		users := w.crowd(7)
		w.change(shop, func() { demanding(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(7, 7))
		for _, u := range users[:2] {
			w.change(u, func() { u.Spec.AllowedIPs = []string{"203.0.113.7"} })
			w.reconcile(u)
			Expect(u).To(beReady())
		}
		woken := w.woken
		w.reconcile(shop)
		Expect(shop).To(beReady())
		Expect(w.woken).To(Equal(woken + 1))
		for _, u := range users {
			w.reconcile(u)
		}
		Expect(w.active()).To(HaveLen(2))
	})

	It("keeps nobody from what is asked for a single user", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.IPPolicy(v1alpha1.IPPolicy{}))
		early := testkit.User("early", w.namespace, testkit.IPs("*"))
		w.settle(early, shop, testkit.Set("viewer", w.namespace, testkit.Permissions("orders")),
			testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")))
		w.reconcile(early)
		Expect(early).To(stallFor(v1alpha1.ReasonPolicyViolated))
		users := w.crowd(10)
		w.change(shop, func() { demanding(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(10, 10))
		late := testkit.User("late", w.namespace)
		w.settle(late)
		w.reconcile(early)
		Expect([]client.Object{early, late}).To(HaveEach(stallFor(v1alpha1.ReasonPolicyViolated)), "who had no access gets none")

		w.change(users[0], func() { users[0].Spec.Description = "changed" })
		w.hold(users[1])
		w.change(users[2], func() { users[2].Spec.State = v1alpha1.StateBlocked })
		w.change(users[3], func() { users[3].Spec.State = v1alpha1.StateDeactivated })
		w.behind().change(users[4], func() { users[4].Annotations = nil })
		for _, u := range users[:5] {
			w.reconcile(u)
			Expect(u).NotTo(beReady())
			Expect(w.active()).NotTo(ContainElement(u.Name))
		}
		w.end(users[5])
		Expect(w.active()).To(HaveLen(4))

		By("a label that takes a set away")
		w.change(users[6], func() { testkit.Labels("team", "sales")(users[6]) })
		w.reconcile(users[6])
		Expect(w.active()).To(ContainElement(users[6].Name))
		Expect(w.holders("orders")).To(ConsistOf(users[7].Name, users[8].Name, users[9].Name))

		By("a Secret that is lost")
		w.lose(users[7])
		w.converge(users[7])
		Expect(w.logsIn(users[7])).To(BeTrue())
	})

	It("holds the catalogue, by which the views take away, and sets with their heirs", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.Catalog("orders", "stock"))
		base := testkit.Set("base", w.namespace, testkit.Permissions("orders"))
		heir := testkit.Set("heir", w.namespace, testkit.Extends("base"), testkit.Permissions("stock"))
		support := testkit.Binding("support", w.namespace, testkit.ToSet("heir"), testkit.ForLabels("team", "support"))
		w.settle(shop, base, heir, support)
		users := w.crowd(6)
		w.reconcile(support)
		before := w.permissions(users[0].Name)
		Expect(before).To(HaveLen(2))

		w.change(shop, func() { shop.Spec.PermissionCatalog = []string{"stock"} })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(6, 6))
		w.expectUntouched(base, heir, support, users[0])
		Expect(w.permissions(users[0].Name)).To(Equal(before))

		w.confirm(shop)
		w.reconcile(shop)
		w.reconcile(base)
		w.reconcile(heir)
		Expect(base).To(stallFor(v1alpha1.ReasonPermissionUnknown))
		Expect(heir).To(waitFor(v1alpha1.ReasonExtendedSetNotInForce))
		Expect(w.held(users[0].Name)).To(BeEmpty())
	})

	It("does not hold what a set's own change takes away", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.Catalog("orders"))
		viewer := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
		w.settle(shop, viewer, testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")))
		w.crowd(6)
		w.change(viewer, func() { testkit.Permissions("stock")(viewer) })
		w.reconcile(viewer)
		Expect(viewer).To(stallFor(v1alpha1.ReasonPermissionUnknown))
		Expect(w.holders("orders")).To(BeEmpty())
	})

	It("holds bindings that a stronger set lifts above their ceiling", func() {
		w, other := newWorld(), testkit.FreshNamespace(ctx, admin)
		in := testkit.InOffice(w.namespace + "/shop")
		shop := testkit.Office("shop", w.namespace, testkit.AdmitsUpTo(4, other), testkit.WithdrawalLimit(20, 1))
		viewer := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
		ann, bob := testkit.User("ann", other, in), testkit.User("bob", other, in)
		leads := testkit.Binding("leads", other, in, testkit.ToSet(w.namespace+"/viewer"), testkit.ForUsers("ann", "bob", "nobody"))
		w.settle(shop, viewer, ann, bob, leads)
		Expect(w.holders("orders")).To(Equal([]string{"ann", "bob"}))
		Expect(leads).To(waitFor(v1alpha1.ReasonReferenceNotFound))

		w.change(viewer, func() { testkit.Rank(2)(viewer) })
		w.reconcile(viewer)
		Expect(viewer).To(beReady())
		w.expectUntouched(leads)
		Expect(w.holders("orders")).To(Equal([]string{"ann", "bob"}))
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(2, 2))
		w.confirm(shop)
		w.reconcile(shop)
		w.reconcile(leads)
		Expect(leads).To(stallFor(v1alpha1.ReasonCeilingExceeded))
		Expect(w.holders("orders")).To(BeEmpty())
	})

	It("answers for each cause anew", func() {
		w, other := newWorld(), testkit.FreshNamespace(ctx, admin)
		in := testkit.InOffice(w.namespace + "/shop")
		shop := testkit.Office("shop", w.namespace, testkit.AdmitsUpTo(4, other), testkit.WithdrawalLimit(20, 1))
		few, many := testkit.Set("few", w.namespace, testkit.Permissions("help")), testkit.Set("many", w.namespace, testkit.Permissions("orders"))
		toFew := testkit.Binding("few", other, in, testkit.ToSet(w.namespace+"/few"), testkit.ForUsers("ann"))
		toMany := testkit.Binding("many", other, in, testkit.ToSet(w.namespace+"/many"), testkit.ForUsers("bob", "cid", "dan"))
		w.settle(shop, few, many)
		for _, name := range []string{"ann", "bob", "cid", "dan"} {
			w.settle(testkit.User(name, other, in))
		}
		w.settle(toFew, toMany)
		for _, s := range []*v1alpha1.PermissionSet{few, many} {
			w.change(s, func() { testkit.Rank(2)(s) })
			w.reconcile(s)
			w.reconcile(toFew)
			w.reconcile(toMany)
		}
		Expect(toFew).To(stallFor(v1alpha1.ReasonCeilingExceeded), "one of four may lose something")
		Expect(toMany).To(beReady())
		Expect(w.holders("orders")).To(HaveLen(3))
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(3, 4))
	})

	It("holds what the labels of a namespace would take away", func() {
		w, other := newWorld(), labelledNamespace("tier", "gold")
		in := testkit.InOffice(w.namespace + "/shop")
		shop := testkit.Office("shop", w.namespace, testkit.WithdrawalLimit(10, 1), testkit.AdmitsAs(selectedBy("tier", "gold")))
		ann, bob, home := testkit.User("ann", other, in), testkit.User("bob", other, in), testkit.User("home", w.namespace)
		w.settle(shop, ann, bob, home)
		Expect(w.active()).To(HaveLen(3))

		relabel(other, "tier", "tin")
		w.expectUntouched(ann, bob, home)
		Expect(w.probed).To(Equal(1))
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(2, 3))

		By("the labels that it had")
		relabel(other, "tier", "gold")
		w.reconcile(shop)
		Expect(shop).To(beReady())
		w.expectUntouched(ann, bob)

		By("taking it away with leave")
		relabel(other, "tier", "tin")
		w.reconcile(bob)
		w.reconcile(shop)
		w.confirm(shop)
		w.reconcile(shop)
		w.reconcile(ann)
		w.reconcile(bob)
		Expect([]client.Object{ann, bob}).To(HaveEach(stallFor(v1alpha1.ReasonReferenceNotPermitted)))
		Expect(w.active()).To(Equal([]string{"home"}))
	})

	It("holds the quotas of such a policy with it, also through an outage of the store", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.Seats(20, 20))
		w.settle(shop)
		users := w.crowd(6)
		w.change(shop, func() { demanding(shop); testkit.Seats(3, 3)(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(6, 6))
		Expect(w.query("shop", "SELECT max_users FROM owners")).To(Equal([][]string{{"20"}}))
		w.tap().cut(store.ErrUnavailable)
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		w.expectUntouched(asObjects(users)...)
		w.tap().cut(nil)
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(6, 6))
	})
})
