// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// email is the address that the store holds for a login; "none" where there is no account.
func (w *world) email(login string) string {
	GinkgoHelper()
	rows := w.query("shop", "SELECT email FROM users WHERE login = $1", login)
	if len(rows) == 0 {
		return "none"
	}
	return rows[0][0]
}

// withoutEmail is the outcome for a user who waits for an e-mail address.
func withoutEmail() OmegaMatcher {
	return And(waitFor(v1alpha1.ReasonEmailTaken), WithTransform(message, And(
		ContainSubstring("belongs to another account of the back office"), Not(ContainSubstring("@")))))
}

var _ = Describe("An e-mail address", func() {
	for name, made := range worlds {
		It("is one account's, which keeps it until it is gone, with a store in "+name, func() {
			w := made()
			w.settle(w.office("shop"))
			a := testkit.User("a", w.namespace, testkit.Email("Ann@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
			b := testkit.User("b", w.namespace, testkit.Email("aNN@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
			w.apply(a, b)
			older, younger := byAge(a, b)

			By("letting the younger one wait, even if it comes first")
			w.reconcile(younger)
			Expect(younger).To(withoutEmail())
			Expect(w.email(younger.Name)).To(Equal("none"))
			w.reconcile(older)
			Expect(older).To(beReady())
			w.reconcile(younger)
			Expect(younger).To(withoutEmail())
			Expect(w.active()).To(Equal([]string{older.Name}))

			By("giving it to the younger one when the older is gone")
			w.end(older)
			w.reconcile(younger)
			Expect(younger).To(beReady())
			Expect(w.logsIn(younger)).To(BeTrue())
			Expect(w.email(younger.Name)).To(Equal(younger.Spec.Profile.Email))
		})

		It("that is taken keeps an account from nothing else, with a store in "+name, func() {
			w := made()
			w.settle(w.office("shop"), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")))
			bob := testkit.User("bob", w.namespace, testkit.Email("bob@shop.example"))
			ann := testkit.User("ann", w.namespace, testkit.Email("ann@shop.example"))
			viewers := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("bob"))
			w.settle(ann, bob, viewers)
			w.reconcile(bob)

			w.change(bob, func() { testkit.Email("ANN@shop.example")(bob) })
			w.reconcile(bob)
			Expect(bob).To(And(withoutEmail(), testkit.HaveCondition(v1alpha1.ConditionSynced, metav1.ConditionFalse, v1alpha1.ReasonEmailTaken)))
			Expect(bob.Status.State).To(Equal(v1alpha1.StateActive))
			Expect(w.email("bob")).To(Equal("bob@shop.example"))
			Expect(w.holders("orders")).To(Equal([]string{"bob"}))

			By("being lost with its Secret, being described and being blocked")
			w.seeSecrets()
			w.lose(bob)
			w.reconcile(bob)
			w.seeSecrets()
			w.reconcile(bob)
			Expect(w.logsIn(bob)).To(BeTrue())
			w.change(bob, func() { bob.Spec.Description = "new" })
			w.reconcile(bob)
			Expect(bob).To(withoutEmail())
			Expect(w.row("bob")).To(HaveKeyWithValue("description", "new"))
			w.hold(bob)
			w.reconcile(bob)
			Expect(w.active()).To(Equal([]string{"ann"}))
			Expect(bob.Status.State).To(Equal(v1alpha1.StateBlocked))

			By("idling until it is free")
			w.seeSecrets()
			w.spent()
			w.reconcile(bob)
			Expect(w.spent()).To(Equal(cost{calls: []string{"Observe"}}))
			w.change(ann, func() { testkit.Email("other@shop.example")(ann) })
			w.reconcile(ann)
			Expect(ann).To(beReady())
			Expect(w.freed).To(Equal([]string{"bob"}))
			w.reconcile(bob)
			Expect(bob).To(beReady())
			Expect(w.email("bob")).To(Equal("ANN@shop.example"))
		})
	}

	It("stays with an account although an older one wants it, whatever else of it changes", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		a, b := testkit.User("a", w.namespace), testkit.User("b", w.namespace)
		w.apply(a, b)
		older, younger := byAge(a, b)
		w.reconcile(older)
		w.change(younger, func() { testkit.Email("ann@shop.example")(younger) })
		w.reconcile(younger)
		Expect(younger).To(beReady())
		w.change(older, func() { testkit.Email("ann@shop.example")(older) })
		w.reconcile(older)
		Expect(older).To(withoutEmail())
		w.restart()
		for _, o := range w.members() {
			w.reconcile(o)
		}
		w.hold(younger)
		w.reconcile(younger)
		Expect(younger).To(beReady())
		Expect(younger.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.email(younger.Name)).To(Equal("ann@shop.example"))
		Expect(w.email(older.Name)).To(BeEmpty())
	})

	It("is not claimed by a user whom a rule withholds", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}})))
		ip, outside := testkit.IPs("203.0.113.7"), testkit.IPs("10.0.0.1")
		first := testkit.User("first", w.namespace, ip, testkit.Email("first@shop.example"))
		w.settle(first)
		w.change(first, func() {
			outside(first)
			testkit.Email("ann@shop.example")(first)
		})
		w.reconcile(first)
		Expect(first).To(stallFor(v1alpha1.ReasonPolicyViolated))
		Expect(w.email("first")).To(Equal("first@shop.example"), "it had that")
		Expect(w.row("first")).To(HaveKeyWithValue("in_force", "0"))
		ann := testkit.User("ann", w.namespace, ip, testkit.Email("ann@shop.example"))
		w.settle(ann)
		Expect(ann).To(beReady())
		w.change(first, func() { ip(first) })
		w.reconcile(first)
		Expect(first).To(withoutEmail())
		Expect(w.active()).To(Equal([]string{"ann", "first"}))
	})

	It("does not stop what is withdrawn for a copied stamp", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		ann, bob := testkit.User("ann", w.namespace, testkit.Email("ann@shop.example")), testkit.User("bob", w.namespace)
		w.settle(ann, bob)
		w.change(bob, func() { testkit.Email("ann@shop.example")(bob) })
		w.tap().refuseWhere(store.ErrReplayed, func(r store.Record) bool {
			u, ok := r.(store.User)
			return ok && u.Name == "bob" && u.Stamp != ""
		})
		w.reconcile(bob)
		Expect(bob).To(stallFor(v1alpha1.ReasonNotAdmitted))
		Expect(w.active()).To(Equal([]string{"ann"}))
		Expect(w.email("bob")).To(BeEmpty())
	})

	It("of an account that the store refuses for it is asked for again without it", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		bob := testkit.User("bob", w.namespace)
		w.settle(bob)
		w.tap().refuseWhere(store.ErrEmailTaken, func(r store.Record) bool { u, ok := r.(store.User); return ok && u.Email != "" })
		w.change(bob, func() { testkit.Email("ann@shop.example")(bob) })
		w.hold(bob)
		w.reconcile(bob)
		Expect(bob).To(withoutEmail())
		Expect(w.active()).To(BeEmpty())
	})

	It("that a row has which nobody looks after is looked at again later", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		former := testkit.User("former", w.namespace, testkit.Email("ann@shop.example"))
		w.settle(former)
		w.end(former)
		ann := testkit.User("ann", w.namespace, testkit.Email("ann@shop.example"))
		w.apply(ann)
		Expect(w.reconcile(ann).RequeueAfter).To(BeNumerically(">", 0))
		Expect(ann).To(withoutEmail())
		Expect(w.email("ann")).To(Equal("none"))
	})

	It("is free in another back office", func() {
		w := newWorld()
		ann, bob := testkit.User("ann", w.namespace, testkit.Email("ann@shop.example")), testkit.User("bob", w.namespace, testkit.Email("ann@shop.example"), testkit.InOffice("club"))
		w.settle(testkit.Office("shop", w.namespace), testkit.Office("club", w.namespace), ann, bob)
		Expect(ann).To(beReady())
		Expect(bob).To(beReady())
	})
})
