// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// ofWrongType is the outcome for a binding whose set these users may not hold.
func ofWrongType(names string) OmegaMatcher {
	return And(stallFor(v1alpha1.ReasonSubjectsRefused), WithTransform(message, And(
		ContainSubstring("who may not hold it by their account type: "+names+"; the others have it"), ContainSubstring("spec.accountTypes"))))
}

var _ = Describe("A set for accounts of some types", func() {
	for name, made := range worlds {
		It("is withheld from others, and follows their types and its own, with a store in "+name, Label("H-01"), func() {
			w := made()
			staff := testkit.Set("staff", w.namespace, testkit.Permissions("orders"), testkit.HeldBy(v1alpha1.AccountStaff))
			all := testkit.Binding("all", w.namespace, testkit.ToSet("staff"), testkit.ForLabels("team", "support"))
			ann := testkit.User("ann", w.namespace, testkit.Labels("team", "support"))
			app := testkit.User("app", w.namespace, testkit.Labels("team", "support"), testkit.AccountType(v1alpha1.AccountStoreApp))
			w.settle(w.office("shop"), staff, ann, app, all)
			Expect(all).To(ofWrongType("app"))
			Expect(w.holders("orders")).To(Equal([]string{"ann"}))
			for _, u := range []*v1alpha1.BackOfficeUser{ann, app} {
				w.reconcile(u)
				Expect(u).To(beReady())
			}
			Expect(app.Status.PermissionSets).To(BeEmpty())
			Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/staff"}))

			By("another type of the user, of which the binding is told")
			w.refused = nil
			w.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountAffiliate })
			w.reconcile(ann)
			Expect(ann.Status.PermissionSets).To(BeEmpty())
			Expect(w.refused).To(Equal([]string{"all"}))
			w.reconcile(all)
			Expect(all).To(ofWrongType("ann, app"))
			Expect(w.holders("orders")).To(BeEmpty())
			w.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountStaff })
			w.reconcile(ann)
			Expect(w.holders("orders")).To(Equal([]string{"ann"}))

			By("other types of the set, which writes no row of a user")
			w.reconcile(all)
			w.seeSecrets()
			w.spent()
			w.change(staff, func() { testkit.HeldBy(v1alpha1.AccountStoreApp)(staff) })
			w.reconcile(staff)
			w.reconcile(all)
			Expect(all).To(ofWrongType("ann"))
			Expect(w.spent().changes).To(Equal(1), "the set")
			Expect(w.holders("orders")).To(Equal([]string{"app"}))
			for _, u := range []*v1alpha1.BackOfficeUser{ann, app} { // whom the binding's message wakes
				w.reconcile(u)
			}
			Expect(w.spent().calls).To(BeEmpty())
			Expect(app.Status.PermissionSets).To(Equal([]string{w.namespace + "/staff"}))
			Expect(ann.Status.PermissionSets).To(BeEmpty())

			By("all types")
			w.change(staff, func() { staff.Spec.AccountTypes = nil })
			w.reconcile(staff)
			w.reconcile(all)
			Expect(all).To(beReady())
			Expect(w.holders("orders")).To(Equal([]string{"ann", "app"}))
		})
	}

	It("lends its types to those that inherit from it", func() {
		w := newWorld()
		base := testkit.Set("base", w.namespace, testkit.Permissions("orders"), testkit.HeldBy(v1alpha1.AccountStaff))
		heir := testkit.Set("heir", w.namespace, testkit.Extends("base"), testkit.HeldBy(v1alpha1.AccountStaff, v1alpha1.AccountStoreApp))
		all := testkit.Binding("all", w.namespace, testkit.ToSet("heir"), testkit.ForUsers("ann", "app"), testkit.Grants("stock"))
		ann, app := testkit.User("ann", w.namespace), testkit.User("app", w.namespace, testkit.AccountType(v1alpha1.AccountStoreApp))
		w.settle(testkit.Office("shop", w.namespace), base, heir, ann, app, all)
		Expect(all).To(ofWrongType("app"))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))
		Expect(w.permissions("app")).To(BeEmpty())
		w.reconcile(app)
		Expect(app.Status.PermissionSets).To(BeEmpty())

		w.change(base, func() { base.Spec.AccountTypes = nil })
		w.reconcile(base)
		w.reconcile(heir)
		w.reconcile(all)
		Expect(all).To(beReady())
		Expect(w.permissions("app")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))
	})

	It("is told apart from other causes for which users are refused", func() {
		w := newWorld()
		leads, ann, bob := prepared(w)
		lead := &v1alpha1.PermissionSet{}
		lead.Name, lead.Namespace = "lead", w.namespace
		w.change(lead, func() { testkit.HeldBy(v1alpha1.AccountStaff)(lead) })
		w.change(bob, func() { bob.Spec.AccountType = v1alpha1.AccountAPI })
		w.reconcile(lead)
		w.reconcile(ann)
		w.reconcile(leads)
		Expect(leads).To(And(ofWrongType("bob"), subjectsRefused(": ann;")))
		Expect(message(leads)).To(ContainSubstring(". And the set is withheld from 1 of its users"))
	})
})
