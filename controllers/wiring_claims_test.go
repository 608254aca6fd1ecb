// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A running manager, as to what users may have,", func() {
	It("gives an e-mail address that becomes free to the oldest user who waits for it", func() {
		m := newManaged()
		shop := testkit.Office("shop", m.namespace)
		ann := testkit.User("ann", m.namespace, testkit.Email("ann@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
		m.apply(shop, ann)
		comes(ann, beReady())
		bob := testkit.User("bob", m.namespace, testkit.Email("ANN@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
		eve := testkit.User("eve", m.namespace)
		m.apply(bob, eve)
		comes(eve, beReady())
		m.later(bob)
		zoe := testkit.User("zoe", m.namespace, testkit.Email("ann@Shop.example"))
		m.apply(zoe)
		for _, u := range []*v1alpha1.BackOfficeUser{bob, zoe} {
			comes(u, withoutEmail())
		}

		By("taking another one")
		m.change(ann, func() { testkit.Email("other@shop.example")(ann) })
		comes(bob, beReady())
		comes(zoe, withoutEmail())

		By("going")
		leaves(bob)
		comes(zoe, beReady())
		Expect(m.email("zoe")).To(Equal("ann@Shop.example"))

		By("claiming it no more")
		m.change(eve, func() { testkit.Email("ann@shop.example")(eve) })
		comes(eve, withoutEmail())
		m.change(zoe, func() { zoe.Spec.Profile = nil })
		comes(eve, beReady())
		Expect(m.email("eve")).To(Equal("ann@shop.example"))
	})

	It("follows the identity policy", func() {
		m := newManaged()
		shop := testkit.Office("shop", m.namespace, neverAgain)
		ann := testkit.User("ann", m.namespace, deletionPolicy(v1alpha1.DeletionDelete))
		m.apply(shop, ann)
		comes(ann, beReady())
		leaves(ann)
		again := testkit.User("ann", m.namespace, deletionPolicy(v1alpha1.DeletionDelete))
		m.apply(again)
		comes(again, retired())
		other := testkit.User("other", m.namespace, testkit.Login("ANN"), deletionPolicy(v1alpha1.DeletionDelete))
		m.apply(other)
		comes(other, retired())
		leaves(other)
		m.change(shop, func() { shop.Spec.Policy = nil })
		comes(again, beReady())
	})

	It("follows the limit of sets, the policy and the bindings of each user", func() {
		m := newManaged()
		shop := testkit.Office("shop", m.namespace)
		first := testkit.Binding("first", m.namespace, testkit.ToSet("viewer"), testkit.ForLabels("lead", "yes"))
		m.apply(shop, first, testkit.Set("viewer", m.namespace, testkit.Permissions("orders")), testkit.Set("picker", m.namespace, testkit.Permissions("stock")))
		m.later(first)
		second := testkit.Binding("second", m.namespace, testkit.ToSet("picker"), testkit.ForUsers("ann", "bob"))
		ann, bob := testkit.User("ann", m.namespace, testkit.Labels("lead", "yes")), testkit.User("bob", m.namespace)
		m.apply(second, ann, bob)
		served := func(sets ...string) {
			GinkgoHelper()
			for i, set := range sets {
				sets[i] = m.namespace + "/" + set
			}
			comes(ann, haveSets(sets...))
		}
		comes(second, beReady())
		served("picker", "viewer")

		By("a limit")
		m.change(shop, func() { setsPerUser(1)(shop) })
		comes(second, tooMany("ann"))
		served("viewer")
		Eventually(func() []string { return m.holders("stock") }, soon).Should(Equal([]string{"bob"}))

		By("a label that goes, and comes again")
		m.change(ann, func() { ann.Labels = nil })
		comes(second, beReady())
		served("picker")
		m.change(ann, func() { testkit.Labels("lead", "yes")(ann) })
		comes(second, tooMany("ann"))
		served("viewer")

		By("the older binding that selects others, and then this one again")
		m.change(first, func() { testkit.ForLabels("lead", "no")(first) })
		comes(second, beReady())
		served("picker")
		m.change(first, func() { testkit.ForLabels("lead", "yes")(first) })
		comes(second, tooMany("ann"))
		served("viewer")

		By("the older binding's set, which is for others, and then for all again")
		viewer := testkit.Set("viewer", m.namespace)
		m.change(viewer, func() { testkit.HeldBy(v1alpha1.AccountAPI)(viewer) })
		comes(second, beReady())
		served("picker")
		m.change(viewer, func() { viewer.Spec.AccountTypes = nil })
		comes(second, tooMany("ann"))
		served("viewer")

		By("the older binding that goes")
		leaves(first)
		comes(second, beReady())
		served("picker")
		Expect(m.holders("orders")).To(BeEmpty())
	})

	It("follows the account types of sets, those that they inherit, and those of users", func() {
		m := newManaged()
		base := testkit.Set("base", m.namespace, testkit.Permissions("orders"))
		all := testkit.Binding("all", m.namespace, testkit.ToSet("heir"), testkit.ForUsers("ann"))
		ann := testkit.User("ann", m.namespace)
		m.apply(testkit.Office("shop", m.namespace), base, testkit.Set("middle", m.namespace, testkit.Extends("base")),
			testkit.Set("heir", m.namespace, testkit.Extends("middle")), ann, all)
		comes(all, beReady())
		comes(ann, haveSets(m.namespace+"/heir"))
		for range 2 {
			m.change(base, func() { testkit.HeldBy(v1alpha1.AccountAPI)(base) })
			comes(all, ofWrongType("ann"))
			comes(ann, HaveField("Status.PermissionSets", BeEmpty()))
			m.change(base, func() { base.Spec.AccountTypes = nil })
			comes(all, beReady())
			comes(ann, haveSets(m.namespace+"/heir"))
		}
		m.change(base, func() { testkit.HeldBy(v1alpha1.AccountStaff)(base) })
		m.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountAPI })
		comes(all, ofWrongType("ann"))
		comes(ann, HaveField("Status.PermissionSets", BeEmpty()))
		Eventually(func() []string { return m.holders("orders") }, soon).Should(BeEmpty())
		m.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountStaff })
		comes(all, beReady())
		comes(ann, haveSets(m.namespace+"/heir"))
	})

	It("follows the dimensions and the demands of the back office", func() {
		m := newManaged()
		shop := testkit.Office("shop", m.namespace, dimensions)
		viewers := testkit.Binding("viewers", m.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Filters(testkit.Owned("contacts")))
		ann, bob := testkit.User("ann", m.namespace, testkit.Filters(testkit.Only("entities", "pl"))), testkit.User("bob", m.namespace)
		m.apply(shop, testkit.Set("viewer", m.namespace, testkit.Permissions("orders")), viewers, ann, bob)
		comes(viewers, beReady())
		m.change(shop, func() { filtersRequired(shop) })
		comes(bob, stallFor(v1alpha1.ReasonFiltersRequired))
		comes(ann, beReady())
		m.change(shop, func() {
			shop.Spec.Policy, shop.Spec.FilterDimensions = nil, nil
			testkit.Dimensions(v1alpha1.FilterDimension{Name: "other"})(shop)
		})
		comes(bob, beReady())
		comes(ann, stallFor(v1alpha1.ReasonFilterUnknown))
		comes(viewers, stallFor(v1alpha1.ReasonFilterUnknown))
		m.change(shop, func() { dimensions(shop) })
		comes(ann, beReady())
		comes(viewers, beReady())
	})
})
