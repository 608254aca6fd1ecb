// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// worlds are the two stores on which the main specs of admission run.
var worlds = map[string]func() *world{"SQLite": newWorld, "PostgreSQL": newPostgresWorld}

// bound is a back office in which ann has a set by a binding.
func bound(w *world) (office *v1alpha1.BackOffice, viewer *v1alpha1.PermissionSet, support *v1alpha1.RoleBinding, ann *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	office, viewer = w.office("shop"), testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
	support, ann = testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")), testkit.User("ann", w.namespace)
	w.settle(office, viewer, support, ann)
	w.reconcile(support)
	w.reconcile(ann)
	Expect([]flow.Object{office, viewer, support, ann}).To(HaveEach(beReady()))
	Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
	return office, viewer, support, ann
}

// notAdmitted is the outcome for an object behind which nobody stands; its condition says what helps.
func notAdmitted() OmegaMatcher {
	return And(stallFor(v1alpha1.ReasonNotAdmitted), WithTransform(message, ContainSubstring("annotate it with "+v1alpha1.AnnotationReconcileRequestedAt)))
}

var _ = Describe("An object without an admission stamp that fits it", func() {
	It("is not put in force, whatever it is, until somebody has it admitted", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		viewer, ann := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"), testkit.Deny("stock")), testkit.User("ann", w.namespace)
		support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		members := []flow.Object{viewer, support, ann}
		w.behind().settle(viewer, support, ann)
		Expect(members).To(HaveEach(notAdmitted()))
		Expect(w.passwords(ann)).To(BeEmpty())
		Expect(w.row("ann")).To(BeNil())
		Expect(ann.Status.State).To(BeEmpty())

		for _, o := range members {
			w.readmit(o)
			w.reconcile(o)
			Expect(o).To(beReady())
		}
		w.reconcile(support)
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "None"}))
	})

	It("that carries the stamp of another state of it is not in force either", func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace))
		ann.Namespace = w.namespace
		w.author.admit(nil, ann)
		ann.Spec.AccountType = v1alpha1.AccountAdministrator
		w.behind().settle(ann)
		Expect(ann).To(notAdmitted())
	})

	It("ends the access that it gave, when it was changed behind the webhooks", func() {
		w := newWorld()
		_, viewer, support, ann := bound(w)
		before, password := w.row("ann"), w.password(ann)

		w.behind().change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountAdministrator })
		w.reconcile(ann)
		Expect(ann).To(notAdmitted())
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.active()).To(BeEmpty())
		w.change(ann, func() { ann.Spec.AccountType = "" })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.row("ann")).To(HaveKeyWithValue("id", before["id"]))
		Expect(w.hasPassword(ann, password)).To(BeTrue())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))

		for _, c := range []struct {
			flow.Object
			change func()
		}{
			{viewer, func() { testkit.Permissions("stock=Write")(viewer) }},
			{support, func() { testkit.Grants("stock=Write")(support) }},
			{support, func() { delete(support.Annotations, v1alpha1.AnnotationAdmitted) }},
		} {
			w.behind().change(c.Object, c.change)
			w.reconcile(c.Object)
			Expect(c.Object).To(notAdmitted())
			Expect(w.held("ann")).To(BeEmpty())
			w.readmit(c.Object)
			w.reconcile(c.Object)
			Expect(c.Object).To(beReady())
			Expect(w.held("ann")).NotTo(BeEmpty())
		}
	})

	It("is deleted like any other", func() {
		w := newWorld()
		_, viewer, support, ann := bound(w)
		for _, o := range []client.Object{viewer, support, ann} {
			w.behind().change(o, func() { o.SetLabels(map[string]string{"example.com/sneaked": "in"}) })
			w.end(o)
		}
		Expect(w.row("ann")).To(HaveKeyWithValue("state", "Deactivated"))
	})
})

var _ = Describe("A copy of an object", func() {
	for name, made := range worlds {
		It("with its stamp is not put in force, and no copy takes its place, with a store in "+name, func() {
			w := made()
			_, viewer, support, ann := bound(w)
			// They lie in the same namespace and have the same spec, so that the stamps fit.
			pairs := []struct{ original, replica flow.Object }{
				{viewer, testkit.Set("replica", w.namespace, testkit.Permissions("orders"))},
				{support, testkit.Binding("replica", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))},
				{ann, testkit.User("replica", w.namespace)},
			}
			for _, p := range pairs {
				p.replica.SetAnnotations(p.original.GetAnnotations())
				w.behind().settle(p.replica)
				Expect(p.replica).To(notAdmitted())
				Expect(message(p.replica)).To(ContainSubstring("belongs to another object, of which this one is a copy"))
				w.reconcile(p.original)
				Expect(p.original).To(beReady())
			}
			Expect(w.active()).To(Equal([]string{"ann"}))
			Expect(w.query("shop", "SELECT name FROM permission_sets UNION ALL SELECT name FROM role_bindings ORDER BY 1")).
				To(Equal([][]string{{"support"}, {"viewer"}}))
			Expect(w.passwords(ann)).To(HaveLen(1), "that of ann")

			for _, p := range pairs {
				w.readmit(p.replica)
				w.reconcile(p.replica)
				Expect(p.replica).To(beReady(), "what was admitted itself is no copy")
			}
		})
	}

	It("that was in force before it got the stamp of another loses that", func() {
		w := newWorld()
		_, viewer, support, ann := bound(w)
		twins := []struct{ original, twin flow.Object }{
			{viewer, testkit.Set("twin", w.namespace, testkit.Permissions("orders"))},
			{support, testkit.Binding("twin", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))},
			{ann, testkit.User("twin", w.namespace)},
		}
		for _, p := range twins {
			w.settle(p.twin)
			w.seeSecrets()
			Expect(p.twin).To(beReady())
			w.behind().change(p.twin, func() { p.twin.SetAnnotations(p.original.GetAnnotations()) })
			w.reconcile(p.twin)
			Expect(p.twin).To(notAdmitted())
			w.spent()
			w.reconcile(p.twin)
			got := w.spent()
			Expect(got.writes).To(BeEmpty(), "it is said once")
			Expect(got.groups).To(Equal(1), "the attempt")
		}
		const inForce = "SELECT name FROM permission_sets WHERE in_force = 1 UNION ALL SELECT name FROM role_bindings WHERE in_force = 1 ORDER BY 1"
		Expect(w.query("shop", inForce)).To(Equal([][]string{{"support"}, {"viewer"}}))
		Expect(w.active()).To(Equal([]string{"ann"}))
		Expect(twins[2].twin.(*v1alpha1.BackOfficeUser).Status.State).To(Equal(v1alpha1.StateBlocked))

		for _, p := range twins {
			w.readmit(p.twin)
			w.reconcile(p.twin)
			Expect(p.twin).To(beReady())
		}
		Expect(w.active()).To(Equal([]string{"ann", "twin"}))
		Expect(w.query("shop", inForce)).To(HaveLen(4))
	})

	It("of a withheld set still denies what it denied", func() {
		w := newWorld()
		viewer := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"), testkit.Deny("stock"))
		granted(w, viewer, testkit.Set("other", w.namespace, testkit.Permissions("orders"), testkit.Deny("stock")))
		w.settle(testkit.Set("picker", w.namespace, testkit.Permissions("stock=Write")),
			testkit.Binding("pickers", w.namespace, testkit.ToSet("picker"), testkit.ForUsers("ann")))
		other := &v1alpha1.PermissionSet{}
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "other"}, other)).To(Succeed())
		w.behind().change(viewer, func() { viewer.SetAnnotations(other.Annotations) })
		w.reconcile(viewer)
		Expect(viewer).To(notAdmitted())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"stock": "None"}))
		Expect(w.query("shop", "SELECT actor, granted, lost FROM audit_log WHERE name = 'viewer' ORDER BY id DESC LIMIT 1")).
			To(Equal([][]string{{"", "[]", `["orders Read"]`}}), "nobody asked for it")
	})
})

var _ = Describe("An account that was somebody stronger's", func() {
	for name, made := range worlds {
		It("is taken over by nobody who may not touch that, with a store in "+name, Label("A-08"), func() {
			w := made()
			w.settle(w.office("shop"), testkit.Set("lead", w.namespace, testkit.Rank(2), testkit.Permissions("orders=Write")))
			first := testkit.User("ann", w.namespace)
			w.settle(testkit.Binding("leads", w.namespace, testkit.ToSet("lead"), testkit.ForUsers("ann")), first)
			before := w.row("ann")
			w.end(first)
			w.collected(first)
			Expect(w.row("ann")).To(HaveKeyWithValue("state", "Deactivated"))

			ann := testkit.User("ann", w.namespace)
			w.by("mallory", testkit.UpToRank(4)).settle(ann)
			Expect(ann).To(stallFor(v1alpha1.ReasonNotAuthorized))
			Expect(message(ann)).To(And(ContainSubstring(`login "ann"`), ContainSubstring("annotate it with"), Not(ContainSubstring("mallory"))))
			Expect(w.passwords(ann)).To(BeEmpty())
			Expect(w.row("ann")).To(And(HaveKeyWithValue("state", "Deactivated"), HaveKeyWithValue("uid", "")))

			w.by("eve", testkit.UpToRank(2)).readmit(ann)
			w.reconcile(ann)
			Expect(ann).To(beReady())
			Expect(w.row("ann")).To(HaveKeyWithValue("id", before["id"]))
			Expect(w.logsIn(ann)).To(BeTrue())
		})
	}

	It("takes power over accounts of the type that it is to become", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace), testkit.Set("lead", w.namespace, testkit.Rank(2)))
		first := testkit.User("ann", w.namespace)
		w.settle(testkit.Binding("leads", w.namespace, testkit.ToSet("lead"), testkit.ForUsers("ann")), first)
		w.end(first)
		w.collected(first)
		partial := testkit.UpToRank(0)
		partial.AccountTypes = []string{string(v1alpha1.AccountAffiliate)}
		ann := testkit.User("ann", w.namespace)
		w.by("mallory", partial, testkit.UpToRank(3)).settle(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonNotAuthorized))
	})

	It("is protected no more than its namespace may hand out", func() {
		w, other := newWorld(), testkit.FreshNamespace(ctx, admin)
		shop := testkit.InOffice(w.namespace + "/shop")
		w.settle(testkit.Office("shop", w.namespace, testkit.AdmitsUpTo(4, other)), testkit.Set("lead", w.namespace, testkit.Rank(2)))
		first := testkit.User("ann", other, shop)
		w.settle(testkit.Binding("leads", other, shop, testkit.ToSet(w.namespace+"/lead"), testkit.ForUsers("ann")), first)
		Expect(first).To(beReady())
		w.end(first)
		w.collected(first)
		ann := testkit.User("ann", other, shop)
		w.by("lead", testkit.UpToRank(4)).settle(ann)
		Expect(ann).To(beReady())
	})

	It("is withdrawn where the store finds that out later", func() {
		w := newWorld()
		_, _, _, ann := bound(w)
		w.tap().refuseWhere(store.ErrProtected, func(r store.Record) bool { u, ok := r.(store.User); return ok && u.InForce })
		w.change(ann, func() { ann.Spec.Description = "new" })
		w.reconcile(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonNotAuthorized))
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.active()).To(BeEmpty())
		w.tap().refuseWhere(nil, func(store.Record) bool { return false })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})

var _ = Describe("The audit log", func() {
	for name, made := range worlds {
		It("tells who gave what, and what was lost without anybody, in "+name, func() {
			w := made()
			shop, viewer := w.office("shop", testkit.Delegates(4, testkit.Group("leads"))), testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
			ann := testkit.User("ann", w.namespace, testkit.IPs("203.0.113.7"), fullName("Ann Miller"), testkit.Email("miller@shop.example"),
				testkit.Setting("panel", "Miller"))
			w.by("root", testkit.Unlimited()).settle(shop, viewer)
			w.by("lead", testkit.UpToRank(4)).settle(ann)
			log := func() (rows [][]string) {
				rows = w.query("shop", "SELECT actor, kind, name, granted, lost FROM audit_log ORDER BY at, id")
				for _, row := range rows {
					row[3], row[4] = strings.ReplaceAll(row[3], `", "`, `","`), strings.ReplaceAll(row[4], `", "`, `","`) // each database writes JSON its way
				}
				return rows
			}
			given := [][]string{
				{"root", "BackOffice", "shop", `["rank 4 to Group leads"]`, "[]"},
				{"root", "PermissionSet", "viewer", `["orders Read"]`, "[]"},
				{"lead", "BackOfficeUser", "ann", `["account of type Staff","network 203.0.113.7/32"]`, "[]"},
			}
			Expect(log()).To(Equal(given))

			w.change(shop, func() { testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"198.51.100.0/24"}})(shop) })
			w.reconcile(shop)
			w.reconcile(ann)
			Expect(ann).To(stallFor(v1alpha1.ReasonPolicyViolated))
			Expect(log()[3:]).To(Equal([][]string{
				{"somebody", "BackOffice", "shop", "[]", "[]"},
				{"", "BackOfficeUser", "ann", "[]", `["account of type Staff","network 203.0.113.7/32"]`},
			}))
			Expect(log()).NotTo(ContainElement(ContainElement(Or(ContainSubstring("Miller"), ContainSubstring("miller")))))
		})
	}
})
