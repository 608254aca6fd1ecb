// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// holders are the logins that hold a path, sorted.
func (w *world) holders(path string) []string {
	GinkgoHelper()
	logins := []string{}
	for _, row := range w.query("shop", "SELECT login FROM effective_permissions WHERE path = $1 AND level <> 'None' ORDER BY login", path) {
		logins = append(logins, row[0])
	}
	return logins
}

// team is a back office with the sets viewer and picker, and with ann, bob and eve, of whom ann and bob are labelled.
func team(w *world) (ann, bob, eve *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	ann = testkit.User("ann", w.namespace, testkit.Labels("team", "support", "shift", "day"))
	bob = testkit.User("bob", w.namespace, testkit.Labels("team", "support", "shift", "night"))
	eve = testkit.User("eve", w.namespace)
	w.settle(testkit.Office("shop", w.namespace),
		testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.Set("picker", w.namespace, testkit.Permissions("stock")),
		ann, bob, eve)
	return ann, bob, eve
}

var _ = Describe("A binding", func() {
	DescribeTable("hands its set to the users that it names or selects", func(subjects testkit.Mod, want ...string) {
		w := newWorld()
		team(w)
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), subjects)
		w.settle(binding)
		Expect(binding).To(beReady())
		Expect(w.holders("orders")).To(Equal(want))
		Expect(w.holders("stock")).To(BeEmpty())
	},
		Entry("by name", testkit.ForUsers("ann", "eve"), "ann", "eve"),
		Entry("by label", testkit.ForLabels("team", "support"), "ann", "bob"),
		Entry("by two labels", testkit.ForLabels("team", "support", "shift", "night"), "bob"),
		Entry("by an expression", selecting(metav1.LabelSelectorOpIn, "shift", "day", "evening"), "ann"),
		Entry("by the absence of a label", selecting(metav1.LabelSelectorOpDoesNotExist, "team"), "eve"),
		Entry("by both, each once", both(testkit.ForUsers("eve", "ann"), testkit.ForLabels("shift", "day")), "ann", "eve"),
	)

	It("tells its users which sets they have", func() {
		w := newWorld()
		ann, _, eve := team(w)
		w.settle(testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")),
			testkit.Binding("pickers", w.namespace, testkit.ToSet("picker"), testkit.ForLabels("team", "support")),
			testkit.Binding("again", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")))
		w.reconcile(ann)
		w.reconcile(eve)
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker", w.namespace + "/viewer"}))
		Expect(eve.Status.PermissionSets).To(BeEmpty())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))
	})

	It("follows the labels of a user without being reconciled itself", func() {
		w := newWorld()
		ann, _, eve := team(w)
		w.settle(testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")),
			testkit.Binding("pickers", w.namespace, testkit.ToSet("picker"), testkit.ForUsers("ann", "eve")))
		w.change(eve, func() { eve.Labels = map[string]string{"team": "support"} })
		w.reconcile(eve)
		Expect(w.holders("orders")).To(Equal([]string{"ann", "bob", "eve"}))
		Expect(eve.Status.PermissionSets).To(ContainElement(w.namespace + "/viewer"))

		w.change(ann, func() { delete(ann.Labels, "team") })
		w.reconcile(ann)
		Expect(w.holders("orders")).To(Equal([]string{"bob", "eve"}))
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker"}))
		Expect(w.holders("stock")).To(Equal([]string{"ann", "eve"}))
	})

	It("grants nothing by labels that the user has no more, whoever is reconciled first", func() {
		w := newWorld()
		ann, _, _ := team(w)
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support"))
		w.settle(binding)
		w.change(ann, func() { ann.Labels = nil })
		w.reconcile(binding)
		w.reconcile(ann)
		Expect(w.holders("orders")).To(Equal([]string{"bob"}))
		w.change(ann, func() { ann.Labels = map[string]string{"team": "support"} })
		w.reconcile(ann)
		w.reconcile(binding)
		Expect(w.holders("orders")).To(Equal([]string{"ann", "bob"}))
	})

	It("follows its own selector and names", func() {
		w := newWorld()
		ann, bob, _ := team(w)
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("shift", "day"))
		w.settle(binding)
		Expect(w.holders("orders")).To(Equal([]string{"ann"}))

		to := func(mod testkit.Mod, want ...string) {
			GinkgoHelper()
			w.change(binding, func() { binding.Spec.Subjects, binding.Spec.Selector = nil, nil; mod(binding) })
			w.reconcile(binding)
			Expect(binding).To(beReady())
			Expect(w.holders("orders")).To(Equal(want))
		}
		to(testkit.ForLabels("team", "support"), "ann", "bob")
		to(selecting(metav1.LabelSelectorOpNotIn, "shift", "night"), "ann", "eve")
		to(testkit.ForUsers("bob"), "bob")
		w.reconcile(ann)
		w.reconcile(bob)
		Expect(ann.Status.PermissionSets).To(BeEmpty())
		Expect(bob.Status.PermissionSets).To(Equal([]string{w.namespace + "/viewer"}))
	})

	It("follows its reference to another set", func() {
		w := newWorld()
		ann, _, _ := team(w)
		binding := testkit.Binding("b", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.settle(binding)
		w.change(binding, func() { testkit.ToSet("picker")(binding) })
		w.reconcile(binding)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"stock": "Read"}))
		w.reconcile(ann)
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/picker"}))
	})

	It("that is deleted takes its set back, and no other binding's", func() {
		w := newWorld()
		ann, _, _ := team(w)
		binding := testkit.Binding("b", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob"))
		w.settle(binding, testkit.Binding("c", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("bob")))
		w.end(binding)
		w.reconcile(ann)
		Expect(w.holders("orders")).To(Equal([]string{"bob"}))
		Expect(ann.Status.PermissionSets).To(BeEmpty())
		Expect(w.query("shop", "SELECT name FROM role_bindings")).To(Equal([][]string{{"c"}}))
	})

	It("names the users that are missing and serves the others, and the missing ones when they appear", func() {
		w := newWorld()
		team(w)
		names := []string{"ann", "zoe"}
		for i := range 12 {
			names = append(names, fmt.Sprintf("nobody-%02d", i))
		}
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers(names...))
		w.settle(binding)
		Expect(binding).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(message(binding)).To(And(ContainSubstring("zoe, nobody-00"), ContainSubstring("and 3 more"), Not(ContainSubstring("ann"))))
		Expect(w.holders("orders")).To(Equal([]string{"ann"}))

		w.settle(testkit.User("zoe", w.namespace))
		Expect(w.holders("orders")).To(Equal([]string{"ann", "zoe"}))
		w.change(binding, func() { testkit.ForUsers("ann", "zoe")(binding) })
		w.reconcile(binding)
		Expect(binding).To(beReady())
	})

	It("reaches no user of another back office or namespace", func() {
		w, other := newWorld(), testkit.FreshNamespace(ctx, admin)
		club := testkit.User("eve", w.namespace, testkit.InOffice("club"), testkit.Labels("team", "support"))
		guest := testkit.User("guest", other, testkit.InOffice(w.namespace+"/shop"), testkit.Labels("team", "support"))
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), both(testkit.ForUsers("eve", "guest"), testkit.ForLabels("team", "support")))
		w.settle(testkit.Office("shop", w.namespace, testkit.Admits(other)), testkit.Office("club", w.namespace),
			testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), club, guest, binding)
		Expect(binding).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(message(binding)).To(ContainSubstring("eve, guest"))
		Expect(w.holders("orders")).To(BeEmpty())
		Expect(w.query("club", "SELECT * FROM effective_permissions")).To(BeEmpty())
		Expect(club.Status.PermissionSets).To(BeEmpty())
		Expect(guest.Status.PermissionSets).To(BeEmpty())
	})

	It("of an admitted namespace may hand out the sets of the back office's namespace, and of no third one", func() {
		w, other, third := newWorld(), testkit.FreshNamespace(ctx, admin), testkit.FreshNamespace(ctx, admin)
		shop := testkit.InOffice(w.namespace + "/shop")
		guest := testkit.User("guest", other, shop)
		shared := testkit.Binding("shared", other, shop, testkit.ToSet(w.namespace+"/viewer"), testkit.ForUsers("guest"))
		stolen := testkit.Binding("stolen", other, shop, testkit.ToSet(third+"/picker"), testkit.ForUsers("guest"))
		w.settle(testkit.Office("shop", w.namespace, testkit.Admits(other, third)),
			testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.Set("picker", third, shop, testkit.Permissions("stock")),
			shared, stolen, guest)
		Expect(shared).To(beReady())
		Expect(stolen).To(stallFor(v1alpha1.ReasonReferenceNotPermitted))
		Expect(w.permissions("guest")).To(Equal(map[string]string{"orders": "Read"}))
	})
})

func selecting(operator metav1.LabelSelectorOperator, key string, values ...string) testkit.Mod {
	return testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
		b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
	})
}

func both(first, second testkit.Mod) testkit.Mod {
	return testkit.OnBinding(func(b *v1alpha1.RoleBinding) { first(b); second(b) })
}
