// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Driver measures the stores that a driver opens. Kind is its name in labels.
func Driver(kind string, d store.Driver) store.Driver { return driver{d, kind} }

type driver struct {
	store.Driver
	kind string
}

// Open implements store.Driver.
func (d driver) Open(ctx context.Context, o store.Options) (store.Store, error) {
	namespace, _, _ := strings.Cut(o.UsedBy, "/")
	m := &measured{
		kind: d.kind, batch: storeBatch.WithLabelValues(d.kind),
		errors: storeErrors.MustCurryWith(prometheus.Labels{labelNamespace: namespace, labelOffice: o.BackOffice, "store": d.kind}),
	}
	m.errors.WithLabelValues("Apply", classOf(store.ErrRejected)) // so that the first one is seen
	var err error
	done := m.begin("Open")
	m.Store, err = d.Driver.Open(ctx, o)
	if done(err); err != nil {
		return nil, err
	}
	return m, nil
}

// measured is a store whose operations are timed and whose errors are counted.
type measured struct {
	store.Store
	kind   string
	batch  prometheus.Observer
	errors *prometheus.CounterVec
}

// Apply implements store.Store.
func (m *measured) Apply(ctx context.Context, groups []store.Group) ([]error, error) {
	done := m.begin("Apply")
	verdicts, err := m.Store.Apply(ctx, groups)
	done(err)
	m.batch.Observe(float64(len(groups)))
	return verdicts, err
}

// Observe implements store.Store. What the reader does between two records counts.
func (m *measured) Observe(ctx context.Context, keys ...store.Key) iter.Seq2[store.Observed, error] {
	return func(yield func(store.Observed, error) bool) {
		var failed error
		done := m.begin("Observe")
		defer func() { done(failed) }()
		for o, err := range m.Store.Observe(ctx, keys...) {
			failed = err
			if !yield(o, err) {
				return
			}
		}
	}
}

// Ping implements store.Store.
func (m *measured) Ping(ctx context.Context) (time.Time, error) {
	done := m.begin("Ping")
	now, err := m.Store.Ping(ctx)
	done(err)
	return now, err
}

// SetReaders implements store.Store.
func (m *measured) SetReaders(ctx context.Context, readers store.Readers) (map[string]store.ReaderProblem, error) {
	done := m.begin("SetReaders")
	refused, err := m.Store.SetReaders(ctx, readers)
	done(err)
	return refused, err
}

// begin takes the time of an operation, until what it returns is called with its error.
func (m *measured) begin(operation string) (done func(error)) {
	timer := prometheus.NewTimer(storeOperations.WithLabelValues(m.kind, operation))
	return func(err error) {
		timer.ObserveDuration()
		if err != nil {
			m.errors.WithLabelValues(operation, classOf(err)).Inc()
		}
	}
}

// classOf names what an error of a store means.
func classOf(err error) string {
	for _, class := range []struct {
		err  error
		name string
	}{
		{store.ErrUnavailable, "Unavailable"},
		{store.ErrFenced, "Fenced"},
		{store.ErrLost, "Lost"},
		{store.ErrRejected, "Rejected"},
		{store.ErrConfig, "Misconfigured"},
		{store.ErrInUse, "InUse"},
	} {
		if errors.Is(err, class.err) {
			return class.name
		}
	}
	return "Unknown"
}
