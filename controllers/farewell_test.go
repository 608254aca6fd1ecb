// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// letGo annotates an object that is being deleted.
func (w *world) letGo(o client.Object) {
	GinkgoHelper()
	w.change(o, func() { testkit.Annotations(v1alpha1.AnnotationOrphan, "spec")(o) })
}

var _ = Describe("A deletion while the store does not answer", func() {
	var (
		w              *world
		shop           *v1alpha1.BackOffice
		viewer         *v1alpha1.PermissionSet
		support        *v1alpha1.RoleBinding
		ann            *v1alpha1.BackOfficeUser
		members        []flow.Object
		waitsForOrphan = And(waitFor(v1alpha1.ReasonStoreUnavailable),
			WithTransform(message, ContainSubstring("annotate it with "+v1alpha1.AnnotationOrphan+"=<reason>")))
	)

	BeforeEach(func() {
		w = newWorld()
		shop, viewer, ann = testkit.Office("shop", w.namespace), testkit.Set("viewer", w.namespace), testkit.User("ann", w.namespace)
		support = testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		members = []flow.Object{viewer, support, ann}
		w.settle(shop, viewer, support, ann)
		w.tap().cut(store.ErrUnavailable)
		for _, o := range members {
			w.remove(o)
		}
	})

	It("waits, says what lets it go, and goes on by itself", func() {
		w.spent()
		for _, o := range append(members, members...) {
			w.reconcile(o)
			Expect(o).To(waitsForOrphan)
			Expect(o.GetFinalizers()).To(ConsistOf(v1alpha1.Finalizer))
		}
		Expect(w.spent().calls).To(Equal([]string{"Apply"}), "the one that found out")

		w.remove(shop)
		w.reconcile(shop)
		Expect(shop).To(waitsForOrphan)
		w.tap().cut(nil)
		woken := w.woken
		w.reconcile(shop)
		Expect(w.woken).To(Equal(woken + 1))
		Expect(shop).To(waitFor(v1alpha1.ReasonInUse))
		for _, o := range members {
			w.reconcile(o)
			Expect(gone(o)).To(BeTrue())
		}
		Expect(w.row("ann")["state"]).To(Equal("Deactivated"))
		for _, o := range members {
			w.gone(o)
		}
		w.reconcile(shop)
		Expect(gone(shop)).To(BeTrue())
		Expect(w.query("shop", "SELECT used_by FROM owners")).To(Equal([][]string{{""}}), "and gives up its owner")
	})

	It("ends at once where people let the objects go, and leaves the store as it is", func() {
		w.spent()
		for _, o := range members {
			w.letGo(o)
			w.reconcile(o)
			Expect(gone(o)).To(BeTrue())
		}
		for _, o := range members {
			w.gone(o)
		}
		w.remove(shop)
		w.reconcile(shop)
		Expect(shop).To(waitsForOrphan)
		w.letGo(shop)
		w.spent()
		w.reconcile(shop)
		Expect(gone(shop)).To(BeTrue())
		Expect(w.spent().calls).To(Equal([]string{"Close"}))
		Expect(w.row("ann")["state"]).To(Equal("Active"))
	})

	It("keeps a BackOffice that people let go as long as something refers to it, and needs the store", func() {
		w.remove(shop)
		w.letGo(shop)
		w.reconcile(shop)
		Expect(shop).To(waitsForOrphan)
		w.restart()
		w.tap().cut(nil)
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonInUse))
		for _, o := range members {
			w.reconcile(o)
			w.gone(o)
		}
		w.reconcile(shop)
		Expect(gone(shop)).To(BeTrue())
		Expect(w.row("ann")["state"]).To(Equal("Deactivated"))
	})

	It("waits also after a restart", func() {
		w.restart()
		w.reconcile(shop)
		for _, o := range members {
			w.reconcile(o)
			Expect(o).To(waitFor(v1alpha1.ReasonBackOfficeNotReady))
			Expect(message(o)).To(ContainSubstring(v1alpha1.AnnotationOrphan))
		}
		w.tap().cut(nil)
		w.reconcile(shop)
		for _, o := range members {
			w.reconcile(o)
			Expect(gone(o)).To(BeTrue())
		}
		Expect(w.row("ann")["state"]).To(Equal("Deactivated"))
	})
})

var _ = Describe("A deletion that is interrupted", func() {
	It("is repeated when the store's answer was lost", func() {
		w := newWorld()
		ann, support := testkit.User("ann", w.namespace), testkit.Binding("support", w.namespace, testkit.ToSet("none"), testkit.ForUsers("ann"))
		viewer := testkit.Set("viewer", w.namespace)
		members := []flow.Object{ann, support, viewer}
		w.settle(testkit.Office("shop", w.namespace), ann, support, viewer)
		w.tap().loseAnswers(errCrash)
		for _, o := range members {
			w.remove(o)
			_, err := w.try(o)
			Expect(err).To(MatchError(errCrash))
			Expect(o.GetFinalizers()).To(ConsistOf(v1alpha1.Finalizer))
		}
		w.tap().loseAnswers(nil)
		for _, o := range members {
			w.reconcile(o)
			Expect(gone(o)).To(BeTrue())
		}
		Expect(w.row("ann")["state"]).To(Equal("Deactivated"))
		Expect(w.query("shop", "SELECT uid FROM role_bindings UNION SELECT uid FROM permission_sets")).To(BeEmpty())
	})

	It("by an error of the API server keeps the Secret of an orphan", func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.DeletionPolicy = v1alpha1.DeletionOrphan }))
		w.settle(testkit.Office("shop", w.namespace), ann)
		w.remove(ann)
		live := w.users.Live
		w.users.Live = faulty{Client: live, get: always(apierrors.NewInternalError(errors.New("etcd is away")))}
		_, err := w.try(ann)
		Expect(err).To(HaveOccurred())
		Expect(gone(ann)).To(BeFalse())

		w.users.Live = live
		w.reconcile(ann)
		Expect(gone(ann)).To(BeTrue())
		Expect(w.secret(ann).OwnerReferences).To(BeEmpty())
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})
