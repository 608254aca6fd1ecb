// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// in is this world in other hands.
func (m managed) in(hands *author) managed {
	other := *m.world
	other.author = hands
	return managed{&other}
}

// mallorys may hand out rank 4 and weaker ones.
var mallorys = &author{"mallory", []access.Power{testkit.UpToRank(4)}}

var _ = Describe("A running manager, as to who stands behind objects,", func() {
	It("puts in force what is admitted, without any other change", func() {
		m := newManaged()
		viewer, ann := testkit.Set("viewer", m.namespace, testkit.Permissions("orders")), testkit.User("ann", m.namespace)
		support := testkit.Binding("support", m.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		shop := testkit.Office("shop", m.namespace)
		members := []flow.Object{viewer, support, ann}
		m.in(nil).apply(shop, viewer, support, ann)
		comes(shop, notAdmitted())
		for _, o := range members {
			comes(o, waitFor(v1alpha1.ReasonBackOfficeNotReady))
		}
		m.readmit(shop)
		comes(shop, beReady())
		for _, o := range members {
			comes(o, notAdmitted())
			m.readmit(o)
			comes(o, beReady())
		}
		Eventually(func() []string { return m.holders("orders") }, soon).Should(Equal([]string{"ann"}))
	})

	It("follows the labels of namespaces", func() {
		other := testkit.FreshNamespace(ctx, admin)
		m := newManaged(other)
		in := testkit.InOffice(m.namespace + "/shop")
		viewer, ann := testkit.Set("viewer", other, in, testkit.Permissions("orders")), testkit.User("ann", other, in)
		support := testkit.Binding("support", other, in, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		shop := testkit.Office("shop", m.namespace, testkit.AdmitsAs(selectedBy("tier", "gold")))
		members := []flow.Object{viewer, support, ann}
		m.apply(shop, viewer, support, ann)
		for _, label := range []string{"gold", "tin", "gold"} {
			relabel(other, "tier", label)
			for _, o := range members {
				if label == "gold" {
					comes(o, beReady())
				} else {
					comes(o, stallFor(v1alpha1.ReasonReferenceNotPermitted))
				}
			}
		}
		Eventually(func() []string { return m.holders("orders") }, soon).Should(Equal([]string{"ann"}))
	})

	It("holds a withdrawal, of which the labels of a namespace may be the cause, until it is confirmed", func() {
		other := labelledNamespace("tier", "gold")
		m := newManaged(other)
		in := testkit.InOffice(m.namespace + "/shop")
		shop := testkit.Office("shop", m.namespace, testkit.AdmitsAs(selectedBy("tier", "gold")))
		m.apply(shop)
		var users []*v1alpha1.BackOfficeUser
		for i := range 8 {
			users = append(users, testkit.User(fmt.Sprintf("user-%d", i), other, in))
			m.apply(users[i])
		}
		for _, u := range users {
			comes(u, beReady())
		}
		relabel(other, "tier", "tin")
		comes(shop, withdrawalHeld(8, 8))
		relabel(other, "tier", "gold")
		comes(shop, beReady())

		m.change(shop, func() { demanding(shop) })
		comes(shop, withdrawalHeld(8, 8))
		Expect(m.active()).To(HaveLen(8))
		m.confirm(shop)
		for _, u := range users {
			comes(u, stallFor(v1alpha1.ReasonPolicyViolated))
		}
		comes(shop, beReady())
		Expect(m.active()).To(BeEmpty())
	})

	It("refuses and serves single users of a binding as they and the binding are admitted", func() {
		m := newManaged()
		lead, ann := testkit.Set("lead", m.namespace, testkit.Rank(2), testkit.Permissions("orders")), testkit.User("ann", m.namespace, testkit.Labels("team", "support"))
		leads := testkit.Binding("leads", m.namespace, testkit.ToSet("lead"), testkit.ForLabels("team", "support"))
		m.apply(testkit.Office("shop", m.namespace), lead, ann, leads)
		comes(leads, beReady())
		comes(ann, haveSets(m.namespace+"/lead"))
		Eventually(func() []string { return m.holders("orders") }, soon).Should(Equal([]string{"ann"}))
		for _, heals := range []func(){
			func() { m.readmit(ann) },
			func() { m.readmit(leads) },
			func() { m.change(lead, func() { testkit.Rank(4)(lead) }) },
		} {
			m.in(mallorys).change(ann, func() { ann.Spec.Description += "x" })
			comes(leads, subjectsRefused(": ann;"))
			comes(ann, HaveField("Status.PermissionSets", BeEmpty()))
			Eventually(func() []string { return m.holders("orders") }, soon).Should(BeEmpty())
			heals()
			comes(leads, beReady())
			comes(ann, haveSets(m.namespace+"/lead"))
			Eventually(func() []string { return m.holders("orders") }, soon).Should(Equal([]string{"ann"}))
		}

		By("one who goes")
		m.change(lead, func() { testkit.Rank(2)(lead) })
		m.in(mallorys).change(ann, func() { ann.Spec.Description += "x" })
		comes(leads, subjectsRefused(": ann;"))
		leaves(ann)
		comes(leads, beReady())
	})

	It("judges by their stamps those who named what appears later", func() {
		m := newManaged()
		support := testkit.Binding("support", m.namespace, testkit.ToSet("lead"), testkit.ForUsers("ann"))
		heir := testkit.Set("heir", m.namespace, testkit.Extends("base"))
		m.apply(testkit.Office("shop", m.namespace), testkit.User("ann", m.namespace))
		m.in(mallorys).apply(support, heir)
		comes(support, waitFor(v1alpha1.ReasonReferenceNotFound))
		comes(heir, waitFor(v1alpha1.ReasonReferenceNotFound))

		lead, base := testkit.Set("lead", m.namespace, testkit.Rank(2), testkit.Permissions("orders")), testkit.Set("base", m.namespace, testkit.Permissions("stock"))
		m.apply(lead, base)
		comes(support, stallFor(v1alpha1.ReasonNotAuthorized))
		comes(heir, stallFor(v1alpha1.ReasonNotAuthorized))
		m.change(lead, func() { testkit.Rank(4)(lead) })
		comes(support, beReady())
		m.change(base, func() { base.Spec.Permissions = nil })
		comes(heir, beReady())
		m.change(base, func() { testkit.Permissions("stock")(base) })
		comes(heir, stallFor(v1alpha1.ReasonNotAuthorized))
		m.readmit(heir)
		comes(heir, beReady())
	})
})
