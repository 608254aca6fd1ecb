// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// setsPerUser is a policy that limits the sets of a user.
func setsPerUser(n int32) testkit.Mod {
	return testkit.Rules(func(p *v1alpha1.Policy) { p.PermissionSetsPerUser = &n })
}

// tooMany is the outcome for a binding whose set is more than these users may hold.
func tooMany(names string) OmegaMatcher {
	return And(stallFor(v1alpha1.ReasonSubjectsRefused), WithTransform(message, And(
		ContainSubstring("older bindings hand out as many sets as spec.policy.permissionSetsPerUser of the BackOffice permits: "+names+"; the others have it"),
		Not(ContainSubstring("by somebody who may not")))))
}

// pair are two sets with a binding each, of which the first is the older one, to the team support; nothing is reconciled but the sets.
func pair(w *world, subjects ...testkit.Mod) (first, second *v1alpha1.RoleBinding) {
	GinkgoHelper()
	w.settle(testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.Set("picker", w.namespace, testkit.Permissions("stock")))
	a := testkit.Binding("a", w.namespace, subjects...)
	b := testkit.Binding("b", w.namespace, subjects...)
	testkit.ToSet("viewer")(a)
	testkit.ToSet("picker")(b)
	w.apply(a)
	w.later(a)
	w.apply(b)
	return a, b
}

// later waits until the API server's clock shows another second than that in which an object was created.
func (w *world) later(o client.Object) {
	GinkgoHelper()
	time.Sleep(time.Until(o.GetCreationTimestamp().Add(time.Second + 20*time.Millisecond)))
}

var _ = Describe("A limit of sets", func() {
	for name, made := range worlds {
		It("withholds what the youngest bindings hand out, and gives it when an older one goes, with a store in "+name, Label("A-16"), func() {
			w := made()
			w.settle(w.office("shop", setsPerUser(1)))
			first, second := pair(w, testkit.ForLabels("team", "support"))
			ann := testkit.User("ann", w.namespace, testkit.Labels("team", "support"))
			w.settle(ann)
			w.reconcile(first)
			w.reconcile(second)
			Expect(w.held("ann")).To(Equal([]string{"orders"}))
			Expect(w.refused).To(ContainElement("b"), "the binding is told")
			Expect(first).To(beReady())
			Expect(second).To(tooMany("ann"))
			Expect(ann).To(beReady())
			Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/viewer"}))
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))

			By("idling")
			w.seeSecrets()
			w.spent()
			for _, o := range []client.Object{first, second, ann} {
				w.reconcile(o)
			}
			Expect(w.spent()).To(Equal(cost{}))

			By("ending the older one")
			w.refused = nil
			w.end(first)
			w.reconcile(ann)
			Expect(w.refused).To(Equal([]string{"b"}))
			w.reconcile(second)
			Expect(second).To(beReady())
			Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker"}))
			Expect(w.permissions("ann")).To(Equal(map[string]string{"stock": "Read"}))
		})

		It("that is lowered takes the youngest set back, from that user alone, with a store in "+name, func() {
			w := made()
			shop := w.office("shop", setsPerUser(2))
			w.settle(shop)
			first, second := pair(w, testkit.ForUsers("ann", "bob"))
			testkit.ForUsers("ann")(first)
			w.change(first, func() { testkit.ForUsers("ann")(first) })
			ann, bob := testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
			w.settle(ann, bob)
			for _, o := range []client.Object{first, second, ann, bob} {
				w.reconcile(o)
				Expect(o).To(beReady())
			}
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))
			Expect(ann.Status.PermissionSets).To(HaveLen(2))
			since := w.query("shop", "SELECT sessions_valid_after FROM active_users WHERE login = 'bob'")

			w.change(shop, func() { setsPerUser(1)(shop) })
			w.reconcile(shop)
			for _, o := range []client.Object{second, ann, bob, second} { // a binding takes no row back: its users do
				w.reconcile(o)
			}
			Expect(second).To(tooMany("ann"))
			Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/viewer"}))
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
			Expect(w.permissions("bob")).To(Equal(map[string]string{"stock": "Read"}))
			Expect(w.query("shop", "SELECT sessions_valid_after FROM active_users WHERE login = 'bob'")).To(Equal(since))

			By("lifting the limit")
			w.change(shop, func() { shop.Spec.Policy = nil })
			w.reconcile(shop)
			w.reconcile(ann)
			w.reconcile(second)
			Expect(second).To(beReady())
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))
		})
	}

	It("ends the sessions of whom it takes a set from", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		first, second := pair(w, testkit.ForUsers("ann"))
		ann := testkit.User("ann", w.namespace)
		w.settle(ann)
		w.reconcile(first)
		w.reconcile(second)
		before := w.query("shop", "SELECT sessions_valid_after FROM active_users WHERE login = 'ann'")[0][0]
		time.Sleep(1100 * time.Millisecond) // the store counts seconds
		w.change(shop, func() { setsPerUser(1)(shop) })
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
		Expect(w.query("shop", "SELECT sessions_valid_after FROM active_users WHERE login = 'ann'")[0][0]).To(And(Not(Equal(before)), WithTransform(func(now string) bool { return now > before }, BeTrue())))
	})

	It("counts sets, and not bindings", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, setsPerUser(1)))
		first, second := pair(w, testkit.ForUsers("ann"))
		w.change(second, func() {
			testkit.ToSet("viewer")(second)
			testkit.Grants("stock")(second)
		})
		ann := testkit.User("ann", w.namespace)
		w.settle(ann)
		w.reconcile(first)
		w.reconcile(second)
		Expect(second).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))

		By("an older binding with another set, before which the younger one has to yield")
		w.change(first, func() { testkit.ToSet("picker")(first) })
		for _, o := range []client.Object{first, ann, second} {
			w.reconcile(o)
		}
		Expect(second).To(tooMany("ann"))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"stock": "Read"}))
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker"}))
	})

	It("does not count a set that the user may not hold by its account type, and counts it when the set is opened", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, setsPerUser(1)))
		first, second := pair(w, testkit.ForUsers("app"))
		viewer := &v1alpha1.PermissionSet{}
		viewer.Name, viewer.Namespace = "viewer", w.namespace
		w.change(viewer, func() { testkit.HeldBy(v1alpha1.AccountStaff)(viewer) })
		w.reconcile(viewer)
		app := testkit.User("app", w.namespace, testkit.AccountType(v1alpha1.AccountStoreApp))
		w.settle(app)
		w.reconcile(first)
		w.reconcile(second)
		Expect(first).To(ofWrongType("app"))
		Expect(second).To(beReady())
		Expect(w.permissions("app")).To(Equal(map[string]string{"stock": "Read"}))
		Expect(app.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker"}))

		w.change(viewer, func() { viewer.Spec.AccountTypes = nil })
		w.reconcile(viewer)
		for _, o := range []client.Object{app, first, second} {
			w.reconcile(o)
		}
		Expect(first).To(beReady())
		Expect(second).To(tooMany("app"))
		Expect(w.permissions("app")).To(Equal(map[string]string{"orders": "Read"}))
		Expect(app.Status.PermissionSets).To(Equal([]string{w.namespace + "/viewer"}))
	})

	It("lets the next set in when the window of an older binding ends", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, setsPerUser(1)))
		first, second := pair(w, testkit.ForUsers("ann"))
		w.change(first, func() { testkit.Until(w.clock.Now().Add(time.Hour))(first) })
		ann := testkit.User("ann", w.namespace)
		w.settle(ann)
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/viewer"}))
		Expect(ann.Status.NextChangeTime).NotTo(BeNil())
		w.reconcile(second)
		Expect(second).To(tooMany("ann"))

		w.clock.SetTime(w.clock.Now().Add(time.Hour))
		w.refused = nil
		w.reconcile(ann)
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker"}))
		Expect(w.refused).To(Equal([]string{"b"}))
		w.reconcile(second)
		Expect(second).To(beReady())
		Expect(w.permissions("ann")).To(HaveKeyWithValue("stock", "Read"))
	})

	It("touches the rows of one user alone where its labels make it one of too many", func() {
		relabel := func(n int) (rows string) {
			w := newWorld()
			w.settle(testkit.Office("shop", w.namespace, setsPerUser(1)))
			first, second := pair(w, testkit.ForLabels("team", "support"))
			w.change(first, func() { testkit.ForLabels("lead", "yes")(first) })
			users := w.crowd(n)
			for _, o := range append([]client.Object{first, second}, asObjects(users)...) {
				w.reconcile(o)
			}
			Expect(w.holders("stock")).To(HaveLen(n))
			w.seeSecrets()
			written, ann := w.countRows(), users[0]
			w.change(ann, func() { ann.Labels["lead"] = "yes" })
			w.spent()
			w.reconcile(ann)
			got := w.spent()
			Expect([]int{got.applies, got.groups, got.changes}).To(Equal([]int{1, 1, 1}))
			Expect(w.permissions(ann.Name)).To(Equal(map[string]string{"orders": "Read"}))
			w.reconcile(first)
			w.reconcile(second)
			Expect(second).To(tooMany(ann.Name))
			got = w.spent()
			Expect(got.calls).To(BeEmpty())
			Expect(got.writes).To(ConsistOf(HaveSuffix("/rolebindings/b/status")))
			Expect(w.holders("stock")).To(HaveLen(n - 1))
			return written()
		}
		Expect(relabel(40)).To(Equal(relabel(2)))
	})

	It("is looked at again by a binding that wrote a row while another binding came", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, setsPerUser(1)))
		first, second := pair(w, testkit.ForUsers("ann"))
		w.change(first, func() { testkit.ForUsers("nobody")(first) })
		ann := testkit.User("ann", w.namespace)
		w.apply(ann)
		w.tap().before(func() { w.change(first, func() { testkit.ForUsers("ann")(first) }) })
		w.reconcile(second)
		Expect(w.crowded).To(Equal([]string{"ann"}))
		for _, o := range []client.Object{ann, first, second} {
			w.reconcile(o)
		}
		Expect(second).To(tooMany("ann"))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
	})

	It("that would take sets from too many waits for the brake", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		first, second := pair(w, testkit.ForLabels("team", "support"))
		users := w.crowd(10)
		for _, o := range append([]client.Object{first, second}, asObjects(users)...) {
			w.reconcile(o)
		}
		Expect(w.holders("stock")).To(HaveLen(10))
		w.change(shop, func() { setsPerUser(1)(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(10, 10))
		w.expectUntouched(asObjects(users)...)
		Expect(w.holders("stock")).To(HaveLen(10))

		w.confirm(shop)
		w.reconcile(shop)
		for _, o := range append(asObjects(users), second) {
			w.reconcile(o)
		}
		Expect(w.holders("stock")).To(BeEmpty())
		Expect(message(second)).To(ContainSubstring(fmt.Sprintf("withheld from %d of its users", 10)))
	})
})
