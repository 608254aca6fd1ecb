// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// suspend and resume change the BackOffice, and reconcile it.
func (w *world) suspend(shop *v1alpha1.BackOffice) {
	GinkgoHelper()
	w.change(shop, func() { shop.Spec.Suspend = true })
	w.reconcile(shop)
	Expect(shop).To(testkit.HaveCondition(v1alpha1.ConditionSuspended, "True", v1alpha1.ReasonSuspended))
}

func (w *world) resume(shop *v1alpha1.BackOffice) {
	GinkgoHelper()
	w.change(shop, func() { shop.Spec.Suspend = false })
	w.reconcile(shop)
	Expect(shop).To(beReady())
	Expect(conditionTypes(shop)).NotTo(ContainElement(v1alpha1.ConditionSuspended))
}

func conditionTypes(o flow.Object) (types []string) {
	for _, c := range *o.GetConditions() {
		types = append(types, c.Type)
	}
	return types
}

// wait matches an object of which something waits for the end of the suspension.
var wait = waitFor(v1alpha1.ReasonSuspended)

var _ = Describe("A suspended back office", func() {
	for name, made := range worlds {
		It("leaves what is in force as it is, lets nothing new in until it is resumed, and costs nothing, with a store in "+name, func() {
			w := made()
			shop, viewer, support, ann := bound(w)
			w.seeSecrets()
			w.suspend(shop)
			Expect(shop).To(beReady())
			w.spent()
			for _, o := range []flow.Object{shop, viewer, support, ann} {
				w.reconcile(o)
				Expect(o).To(beReady())
			}
			got := w.spent()
			Expect(got.writes).To(BeEmpty())
			Expect(got.calls).To(Equal([]string{"Ping"}))

			By("new objects")
			bob := testkit.User("bob", w.namespace)
			clerk := testkit.Set("clerk", w.namespace, testkit.Permissions("stock"))
			clerks := testkit.Binding("clerks", w.namespace, testkit.ToSet("clerk"), testkit.ForUsers("ann", "bob"))
			more := testkit.Binding("more", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Grants("till=Write"))
			w.settle(bob, clerk, clerks, more)
			w.reconcile(ann)
			Expect([]flow.Object{bob, clerk, clerks, more}).To(HaveEach(wait))
			Expect(message(bob)).To(ContainSubstring("spec.suspend"))
			Expect(ann).To(beReady())
			Expect(ann.Status.PermissionSets).To(HaveLen(1))
			Expect(w.row("bob")).To(BeNil())
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))

			By("changes that give something")
			w.change(viewer, func() { gives(viewer, "orders=Write", "stock") })
			w.change(support, func() { testkit.Grants("till")(support) })
			for range 2 { // and once more, which changes nothing
				for _, o := range []flow.Object{viewer, support, ann} {
					w.reconcile(o)
				}
				Expect([]flow.Object{viewer, support}).To(HaveEach(wait))
				Expect(ann).To(beReady())
				Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
				Expect(w.logsIn(ann)).To(BeTrue())
			}
			w.spent()
			for _, o := range []flow.Object{viewer, support, clerks, bob, clerk} {
				w.reconcile(o)
			}
			Expect(w.spent().writes).To(BeEmpty())

			By("a restart")
			w.restart()
			w.reconcile(shop)
			for _, o := range []flow.Object{viewer, support, clerks, more, ann, bob} {
				w.reconcile(o)
			}
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
			Expect(w.active()).To(Equal([]string{"ann"}))

			By("its end, which wakes all")
			woken := w.woken
			w.resume(shop)
			Expect(w.woken).To(Equal(woken + 1))
			for _, o := range []flow.Object{bob, clerk, viewer, clerks, more, support, ann, bob} {
				w.reconcile(o)
				Expect(o).To(beReady())
			}
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Write", "stock": "Read", "till": "Write"}))
			Expect(w.permissions("bob")).To(Equal(map[string]string{"stock": "Read"}))
			Expect(w.logsIn(bob)).To(BeTrue())
		})

		It("goes on to take away, with a store in "+name, func() {
			w := made()
			shop, viewer, support, ann := bound(w)
			bob, cid, dan := testkit.User("bob", w.namespace), testkit.User("cid", w.namespace), testkit.User("dan", w.namespace)
			w.settle(bob, cid, dan)
			w.change(viewer, func() { gives(viewer, "orders=Write", "stock=Write", "till") })
			w.change(support, func() { testkit.ForUsers("ann", "bob", "cid")(support) })
			w.settleAgain(viewer, support)
			w.suspend(shop)

			w.hold(ann)
			w.change(bob, func() { bob.Spec.State = v1alpha1.StateBlocked })
			w.reconcile(ann)
			w.reconcile(bob)
			Expect([]flow.Object{ann, bob}).To(HaveEach(beReady()))
			Expect(w.active()).To(Equal([]string{"cid", "dan"}))

			By("narrowing a set")
			w.change(viewer, func() { gives(viewer, "orders", "stock=Write") })
			w.reconcile(viewer)
			Expect(viewer).To(beReady())
			Expect(w.permissions("cid")).To(Equal(map[string]string{"orders": "Read", "stock": "Write"}))

			By("narrowing and widening at the same time")
			w.change(viewer, func() { gives(viewer, "orders=Write", "stock", "refunds=Write") })
			w.reconcile(viewer)
			Expect(viewer).To(wait)
			Expect(w.permissions("cid")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))

			By("another subject in the place of one")
			w.change(support, func() { testkit.ForUsers("cid", "dan")(support) })
			w.settleAgain(support, cid, dan)
			Expect(support).To(wait)
			Expect(message(support)).To(ContainSubstring("1 users"))
			Expect(w.permissions("dan")).To(BeEmpty())
			Expect(w.permissions("cid")).To(HaveLen(2), "who had it still has it")

			By("a binding that does nothing but deny, and a set that does")
			guard := testkit.Set("guard", w.namespace, testkit.Permissions("doors"), testkit.Deny("stock"))
			never := testkit.Binding("never", w.namespace, testkit.ToSet("guard"), testkit.ForUsers("cid"), testkit.Denies("till"))
			w.settle(guard, never)
			Expect(never).To(wait)
			w.reconcile(cid)
			Expect(w.permissions("cid")).To(Equal(map[string]string{"orders": "Read", "stock": "None", "till": "None"}))

			By("the release of a hold, and the end of a block")
			w.change(ann, func() { delete(ann.Annotations, v1alpha1.AnnotationHold) })
			w.change(bob, func() { bob.Spec.State = "" })
			w.settleAgain(ann, bob)
			Expect([]flow.Object{ann, bob}).To(HaveEach(wait))
			Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
			Expect(w.active()).To(Equal([]string{"cid", "dan"}))

			By("deletions")
			w.end(dan)
			w.end(support)
			Expect(w.permissions("cid")).To(HaveKeyWithValue("stock", "None"))
			Expect(w.permissions("cid")).NotTo(HaveKey("orders"))

			w.resume(shop)
			w.settleAgain(guard, never, ann, bob, cid)
			Expect(w.active()).To(Equal([]string{"ann", "bob", "cid"}))
			Expect(w.permissions("cid")).To(Equal(map[string]string{"doors": "Read", "stock": "None", "till": "None"}))
		})
	}

	It("narrows where a user may log in from and what data it has, and keeps who it is", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, dimensions)
		ann := testkit.User("ann", w.namespace, testkit.IPs("10.0.0.0/8", "192.0.2.1"), testkit.Filters(testkit.Only("entities", "at", "pl")),
			testkit.Email("ann@example.com"), testkit.AccountType(v1alpha1.AccountAdministrator), testkit.Setting("theme", "dark"))
		w.settle(shop, ann)
		w.suspend(shop)
		w.change(ann, func() {
			testkit.IPs("10.1.0.0/16", "198.51.100.1")(ann)
			ann.Spec.Filters = []v1alpha1.Filter{testkit.Only("entities", "de", "pl")}
			testkit.Email("eve@example.com")(ann)
			ann.Spec.Settings["theme"] = "light"
			ann.Spec.AccountType = ""
			ann.Spec.Description = "on leave"
		})
		w.reconcile(ann)
		Expect(ann).To(wait)
		Expect(ann).To(testkit.HaveCondition(v1alpha1.ConditionSynced, "False", v1alpha1.ReasonSuspended))
		Expect(ann.Status).To(And(HaveField("Login", "ann"), HaveField("AccountType", v1alpha1.AccountStaff)))
		Expect(w.query("shop", "SELECT login, email, account_type, description, settings FROM users")).To(
			Equal([][]string{{"ann", "ann@example.com", "Staff", "on leave", `{"theme":"dark"}`}}))
		Expect(w.query("shop", "SELECT network FROM allowed_networks")).To(Equal([][]string{{"10.1.0.0/16"}}))
		Expect(w.query("shop", "SELECT filter_values FROM user_filters")).To(Equal([][]string{{`["pl"]`}}))

		By("a network that has nothing in common with those")
		w.change(ann, func() { testkit.IPs("198.51.100.1")(ann) })
		w.reconcile(ann)
		Expect(ann).To(wait)
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.active()).To(BeEmpty())

		w.resume(shop)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.query("shop", "SELECT login, email, settings FROM users")).To(Equal([][]string{{"ann", "eve@example.com", `{"theme":"light"}`}}))
		Expect(w.active()).To(Equal([]string{"ann"}))
	})

	It("follows a label that is gone, and none that is new", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		viewer, seller := testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.Set("seller", w.namespace, testkit.Permissions("till"))
		viewers := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support"))
		sellers := testkit.Binding("sellers", w.namespace, testkit.ToSet("seller"), testkit.ForLabels("team", "sales"))
		ann := testkit.User("ann", w.namespace, testkit.Labels("team", "support"))
		bob := testkit.User("bob", w.namespace, testkit.Labels("team", "sales"))
		w.settle(shop, viewer, seller, ann, bob, viewers, sellers)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
		w.suspend(shop)
		w.change(ann, func() { testkit.Labels("team", "sales")(ann) })
		w.change(bob, func() { testkit.Labels("team", "sales", "shift", "day")(bob) })
		for range 2 {
			w.settleAgain(ann, bob, viewers, sellers)
			Expect(w.permissions("ann")).To(BeEmpty())
			Expect(w.permissions("bob")).To(Equal(map[string]string{"till": "Read"}))
			Expect(sellers).To(wait)
			Expect([]flow.Object{ann, bob, viewers}).To(HaveEach(beReady()))
			Expect(ann.Status.PermissionSets).To(BeEmpty())
		}
		By("the binding first, and a change of it that takes something away")
		w.change(sellers, func() { testkit.Denies("till/refunds")(sellers) })
		w.change(bob, func() { testkit.Labels("team", "sales")(bob) })
		w.settleAgain(sellers, bob, ann, sellers)
		Expect(w.permissions("bob")).To(Equal(map[string]string{"till": "Read", "till/refunds": "None"}))
		Expect(w.permissions("ann")).To(BeEmpty())
		w.resume(shop)
		w.settleAgain(ann, bob, sellers)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"till": "Read", "till/refunds": "None"}))
	})

	It("lets nobody have what another account type may hold", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		staff := testkit.Set("staff", w.namespace, testkit.Permissions("till"), testkit.HeldBy(v1alpha1.AccountStaff))
		all := testkit.Set("all", w.namespace, testkit.Permissions("orders"))
		ann := testkit.User("ann", w.namespace, testkit.AccountType(v1alpha1.AccountAdministrator))
		till := testkit.Binding("till", w.namespace, testkit.ToSet("staff"), testkit.ForUsers("ann"))
		orders := testkit.Binding("orders", w.namespace, testkit.ToSet("all"), testkit.ForUsers("ann"))
		w.settle(shop, staff, all, ann, till, orders)
		w.reconcile(ann)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
		w.suspend(shop)
		w.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountStaff })
		w.settleAgain(ann, till, orders, ann)
		Expect(ann.Status.AccountType).To(Equal(v1alpha1.AccountStaff))
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
		w.resume(shop)
		w.settleAgain(ann, till, orders)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "till": "Read"}))
	})

	It("hands out another set where that gives no more, and none where it does", func() {
		w := newWorld()
		shop, viewer, support, ann := bound(w)
		lead := testkit.Set("lead", w.namespace, testkit.Permissions("stock=Write"), testkit.Extends("viewer"), testkit.Deny("payroll"))
		other := testkit.Set("other", w.namespace, testkit.Permissions("till"))
		w.settle(lead, other)
		w.change(support, func() { testkit.ToSet("lead")(support) })
		w.settleAgain(support, ann)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Write", "payroll": "None"}))
		w.suspend(shop)

		w.change(support, func() { testkit.ToSet("viewer")(support) })
		w.settleAgain(support, ann)
		Expect(support).To(wait)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "payroll": "None"}), "what was denied is denied until then")

		w.change(support, func() { testkit.ToSet("other")(support) })
		w.settleAgain(support, ann)
		Expect(support).To(wait)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"payroll": "None"}))
		w.change(support, func() { testkit.ToSet("lead")(support) })
		w.settleAgain(support, ann)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"payroll": "None"}), "what was taken away does not come back before the end")

		w.resume(shop)
		w.settleAgain(viewer, lead, support, ann)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Write", "payroll": "None"}))
	})

	It("lets a set inherit no more, and no less of what takes away", func() {
		w := newWorld()
		shop, viewer, _, _ := bound(w)
		base := testkit.Set("base", w.namespace, testkit.Permissions("doors"), testkit.Deny("payroll"))
		w.settle(base)
		w.change(viewer, func() { testkit.Extends("base")(viewer) })
		w.reconcile(viewer)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "doors": "Read", "payroll": "None"}))
		w.suspend(shop)

		w.change(viewer, func() { viewer.Spec.Extends = nil })
		w.reconcile(viewer)
		Expect(viewer).To(wait)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "payroll": "None"}))

		fresh := testkit.Set("fresh", w.namespace, testkit.Permissions("orders=Write"), testkit.Deny("till"))
		w.settle(fresh)
		w.change(viewer, func() { testkit.Extends("fresh")(viewer); gives(viewer, "orders") })
		w.reconcile(viewer)
		Expect(viewer).To(wait)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "payroll": "None", "till": "None"}))

		w.resume(shop)
		w.settleAgain(fresh, viewer)
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "till": "None"}))
	})

	It("gives nobody a first password, and goes on to rotate and to reset those that are there", func() {
		w := newWorld()
		shop, _, _, ann := bound(w)
		dan := testkit.User("dan", w.namespace)
		dan.Spec.Credentials = &v1alpha1.UserCredentials{Source: v1alpha1.CredentialNone}
		w.settle(dan)
		w.suspend(shop)
		w.change(dan, func() { dan.Spec.Credentials = nil })
		w.reconcile(dan)
		Expect(dan).To(wait)
		Expect(dan.Status.Binding).To(BeNil())

		w.seeSecrets()
		before := w.password(ann)
		w.age(shop, time.Hour)
		w.annotate(ann, v1alpha1.AnnotationRotationRequestedAt, moment(-time.Minute))
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.keeps(ann, before)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		w.seeSecrets()
		before = w.password(ann)
		w.age(shop, time.Hour)
		w.annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(-time.Second))
		w.reconcile(ann)
		Expect(w.letsIn(ann, before)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		w.resume(shop)
		w.reconcile(dan)
		Expect(dan).To(beReady())
		Expect(w.logsIn(dan)).To(BeTrue())
	})

	It("is one with the annotation, too", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.Annotations(v1alpha1.AnnotationSuspend, "a break-in"))
		bob := testkit.User("bob", w.namespace)
		w.settle(shop, bob)
		Expect(shop).To(beReady())
		Expect(shop).To(testkit.HaveCondition(v1alpha1.ConditionSuspended, "True", v1alpha1.ReasonSuspendedByAnnotation))
		Expect(bob).To(wait)
		woken := w.woken
		w.change(shop, func() { delete(shop.Annotations, v1alpha1.AnnotationSuspend) })
		w.reconcile(shop)
		Expect(w.woken).To(Equal(woken + 1))
		w.reconcile(bob)
		Expect(bob).To(beReady())
	})

	It("narrows its own policy, and widens it when it is resumed", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.Catalog("orders/read", "stock"))
		w.settle(shop)
		w.suspend(shop)
		w.change(shop, func() { testkit.Catalog("orders/read", "till")(shop) })
		for range 2 {
			w.reconcile(shop)
			Expect(shop).To(wait)
			Expect(w.query("shop", "SELECT path FROM permission_catalog")).To(Equal([][]string{{"orders/read"}}))
		}
		w.resume(shop)
		Expect(w.query("shop", "SELECT path FROM permission_catalog ORDER BY path")).To(Equal([][]string{{"orders/read"}, {"till"}}))
	})
})

// gives has a set give these permissions, and no others.
func gives(set *v1alpha1.PermissionSet, entries ...string) {
	set.Spec.Permissions = nil
	testkit.Permissions(entries...)(set)
}

// settleAgain reconciles objects in this order.
func (w *world) settleAgain(objects ...flow.Object) {
	GinkgoHelper()
	for _, o := range objects {
		w.reconcile(o)
	}
}
