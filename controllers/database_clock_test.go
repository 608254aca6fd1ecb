// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// skewed is a driver of stores whose clock differs from that of the operator's machine.
type skewed struct {
	store.Driver
	by *atomic.Int64
}

// Open implements store.Driver.
func (d skewed) Open(ctx context.Context, o store.Options) (store.Store, error) {
	s, err := d.Driver.Open(ctx, o)
	return skewedStore{s, d.by}, err
}

type skewedStore struct {
	store.Store
	by *atomic.Int64
}

// Ping implements store.Store.
func (s skewedStore) Ping(ctx context.Context) (time.Time, error) {
	now, err := s.Store.Ping(ctx)
	return now.Add(time.Duration(s.by.Load())), err
}

// skew sets the clock of the world's stores; what it returns sets it anew.
func (w *world) skew(by time.Duration) (set func(time.Duration)) {
	difference := &atomic.Int64{}
	difference.Store(int64(by))
	w.sqlite.Driver = skewed{w.sqlite.Driver, difference}
	return func(by time.Duration) { difference.Store(int64(by)) }
}

var _ = Describe("A database with a clock of its own", func() {
	It("tells when passwords are issued and what is due", func() {
		w := newWorld()
		set := w.skew(-2 * time.Hour)
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		ann.Annotations = map[string]string{v1alpha1.AnnotationRotationRequestedAt: moment(time.Hour)}
		w.settle(shop, ann)
		issuedAt := func() time.Time { return ann.Status.Credential.IssuedAt.Time }
		Expect(issuedAt()).To(BeTemporally("~", time.Now().Add(-2*time.Hour), 5*time.Second))
		Expect(w.query("shop", "SELECT version FROM credentials WHERE issued_at < unixepoch() - 7000")).To(HaveLen(1))

		By("the operator's own clock, which jumps")
		w.seeSecrets()
		w.clock.SetTime(time.Now().Add(1000 * time.Hour))
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(w.version(ann)).To(Equal("1"))

		By("a ping, which tells that the time has come")
		set(90 * time.Minute)
		w.reconcile(ann)
		Expect(w.version(ann)).To(Equal("1"), "nobody has heard of it yet")
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(w.version(ann)).To(Equal("2"))
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})
