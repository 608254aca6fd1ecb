// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A back office behind which nobody stands", func() {
	for name, made := range worlds {
		It("keeps its connection, grants nothing new and goes on to revoke, with a store in "+name, func() {
			w := made()
			shop, viewer, support, ann := bound(w)
			bob, cid, eve := testkit.User("bob", w.namespace), testkit.User("cid", w.namespace), testkit.User("eve", w.namespace)
			w.settle(bob, cid, eve)
			w.seeSecrets()

			By("changing its policy behind the webhooks")
			w.behind().change(shop, func() {
				testkit.Delegates(0, testkit.Person("mallory"))(shop)
				testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})(shop)
				testkit.Catalog("nothing")(shop)
			})
			Expect(w.reconcile(shop).RequeueAfter).To(BeNumerically(">", 0), "its store is probed")
			Expect(shop).To(notAdmitted())
			Expect(w.query("shop", "SELECT * FROM permission_catalog")).To(BeEmpty())
			w.spent()
			for _, o := range []flow.Object{shop, viewer, support, ann, bob, cid} {
				w.reconcile(o)
			}
			Expect([]flow.Object{viewer, support, ann, bob, cid}).To(HaveEach(beReady()), "what was in force is")
			got := w.spent()
			Expect(got.writes).To(BeEmpty())
			Expect(got.calls).To(Equal([]string{"Ping"}))

			By("granting nothing")
			dan := testkit.User("dan", w.namespace, testkit.IPs("203.0.113.7"))
			w.settle(dan)
			Expect(dan).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
			Expect(message(dan)).To(ContainSubstring("is not admitted and grants nothing new"))
			w.change(viewer, func() { testkit.Permissions("stock")(viewer) })
			w.change(support, func() { testkit.ForUsers("ann", "bob")(support) })
			for _, o := range []flow.Object{viewer, support} {
				w.reconcile(o)
				Expect(o).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
			}
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
			Expect(w.permissions("bob")).To(BeEmpty())

			By("revoking")
			w.hold(ann)
			w.behind().change(bob, func() { bob.Spec.AccountType = v1alpha1.AccountAdministrator })
			w.change(eve, func() { eve.Spec.State = v1alpha1.StateBlocked })
			for _, u := range []*v1alpha1.BackOfficeUser{ann, bob, eve} {
				w.reconcile(u)
			}
			Expect([]flow.Object{ann, eve}).To(HaveEach(beReady()))
			Expect(bob).To(notAdmitted())
			Expect(w.active()).To(Equal([]string{"cid"}))
			w.behind().change(viewer, func() { viewer.Annotations = nil })
			w.reconcile(viewer)
			Expect(viewer).To(notAdmitted())
			w.end(cid)
			Expect(w.active()).To(BeEmpty())
			w.end(support)

			By("being admitted")
			w.change(shop, func() { shop.Spec.Policy, shop.Spec.PermissionCatalog = nil, nil })
			woken := w.woken
			w.reconcile(shop)
			Expect(shop).To(beReady())
			Expect(w.woken).To(Equal(woken + 1))
			w.reconcile(dan)
			Expect(dan).To(beReady())
			Expect(w.logsIn(dan)).To(BeTrue())
		})
	}

	It("gives nothing new to whom it has given something", func() {
		w := newWorld()
		shop, viewer, support, ann := bound(w)
		bob := testkit.User("bob", w.namespace)
		w.settle(bob)
		w.behind().change(shop, func() { shop.Labels = map[string]string{"example.com/sneaked": "in"} })
		w.reconcile(shop)
		w.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountAdministrator })
		w.change(viewer, func() { testkit.Permissions("stock=Write")(viewer) })
		w.change(support, func() { testkit.ForUsers("ann", "bob")(support) })
		for _, o := range []flow.Object{ann, viewer, support} {
			w.reconcile(o)
			Expect(o).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
		}
		w.reconcile(bob)
		Expect(bob).To(beReady())
		Expect(w.row("ann")).To(HaveKeyWithValue("account_type", "Staff"))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
		Expect(w.permissions("bob")).To(BeEmpty())
	})

	It("wakes its objects when it is admitted as it is", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.behind().settle(shop)
		Expect(shop).To(notAdmitted())
		Expect(shop).To(testkit.HaveCondition(v1alpha1.ConditionStoreConnected, "True", v1alpha1.ReasonConnected))
		w.settle(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
		Expect(w.row("ann")).To(BeNil())
		Expect(w.query("shop", "SELECT office_uid FROM owners")).To(Equal([][]string{{""}}))

		w.readmit(shop)
		woken := w.woken
		w.reconcile(shop)
		Expect(shop).To(beReady())
		Expect(w.woken).To(Equal(woken + 1))
		w.reconcile(ann)
		Expect(ann).To(beReady())
		w.reconcile(shop)
		Expect(w.woken).To(Equal(woken+1), "once")
	})

	It("is one that was restored with the stamp of its predecessor", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(shop)
		stamp := shop.Annotations[v1alpha1.AnnotationAdmitted]
		w.end(shop)

		restored := testkit.Office("shop", w.namespace, testkit.Annotations(v1alpha1.AnnotationAdmitted, stamp))
		w.behind().settle(restored)
		Expect(restored).To(notAdmitted())
		Expect(message(restored)).To(ContainSubstring("a copy"))
		w.settle(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
		w.spent()
		w.reconcile(restored)
		Expect(w.spent()).To(Equal(cost{calls: []string{"Ping"}}), "the store has said so")

		w.readmit(restored)
		w.reconcile(restored)
		Expect(restored).To(beReady())
		w.reconcile(ann)
		Expect(ann).To(beReady())
	})

	It("goes, when it is deleted, like any other", func() {
		w := newWorld()
		shop, viewer, support, ann := bound(w)
		w.behind().change(shop, func() { shop.Annotations = nil })
		w.reconcile(shop)
		Expect(shop).To(notAdmitted())
		w.remove(shop)
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonInUse))
		for _, o := range []client.Object{ann, support, viewer} {
			w.end(o)
		}
		w.reconcile(shop)
		Expect(gone(shop)).To(BeTrue())
	})

	It("still tells that its store does not answer", func() {
		w := newWorld()
		shop, _, _, _ := bound(w)
		w.behind().change(shop, func() { shop.Annotations = nil })
		w.reconcile(shop)
		w.tap().cut(store.ErrUnavailable)
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
	})
})
