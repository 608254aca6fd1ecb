// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// neverAgain retires the identity of each account that is deleted.
var neverAgain = testkit.Rules(func(p *v1alpha1.Policy) { p.IdentityReuse = v1alpha1.IdentityReuseNever })

// breakGlass has an object admitted anew by somebody who broke the glass.
func (w *world) breakGlass(o client.Object) {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	before := o.DeepCopyObject().(client.Object)
	s := stamp.New("root", w.author.powers, "")
	testkit.Annotations(v1alpha1.AnnotationBreakGlass, "she is back")(o)
	s.BreakGlass, s.Hash = true, stamp.Hash(o)
	testkit.Carry(o, s)
	Expect(admin.Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
	w.seen(o)
}

// retired is the outcome for a user with the identity of a deleted one.
func retired() OmegaMatcher {
	return And(stallFor(v1alpha1.ReasonIdentityRetired), WithTransform(message, And(
		ContainSubstring("spec.policy.identityReuse"), ContainSubstring(v1alpha1.AnnotationBreakGlass), Not(ContainSubstring("@")))))
}

var _ = Describe("The identity of a deleted account", func() {
	for name, made := range worlds {
		It("is not used again where the policy says so, until the glass is broken, with a store in "+name, func() {
			w := made()
			shop := w.office("shop", neverAgain)
			first := testkit.User("first", w.namespace, testkit.Login("ann"), testkit.Email("ann@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
			w.settle(shop, first)
			w.end(first)

			byLogin, byEmail := testkit.User("second", w.namespace, testkit.Login("ANN")), testkit.User("third", w.namespace, testkit.Email("ANN@shop.example"))
			w.settle(byLogin, byEmail)
			Expect(byLogin).To(retired())
			Expect(byEmail).To(retired())
			Expect(byLogin).To(testkit.HaveCondition(v1alpha1.ConditionSynced, metav1.ConditionFalse, v1alpha1.ReasonIdentityRetired))
			Expect(w.active()).To(BeEmpty())

			for _, u := range []*v1alpha1.BackOfficeUser{byLogin, byEmail} {
				w.breakGlass(u)
				w.reconcile(u)
				Expect(u).To(beReady())
			}
			Expect(w.active()).To(Equal([]string{"ANN", "third"}))
		})
	}

	It("is claimed by nobody who cannot have it", func() {
		w := newWorld()
		first := testkit.User("first", w.namespace, testkit.Email("ann@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
		w.settle(testkit.Office("shop", w.namespace, neverAgain), first)
		w.end(first)
		a, b := testkit.User("a", w.namespace, testkit.Email("ann@shop.example")), testkit.User("b", w.namespace, testkit.Email("ann@shop.example"))
		w.apply(a, b)
		older, younger := byAge(a, b)
		w.reconcile(younger)
		Expect(younger).To(withoutEmail())
		w.reconcile(older)
		Expect(older).To(retired())
		w.seen(older)
		w.reconcile(younger)
		Expect(younger).To(retired())
		w.breakGlass(younger)
		w.reconcile(younger)
		Expect(younger).To(beReady())
		w.reconcile(older)
		Expect(older).To(withoutEmail())
	})

	It("that is an e-mail address keeps an account that is there from nothing else", func() {
		w := newWorld()
		first := testkit.User("first", w.namespace, testkit.Email("ann@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
		bob := testkit.User("bob", w.namespace, testkit.Email("bob@shop.example"))
		w.settle(testkit.Office("shop", w.namespace, neverAgain), first, bob)
		w.end(first)
		w.change(bob, func() { testkit.Email("ann@shop.example")(bob) })
		w.hold(bob)
		w.reconcile(bob)
		Expect(bob).To(retired())
		Expect(w.active()).To(BeEmpty())
		Expect(w.email("bob")).To(Equal("bob@shop.example"))
		w.change(bob, func() { testkit.Email("bob@shop.example")(bob) })
		w.reconcile(bob)
		Expect(bob).To(beReady())
	})

	It("is used again where the policy lets it, also after it did not", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, neverAgain)
		first := testkit.User("first", w.namespace, testkit.Login("ann"), deletionPolicy(v1alpha1.DeletionDelete))
		w.settle(shop, first)
		w.end(first)
		second := testkit.User("second", w.namespace, testkit.Login("ann"))
		w.settle(second)
		Expect(second).To(retired())
		w.change(shop, func() { shop.Spec.Policy.IdentityReuse = v1alpha1.IdentityReuseAllowed })
		w.reconcile(shop)
		Expect(w.woken).NotTo(BeZero())
		w.reconcile(second)
		Expect(second).To(beReady())
	})
})
