// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func deletionPolicy(p v1alpha1.DeletionPolicy) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.DeletionPolicy = p })
}

// staffed is a back office with ann, who has two sets: one by name and one by label.
func staffed(w *world, mods ...testkit.Mod) (ann func() *v1alpha1.BackOfficeUser, first *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	ann = func() *v1alpha1.BackOfficeUser {
		return testkit.User("ann", w.namespace, append([]testkit.Mod{testkit.Login("Ann.Martin"), testkit.Labels("team", "support"), testkit.IPs("203.0.113.7")}, mods...)...)
	}
	first = ann()
	w.settle(testkit.Office("shop", w.namespace),
		testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.Set("picker", w.namespace, testkit.Permissions("stock=Write")),
		testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")),
		testkit.Binding("pickers", w.namespace, testkit.ToSet("picker"), testkit.ForLabels("team", "support")), first)
	Expect(w.logsIn(first)).To(BeTrue())
	Expect(w.permissions("Ann.Martin")).To(Equal(map[string]string{"orders": "Read", "stock": "Write"}))
	return ann, first
}

// again applies a user whose predecessor is gone, with its Secret.
func (w *world) again(u, predecessor *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	w.collected(predecessor)
	w.settle(u)
	Expect(u).To(beReady())
	Expect(w.logsIn(u)).To(BeTrue())
}

var _ = Describe("A deleted user", func() {
	It("with policy Delete leaves nothing, and the same account can be created again", Label("A-08"), func() {
		w := newWorld()
		ann, first := staffed(w, deletionPolicy(v1alpha1.DeletionDelete))
		before, password := w.row("Ann.Martin"), w.password(first)

		w.end(first)
		for _, table := range []string{"users", "credentials", "allowed_networks", "role_binding_subjects", "active_users", "effective_permissions"} {
			Expect(w.query("shop", "SELECT * FROM "+table)).To(BeEmpty(), table)
		}

		second := ann()
		w.again(second, first)
		Expect(w.row("Ann.Martin")["id"]).NotTo(Equal(before["id"]))
		Expect(w.accepts("Ann.Martin", password)).To(BeFalse())
		Expect(w.permissions("Ann.Martin")).To(Equal(map[string]string{"orders": "Read", "stock": "Write"}))
		Expect(second.Status.PermissionSets).To(ConsistOf(w.namespace+"/viewer", w.namespace+"/picker"))
	})

	It("without a policy leaves its account behind without access, which the next object takes over", Label("A-08", "A-07"), func() {
		w := newWorld()
		ann, first := staffed(w)
		before, password := w.row("Ann.Martin"), w.password(first)

		w.end(first)
		Expect(w.active()).To(BeEmpty())
		Expect(w.permissions("Ann.Martin")).To(BeEmpty())
		Expect(w.row("Ann.Martin")).To(And(HaveKeyWithValue("state", "Deactivated"), HaveKeyWithValue("id", before["id"]), HaveKeyWithValue("uid", "")))
		Expect(w.query("shop", "SELECT * FROM credentials")).To(BeEmpty())

		second := ann()
		w.again(second, first)
		Expect(w.row("Ann.Martin")).To(And(HaveKeyWithValue("id", before["id"]), HaveKeyWithValue("uid", string(second.UID)), HaveKeyWithValue("state", "Active")))
		Expect(w.accepts("Ann.Martin", password)).To(BeFalse())
		Expect(w.permissions("Ann.Martin")).To(Equal(map[string]string{"orders": "Read", "stock": "Write"}))
	})

	It("with policy Orphan leaves its account and its Secret as they are, to whoever looks after them now", Label("A-08"), func() {
		w := newWorld()
		ann, first := staffed(w, deletionPolicy(v1alpha1.DeletionOrphan))
		before, password := w.row("Ann.Martin"), w.password(first)

		w.end(first)
		Expect(w.active()).To(Equal([]string{"Ann.Martin"}))
		Expect(w.logsIn(first)).To(BeTrue())
		Expect(w.permissions("Ann.Martin")).To(Equal(map[string]string{"orders": "Read", "stock": "Write"}))
		Expect(w.row("Ann.Martin")).To(And(HaveKeyWithValue("owner", ""), HaveKeyWithValue("id", before["id"])))
		secret := &corev1.Secret{}
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "ann-credentials"}, secret)).To(Succeed())
		Expect(secret.OwnerReferences).To(BeEmpty())

		By("leaving a foreign account alone")
		orphaned := w.row("Ann.Martin")
		second := ann()
		w.settle(second)
		Expect(second).To(stallFor(v1alpha1.ReasonForeignAccount))
		Expect(w.row("Ann.Martin")).To(Equal(orphaned))
		Expect(w.accepts("Ann.Martin", password)).To(BeTrue())
		w.end(second)
		Expect(w.row("Ann.Martin")).To(Equal(orphaned))
	})

	It("with the orphan annotation goes without the store, which stays as it is", func() {
		w := newWorld()
		_, first := staffed(w, deletionPolicy(v1alpha1.DeletionDelete))
		before := w.row("Ann.Martin")
		w.change(first, func() { first.Annotations = map[string]string{v1alpha1.AnnotationOrphan: "the database is lost"} })
		w.tap().taken()
		w.end(first)
		applies, _, _ := w.tap().taken()
		Expect(applies).To(BeZero())
		Expect(w.row("Ann.Martin")).To(Equal(before))
		Expect(w.active()).To(Equal([]string{"Ann.Martin"}))
	})

	It("whose Secret is not collected yet lets its successor wait, and not overwrite it", Label("A-08"), func() {
		w := newWorld()
		ann, first := staffed(w, deletionPolicy(v1alpha1.DeletionDelete))
		secret := &corev1.Secret{}
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "ann-credentials"}, secret)).To(Succeed())
		w.change(secret, func() { secret.Finalizers = []string{"example.com/slow"} })
		w.end(first)

		second := ann()
		w.settle(second)
		Expect(second).To(waitFor(v1alpha1.ReasonSecretConflict))
		Expect(w.accepts("Ann.Martin", w.password(second))).To(BeFalse())

		Expect(admin.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		secret.Finalizers = nil
		Expect(admin.Update(ctx, secret)).To(Succeed())
		w.collected(first)
		w.reconcile(second)
		Expect(second).To(beReady())
		Expect(w.logsIn(second)).To(BeTrue())
	})
})

var _ = Describe("A finalizer", func() {
	It("stands on every object from its first reconcile, and goes when the store has let go", func() {
		w := newWorld()
		office := testkit.Office("shop", w.namespace)
		set := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		ann := testkit.User("ann", w.namespace, deletionPolicy(v1alpha1.DeletionDelete))
		objects := []client.Object{office, set, binding, ann}
		w.settle(objects...)
		for _, o := range objects {
			Expect(o.GetFinalizers()).To(ConsistOf(v1alpha1.Finalizer))
		}
		for _, c := range []struct {
			object client.Object
			table  string
		}{{ann, "users"}, {binding, "role_bindings"}, {set, "permission_sets"}} {
			w.remove(c.object)
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(c.object), c.object)).To(Succeed())
			Expect(w.query("shop", "SELECT * FROM "+c.table)).To(HaveLen(1))
			w.reconcile(c.object)
			Expect(w.query("shop", "SELECT * FROM "+c.table)).To(BeEmpty())
			w.gone(c.object)
		}
		w.end(office)
	})

	It("does not keep an object whose back office has never been", func() {
		w := newWorld()
		for _, o := range []client.Object{
			testkit.Set("viewer", w.namespace), testkit.User("ann", w.namespace),
			testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")),
		} {
			w.settle(o)
			Expect(o.GetFinalizers()).To(ConsistOf(v1alpha1.Finalizer))
			w.end(o)
		}
	})

	It("keeps a back office until nothing refers to it any more", func() {
		w := newWorld()
		office, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(office, ann)
		w.remove(office)
		w.reconcile(office)
		Expect(office).To(waitFor(v1alpha1.ReasonInUse))
		Expect(message(office)).To(HavePrefix("1 users, bindings and sets"))

		By("granting nothing new")
		bob := testkit.User("bob", w.namespace)
		w.settle(bob)
		Expect(bob).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
		Expect(w.row("bob")).To(BeNil())
		w.end(bob)

		By("still cutting accounts off")
		w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
		Expect(w.active()).To(Equal([]string{"ann"}))
		w.hold(ann)
		w.reconcile(ann)
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.active()).To(BeEmpty())

		w.end(ann)
		Expect(w.row("ann")).To(HaveKeyWithValue("state", "Deactivated"))
		w.reconcile(office)
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(office), office)).To(Satisfy(apierrors.IsNotFound))
	})
})
