// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var (
	dimensions = testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}, v1alpha1.FilterDimension{Name: "contacts"})
	// filtersRequired is a policy by which an account without filters is blocked.
	filtersRequired = testkit.Rules(func(p *v1alpha1.Policy) { p.Filters = v1alpha1.DemandRequired })
)

// data are the filters that narrow a path for a login, as "dimension mode access values".
func (w *world) data(login, path string) (filters []string) {
	GinkgoHelper()
	for _, row := range w.query("shop", "SELECT dimension, mode, access, filter_values FROM effective_filters WHERE login = $1 AND path = $2 ORDER BY dimension, mode", login, path) {
		filters = append(filters, row[0]+" "+row[1]+" "+row[2]+" "+row[3])
	}
	return filters
}

var _ = Describe("Filters", func() {
	for name, made := range worlds {
		It("narrow what a user has, and what a binding gives, with a store in "+name, Label("O-12"), func() {
			w := made()
			shop, viewer := w.office("shop", dimensions), testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
			viewers := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Filters(testkit.Owned("contacts")))
			ann := testkit.User("ann", w.namespace, testkit.Filters(testkit.Only("entities", "pl")))
			w.settle(shop, viewer, ann, viewers)
			Expect(viewers).To(beReady())
			Expect(w.data("ann", "orders")).To(Equal([]string{"contacts Owned ReadWrite []", `entities Only ReadWrite ["pl"]`}))

			By("changing the binding's, and letting its set bypass the user's")
			w.change(viewers, func() { viewers.Spec.Filters = nil })
			w.reconcile(viewers)
			w.change(viewer, func() { testkit.Bypasses("entities")(viewer) })
			w.reconcile(viewer)
			Expect(w.data("ann", "orders")).To(Equal([]string{"contacts All ReadWrite []", "entities All ReadWrite []"}))

			By("a dimension that goes, with which they are unknown")
			w.change(viewer, func() { viewer.Spec.BypassFilters = nil })
			w.reconcile(viewer)
			w.change(shop, func() { shop.Spec.FilterDimensions = shop.Spec.FilterDimensions[1:] })
			w.reconcile(shop)
			Expect(w.woken).To(BeNumerically(">", 1))
			w.reconcile(ann)
			Expect(ann).To(stallFor(v1alpha1.ReasonFilterUnknown))
			Expect(w.active()).To(BeEmpty())
			w.change(shop, func() { dimensions(shop); shop.Spec.FilterDimensions = shop.Spec.FilterDimensions[1:] })
			w.reconcile(shop)
			w.reconcile(ann)
			Expect(ann).To(beReady())
			Expect(w.active()).To(Equal([]string{"ann"}))
		})
	}

	It("that are required keep an account blocked until it has some", Label("T-14"), func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace, dimensions), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		w.change(shop, func() { filtersRequired(shop) })
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonFiltersRequired))
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.row("ann")).To(And(HaveKeyWithValue("state", "Active"), HaveKeyWithValue("in_force", "0")))
		w.change(ann, func() { testkit.Filters(testkit.Only("entities", "pl"))(ann) })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("of a binding that name what the back office does not have withhold it from all", func() {
		w := newWorld()
		viewers := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Filters(testkit.Owned("contact")))
		w.settle(testkit.Office("shop", w.namespace, dimensions), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.User("ann", w.namespace), viewers)
		Expect(viewers).To(stallFor(v1alpha1.ReasonFilterUnknown))
		Expect(w.holders("orders")).To(BeEmpty())
	})
})

var _ = Describe("What a back office says of its users", func() {
	for name, made := range worlds {
		It("is handed through to the application, with a store in "+name, Label("A-13", "H-04"), func() {
			w := made()
			shop := w.office("shop", dimensions, testkit.Rules(func(p *v1alpha1.Policy) { p.TwoFactor = v1alpha1.DemandRequired }))
			ann := testkit.User("ann", w.namespace, testkit.Setting("panel", "vendor"), testkit.Setting("Currency", "PLN"), testkit.Profile(v1alpha1.Profile{
				FullName: "Ann Maria Miller", FirstName: "Ann", LastName: "Miller", Email: "Ann@shop.example", Phone: "+48221234567",
				Language: "pl", Gender: v1alpha1.GenderFemale, PictureURL: "https://shop.example/ann.png",
			}))
			w.settle(shop, ann)
			Expect(ann).To(beReady())
			Expect(w.query("shop", "SELECT first_name, last_name, email, phone, language, gender, picture_url FROM user_profiles WHERE login = 'ann'")).
				To(Equal([][]string{{"Ann", "Miller", "Ann@shop.example", "+48221234567", "pl", "Female", "https://shop.example/ann.png"}}))
			Expect(w.query("shop", "SELECT two_factor FROM active_users")).To(Equal([][]string{{"Required"}}))
			Expect(w.query("shop", "SELECT settings FROM active_users")[0][0]).To(MatchJSON(`{"Currency": "PLN", "panel": "vendor"}`))

			w.change(shop, func() { shop.Spec.Policy = nil })
			w.change(ann, func() { ann.Spec.Settings, ann.Spec.Profile = nil, nil })
			w.reconcile(shop)
			w.reconcile(ann)
			Expect(w.query("shop", "SELECT two_factor, settings FROM active_users")).To(Equal([][]string{{"Optional", "{}"}}))
			Expect(w.query("shop", "SELECT first_name, email, phone FROM user_profiles")).To(Equal([][]string{{"", "", ""}}))
		})
	}
})
