// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The window of a binding", func() {
	It("shows in the status of its users, who come back at its ends", func() {
		w := newWorld()
		now := time.Now().Truncate(time.Second)
		begin, end, last := now.Add(time.Hour), now.Add(2*time.Hour), now.Add(3*time.Hour)
		w.clock.SetTime(now)
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace),
			testkit.Set("viewer", w.namespace), testkit.Set("picker", w.namespace), testkit.Set("packer", w.namespace),
			testkit.Binding("always", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")),
			testkit.Binding("later", w.namespace, testkit.ToSet("picker"), testkit.ForUsers("ann"), testkit.From(begin), testkit.Until(end)),
			testkit.Binding("sooner", w.namespace, testkit.ToSet("packer"), testkit.ForUsers("ann"), testkit.Until(last)))
		w.apply(ann)

		viewer, picker, packer := w.namespace+"/viewer", w.namespace+"/picker", w.namespace+"/packer"
		at := func(t time.Time, next time.Time, sets ...string) {
			GinkgoHelper()
			w.clock.SetTime(t)
			result := w.reconcile(ann)
			Expect(ann).To(beReady())
			Expect(ann.Status.PermissionSets).To(Equal(sets))
			if next.IsZero() {
				Expect(ann.Status.NextChangeTime).To(BeNil())
				Expect(result.RequeueAfter).To(BeZero())
				return
			}
			Expect(ann.Status.NextChangeTime).To(HaveValue(WithTransform(func(t metav1.Time) bool { return t.Time.Equal(next) }, BeTrue())))
			Expect(result.RequeueAfter).To(Equal(next.Sub(t)))
		}
		at(now, begin, packer, viewer)
		at(begin.Add(-time.Nanosecond), begin, packer, viewer)
		at(begin, end, packer, picker, viewer)
		at(end.Add(-time.Nanosecond), end, packer, picker, viewer)
		at(end, last, packer, viewer)
		at(last, time.Time{}, viewer)
	})

	It("is kept by the store's own clock, while no operator runs", func() {
		w := newWorld()
		// Two seconds from now, the first second in which the whole of it lies ahead.
		edge := time.Now().Truncate(time.Second).Add(3 * time.Second)
		w.settle(testkit.Office("shop", w.namespace),
			testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.Set("picker", w.namespace, testkit.Permissions("stock")),
			testkit.Binding("ends", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Until(edge)),
			testkit.Binding("begins", w.namespace, testkit.ToSet("picker"), testkit.ForUsers("ann"), testkit.From(edge)),
			testkit.Binding("past", w.namespace, testkit.ToSet("picker"), testkit.ForUsers("ann"), testkit.Until(edge.Add(-time.Hour))),
			testkit.User("ann", w.namespace))
		Expect(w.connections.Close()).To(Succeed())
		Eventually(func() map[string]string {
			before := time.Now()
			held := w.permissions("ann")
			if after := time.Now(); after.Before(edge) {
				Expect(held).To(Equal(map[string]string{"orders": "Read"}))
			} else if !before.Before(edge) {
				Expect(held).To(Equal(map[string]string{"stock": "Read"}))
			}
			return held
		}, soon).Should(HaveKey("stock"))
	})

	It("that changes takes effect at once", func() {
		w := newWorld()
		now := time.Now()
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Until(now.Add(time.Hour)))
		w.settle(testkit.Office("shop", w.namespace), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.User("ann", w.namespace), binding)
		for _, c := range []struct {
			from, until *metav1.Time
			holders     int
		}{
			{nil, &metav1.Time{Time: now.Add(-time.Hour)}, 0},
			{nil, nil, 1},
			{&metav1.Time{Time: now.Add(time.Hour)}, nil, 0},
			{&metav1.Time{Time: now.Add(-time.Hour)}, &metav1.Time{Time: now.Add(time.Hour)}, 1},
		} {
			w.change(binding, func() { binding.Spec.NotBefore, binding.Spec.ExpiresAt = c.from, c.until })
			w.reconcile(binding)
			Expect(binding).To(beReady())
			Expect(w.holders("orders")).To(HaveLen(c.holders))
		}
		Expect(admin.Create(ctx, testkit.Binding("never", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.From(now), testkit.Until(now)))).
			To(MatchError(ContainSubstring("must be after notBefore")))
	})
})

var _ = Describe("The status of a user", func() {
	It("names at most as many sets as are bounded", func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace))
		for i := range v1alpha1.MaxReportedSets + 2 {
			name := "set-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			w.apply(testkit.Binding(name, w.namespace, testkit.ToSet(name), testkit.ForUsers("ann")))
		}
		w.settle(ann)
		Expect(ann).To(beReady())
		Expect(ann.Status.PermissionSets).To(HaveLen(v1alpha1.MaxReportedSets))
	})
})
