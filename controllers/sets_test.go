// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// granted is a back office with these sets, of which ann has the first.
func granted(w *world, sets ...*v1alpha1.PermissionSet) {
	GinkgoHelper()
	w.settle(testkit.Office("shop", w.namespace))
	w.family(sets...)
	w.settle(testkit.User("ann", w.namespace), testkit.Binding("b", w.namespace, testkit.ToSet(sets[0].Name), testkit.ForUsers("ann")))
}

// family applies sets and reconciles each after those that it extends, which come later in the list.
func (w *world) family(sets ...*v1alpha1.PermissionSet) {
	GinkgoHelper()
	for _, s := range slices.Backward(sets) {
		w.settle(s)
	}
}

var _ = Describe("A set", func() {
	It("inherits over several steps, of which the nearest decides", func() {
		w := newWorld()
		granted(w,
			testkit.Set("lead", w.namespace, testkit.Extends("clerk"), testkit.Permissions("orders/refund=None", "reports=Read")),
			testkit.Set("clerk", w.namespace, testkit.Extends("viewer", "picker"), testkit.Permissions("orders=Read")),
			testkit.Set("viewer", w.namespace, testkit.Extends("base"), testkit.Permissions("orders=Write", "stock=Read")),
			testkit.Set("picker", w.namespace, testkit.Permissions("stock=Write")),
			testkit.Set("base", w.namespace, testkit.Permissions("help=Read", "reports=Write", "orders/refund=Write")))
		Expect(w.permissions("ann")).To(Equal(map[string]string{
			"orders":        "Read",  // clerk is nearer than viewer
			"orders/refund": "None",  // taken away by lead itself
			"reports":       "Read",  // lead is nearer than base
			"stock":         "Write", // viewer and picker are equally near: the higher level
			"help":          "Read",  // three steps away
		}))
	})

	It("that changes reaches its holders without touching them", func() {
		w := newWorld()
		base := testkit.Set("base", w.namespace, testkit.Permissions("orders"))
		granted(w, testkit.Set("clerk", w.namespace, testkit.Extends("base")), base)
		w.change(base, func() { base.Spec.Permissions = nil; testkit.Permissions("orders=Write", "stock")(base) })
		w.reconcile(base)
		Expect(base).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Write", "stock": "Read"}))
	})

	It("denies what no other set gives back", func() {
		w := newWorld()
		granted(w,
			testkit.Set("clerk", w.namespace, testkit.Extends("base"), testkit.Permissions("contacts=Write", "contacts/export=Write")),
			testkit.Set("base", w.namespace, testkit.Deny("contacts/export")))
		w.settle(testkit.Set("exporter", w.namespace, testkit.Permissions("contacts/export=Write", "contacts/export/csv=Write")),
			testkit.Binding("c", w.namespace, testkit.ToSet("exporter"), testkit.ForUsers("ann")))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"contacts": "Write", "contacts/export": "None", "contacts/export/csv": "None"}))
	})

	It("is not in force while a set that it extends is missing, however far", func() {
		w := newWorld()
		lead := testkit.Set("lead", w.namespace, testkit.Extends("clerk"), testkit.Permissions("reports"))
		clerk := testkit.Set("clerk", w.namespace, testkit.Extends("base"), testkit.Permissions("orders"))
		granted(w, lead, clerk)
		for _, s := range []*v1alpha1.PermissionSet{lead, clerk} {
			Expect(s).To(waitFor(v1alpha1.ReasonReferenceNotFound))
			Expect(message(s)).To(ContainSubstring(w.namespace + "/base"))
		}
		Expect(w.held("ann")).To(BeEmpty())

		base := testkit.Set("base", w.namespace, testkit.Deny("reports"))
		w.settle(base)
		w.reconcile(clerk)
		w.reconcile(lead)
		Expect(clerk).To(beReady())
		Expect(lead).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "reports": "None"}))

		By("deleting it again")
		w.end(base)
		w.reconcile(clerk)
		w.reconcile(lead)
		Expect(lead).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(w.held("ann")).To(BeEmpty())
	})

	It("is not in force while a rule withholds a set that it extends, which might take something away", func() {
		w := newWorld()
		base := testkit.Set("base", w.namespace, testkit.Permissions("unknown"), testkit.Deny("reports"))
		clerk := testkit.Set("clerk", w.namespace, testkit.Extends("base"), testkit.Permissions("orders", "reports"))
		lead := testkit.Set("lead", w.namespace, testkit.Extends("clerk"))
		w.settle(testkit.Office("shop", w.namespace, testkit.Catalog("orders", "reports")))
		w.family(lead, clerk, base)
		w.settle(testkit.User("ann", w.namespace), testkit.Binding("b", w.namespace, testkit.ToSet("lead"), testkit.ForUsers("ann")))
		Expect(base).To(stallFor(v1alpha1.ReasonPermissionUnknown))
		for _, s := range []*v1alpha1.PermissionSet{lead, clerk} {
			Expect(s).To(waitFor(v1alpha1.ReasonExtendedSetNotInForce))
			Expect(message(s)).To(ContainSubstring(w.namespace + "/base"))
		}
		Expect(w.held("ann")).To(BeEmpty())

		w.change(base, func() { base.Spec.Permissions = nil })
		w.reconcile(base)
		w.reconcile(clerk)
		w.reconcile(lead)
		Expect(lead).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "reports": "None"}))
	})

	It("waits for a set that it extends until the store has that one", func() {
		w := newWorld()
		rival := testkit.Set("rival", w.namespace, setKey("k"))
		base := testkit.Set("base", w.namespace, setKey("k"), testkit.Deny("orders"))
		clerk := testkit.Set("clerk", w.namespace, testkit.Extends("base"), testkit.Permissions("orders"))
		w.settle(testkit.Office("shop", w.namespace), rival)
		w.family(clerk, base)
		w.settle(testkit.User("ann", w.namespace), testkit.Binding("b", w.namespace, testkit.ToSet("clerk"), testkit.ForUsers("ann")))
		Expect(base).To(waitFor(v1alpha1.ReasonKeyTaken))
		Expect(w.reconcile(clerk).RequeueAfter).NotTo(BeZero())
		Expect(clerk).To(waitFor(v1alpha1.ReasonExtendedSetNotInForce))
		Expect(w.held("ann")).To(BeEmpty())

		w.end(rival)
		w.reconcile(base)
		w.reconcile(clerk)
		Expect(clerk).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "None"}))
	})

	It("that extends itself through others is not in force, nor is any of them, until the circle is opened", func() {
		w := newWorld()
		a := testkit.Set("a", w.namespace, testkit.Extends("b"), testkit.Permissions("orders"))
		b := testkit.Set("b", w.namespace, testkit.Extends("c"))
		c := testkit.Set("c", w.namespace, testkit.Extends("a"), testkit.Permissions("stock"))
		outside := testkit.Set("outside", w.namespace, testkit.Extends("a"), testkit.Permissions("help"))
		free := testkit.Set("free", w.namespace, testkit.Permissions("reports"))
		w.settle(testkit.Office("shop", w.namespace))
		w.apply(a, b, c, outside, free)
		sets := []*v1alpha1.PermissionSet{a, b, c}
		for _, s := range append(sets, outside, free) {
			w.reconcile(s)
		}
		w.settle(testkit.User("ann", w.namespace))
		for _, name := range []string{"a", "b", "c", "outside", "free"} {
			w.settle(testkit.Binding("to-"+name, w.namespace, testkit.ToSet(name), testkit.ForUsers("ann")))
		}
		for _, s := range sets {
			Expect(s).To(stallFor(v1alpha1.ReasonExtendsCycle))
			Expect(message(s)).To(And(ContainSubstring(w.namespace+"/a"), ContainSubstring(w.namespace+"/b"), ContainSubstring(w.namespace+"/c")))
		}
		Expect(outside).To(waitFor(v1alpha1.ReasonExtendedSetNotInForce))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"reports": "Read"}))

		w.change(c, func() { c.Spec.Extends = nil })
		for _, s := range []*v1alpha1.PermissionSet{c, b, a, outside} {
			w.reconcile(s)
			Expect(s).To(beReady())
		}
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read", "help": "Read", "reports": "Read"}))
	})

	It("has its key alone: another one with it waits until the key is free", func() {
		w := newWorld()
		first, second := testkit.Set("first", w.namespace, setKey("k"), testkit.Permissions("orders")), testkit.Set("second", w.namespace, setKey("k"), testkit.Permissions("stock"))
		w.settle(testkit.Office("shop", w.namespace), first, second, testkit.User("ann", w.namespace),
			testkit.Binding("b", w.namespace, testkit.ToSet("second"), testkit.ForUsers("ann")))
		Expect(first.Status.Key).To(Equal("k"))
		Expect(second).To(waitFor(v1alpha1.ReasonKeyTaken))
		Expect(message(second)).To(ContainSubstring(`"k"`))
		Expect(w.held("ann")).To(BeEmpty())

		w.end(first)
		w.reconcile(second)
		Expect(second).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"stock": "Read"}))

		By("comparing keys with their case")
		other := testkit.Set("other", w.namespace, setKey("K"))
		w.settle(other)
		Expect(other).To(beReady())
		other.Spec.Key = "L"
		Expect(admin.Update(ctx, other)).To(MatchError(ContainSubstring("key is immutable")))
	})

	It("that is deleted and made again is handed out again by the binding that names it", func() {
		w := newWorld()
		viewer := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
		binding := testkit.Binding("b", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.settle(testkit.Office("shop", w.namespace), viewer, testkit.User("ann", w.namespace), binding)
		w.end(viewer)
		Expect(w.held("ann")).To(BeEmpty())
		w.reconcile(binding)
		Expect(binding).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(message(binding)).To(ContainSubstring(w.namespace + "/viewer"))

		w.settle(testkit.Set("viewer", w.namespace, testkit.Permissions("stock")))
		Expect(w.held("ann")).To(BeEmpty())
		w.reconcile(binding)
		Expect(binding).To(beReady())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"stock": "Read"}))
	})

	It("of another back office does not count, neither bound nor extended", func() {
		w := newWorld()
		foreign := testkit.Set("foreign", w.namespace, testkit.InOffice("club"), testkit.Permissions("orders"))
		binding := testkit.Binding("b", w.namespace, testkit.ToSet("foreign"), testkit.ForUsers("ann"))
		clerk := testkit.Set("clerk", w.namespace, testkit.Extends("foreign"), testkit.Permissions("stock"))
		w.settle(testkit.Office("shop", w.namespace), testkit.Office("club", w.namespace), foreign, clerk, testkit.User("ann", w.namespace), binding,
			testkit.Binding("c", w.namespace, testkit.ToSet("clerk"), testkit.ForUsers("ann")))
		Expect(binding).To(stallFor(v1alpha1.ReasonReferenceNotPermitted))
		Expect(message(binding)).To(ContainSubstring("belongs to BackOffice " + w.namespace + "/club"))
		Expect(clerk).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(w.held("ann")).To(BeEmpty())
		Expect(w.query("shop", "SELECT set_key FROM permission_sets")).To(Equal([][]string{{"clerk"}}))
	})
})

func setKey(key string) testkit.Mod {
	return testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Key = key })
}
