// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// beReady and waitFor match objects by their Ready condition.
func beReady() OmegaMatcher {
	return testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func waitFor(reason string) OmegaMatcher {
	return And(
		testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason),
		testkit.HaveCondition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason),
		Not(testkit.HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason)))
}

func stallFor(reason string) OmegaMatcher {
	return And(
		testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason),
		testkit.HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason),
		Not(testkit.HaveCondition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason)))
}

// message is that of the Ready condition.
func message(o flow.Object) string {
	for _, c := range *o.GetConditions() {
		if c.Type == v1alpha1.ConditionReady {
			return c.Message
		}
	}
	return ""
}

func gone(o client.Object) bool {
	return apierrors.IsNotFound(admin.Get(ctx, client.ObjectKeyFromObject(o), o))
}

// hold blocks a user by annotation.
func (w *world) hold(u *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	w.change(u, func() { testkit.Annotations(v1alpha1.AnnotationHold, "spec")(u) })
}

var _ = Describe("While the store does not answer", func() {
	It("what waits says so, what is in sync stays Ready, and all catches up", func() {
		w := newWorld()
		shop, viewer := testkit.Office("shop", w.namespace), testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
		ann, bob := testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.settle(shop, viewer, ann, bob, support)
		w.reconcile(ann)
		w.reconcile(bob)
		w.seeSecrets()
		w.spent()

		w.tap().cut(store.ErrUnavailable)
		w.hold(bob)
		w.reconcile(bob)
		Expect(bob).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		Expect(bob).To(testkit.HaveCondition(v1alpha1.ConditionSynced, metav1.ConditionFalse, v1alpha1.ReasonStoreUnavailable))
		Expect(w.probed).To(Equal(1), "the BackOffice is called")
		Expect(w.spent().calls).To(Equal([]string{"Apply"}), "the one that found out")

		var pauses []time.Duration
		for _, o := range []client.Object{shop, viewer, ann, bob, support} {
			pauses = append(pauses, w.reconcile(o).RequeueAfter)
		}
		Expect(pauses).To(Equal([]time.Duration{time.Second, 0, 0, 0, 0}), "the store is for its BackOffice to probe")
		got := w.spent()
		Expect(got.calls).To(Equal([]string{"Ping"}), "nobody else knocks")
		Expect(got.writes).To(ConsistOf(HaveSuffix("/backoffices/shop/status")))
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		Expect([]flow.Object{viewer, ann, support}).To(HaveEach(beReady()))

		cid, edited := testkit.User("cid", w.namespace), testkit.Binding("more", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.settle(cid, edited)
		w.change(viewer, func() { testkit.Permissions("stock")(viewer) })
		w.reconcile(viewer)
		Expect([]flow.Object{cid, edited, viewer}).To(HaveEach(waitFor(v1alpha1.ReasonStoreUnavailable)))
		Expect(w.spent().calls).To(BeEmpty())
		Expect(w.probed).To(Equal(1))

		w.tap().cut(nil)
		w.reconcile(bob)
		Expect(w.spent().calls).To(BeEmpty(), "the BackOffice has to find out first")
		woken := w.woken
		w.reconcile(shop)
		Expect(shop).To(beReady())
		Expect(w.woken).To(Equal(woken+1), "and wakes its objects")
		for _, o := range []flow.Object{viewer, support, edited, ann, bob, cid} {
			w.reconcile(o)
			Expect(o).To(beReady())
		}
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read", "stock": "Read"}))
		Expect(w.logsIn(bob)).To(BeFalse())
		Expect(w.logsIn(cid)).To(BeTrue())
	})

	It("its BackOffice alone probes it, after pauses that double from 1 s to 30 s", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		pauses := func() (all []time.Duration) {
			for range 7 {
				all = append(all, w.reconcile(shop).RequeueAfter)
			}
			return all
		}
		w.tap().cut(store.ErrUnavailable)
		w.spent()
		want := []time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
		Expect(pauses()).To(Equal(want))
		got := w.spent()
		Expect(got.calls).To(And(HaveLen(7), HaveEach("Ping")))
		Expect(got.writes).To(HaveLen(1), "the status that tells of it")
		Expect(w.probed).To(BeZero(), "it need not call itself")

		w.tap().cut(nil)
		Expect(w.reconcile(shop).RequeueAfter).To(Equal(30 * time.Second))
		w.tap().cut(store.ErrUnavailable)
		Expect(pauses()).To(Equal(want), "the next outage begins anew")
	})

	It("a restart leaves everything as it is until the store is there", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		password := w.password(ann)
		w.tap().cut(store.ErrUnavailable)
		w.restart()
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		w.spent()
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.spent()).To(Equal(cost{}))

		w.tap().cut(nil)
		w.tap().blindfold(store.ErrUnavailable) // what cannot be read is not absent
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		w.tap().blindfold(nil)
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(shop).To(beReady())
		Expect(w.keeps(ann, password)).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("a read in the middle of drift detection makes nothing forgotten", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		w.seeSecrets()
		w.clock.SetTime(w.clock.Now().Add(time.Hour))
		for _, err := range []error{store.ErrUnavailable, errors.New("the connection broke")} {
			w.tap().blindfold(err)
			_, _ = w.try(shop)
			Expect(shop).NotTo(beReady())
			w.tap().blindfold(nil)
			w.spent()
			w.reconcile(ann)
			Expect(w.spent()).To(Equal(cost{}))
		}
		w.reconcile(shop)
		Expect(shop).To(beReady())
	})

	It("a password whose Secret was touched is not replaced", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		w.seeSecrets()
		password := w.password(ann)
		secret := w.secret(ann)
		w.change(secret, func() { secret.Labels["seen-by"] = "spec" })
		w.spent()
		for _, err := range []error{store.ErrUnavailable, errors.New("the connection broke")} {
			w.tap().blindfold(err)
			_, _ = w.try(ann)
			Expect(ann).NotTo(beReady())
			got := w.spent()
			Expect(got.applies).To(BeZero())
			Expect(delivered(got.writes)).To(BeZero())
			w.tap().blindfold(nil)
			w.reconcile(shop)
		}
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.keeps(ann, password)).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("a Secret that the cache does not show yet needs no store", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		w.users.Client = faulty{Client: w.users.Client, get: func(o client.Object) error {
			if _, secret := o.(*metav1.PartialObjectMetadata); secret {
				return apierrors.NewNotFound(corev1.Resource("secrets"), o.GetName())
			}
			return nil
		}}
		w.spent()
		for _, err := range []error{nil, store.ErrUnavailable} {
			w.tap().cut(err)
			w.reconcile(shop)
			w.spent()
			w.reconcile(ann)
			Expect(ann).To(beReady())
			got := w.spent()
			Expect(got.calls).To(BeEmpty())
			Expect(got.writes).To(BeEmpty())
			Expect(got.reads).To(ConsistOf(HaveSuffix("/secrets/ann-credentials")))
		}
	})

	It("a Secret that the API server cannot read is not taken for a lost one", func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace), ann)
		w.seeSecrets()
		password, secret := w.password(ann), w.secret(ann)
		w.change(secret, func() { secret.Labels["seen-by"] = "spec" })
		live := w.users.Live
		w.users.Live = faulty{Client: live, get: always(apierrors.NewInternalError(errors.New("etcd is away")))}
		w.spent()
		_, err := w.try(ann)
		Expect(err).To(HaveOccurred())
		Expect(w.spent().calls).To(BeEmpty())
		w.users.Live = live
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.keeps(ann, password)).To(BeTrue())
	})
})
