// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// driftInterval is how often the whole store is compared with what it is known to hold.
const driftInterval = 10 * time.Minute

// refresh reads the whole store in bulk now and then. What was changed behind the operator's back is no longer known, so that the
// reconcile of its object, which is woken, writes it again.
func (r *BackOfficeReconciler) refresh(ctx context.Context, s *officeScope) error {
	now := r.Clock.Now()
	if now.Sub(s.conn.refreshed) < driftInterval {
		return nil
	}
	drifted, lost, err := compare(ctx, s.conn)
	if err != nil {
		return outcome(err)
	}
	s.conn.refreshed = now
	if len(drifted) > 0 {
		r.Wake(s.office, drifted...)
	}
	if lost > 0 {
		r.Wake(s.office) // rows that are gone do not tell their object's name
	}
	if len(drifted)+lost > 0 {
		log.FromContext(ctx).Info("Found drift in the store", "changedRecords", len(drifted), "missingRecords", lost)
	}
	return nil
}

// compare updates what is known from what is stored, and returns the records that differed and the number of those that are gone. Changes
// that are written meanwhile may look like drift; their objects are then reconciled once for nothing.
func compare(ctx context.Context, conn *connection) (drifted []store.Record, lost int, err error) {
	before := conn.known.Keys()
	seen := make(map[store.Key]bool, len(before))
	for o, err := range conn.store.Observe(ctx) {
		if err != nil {
			return nil, 0, err
		}
		seen[o.Record.Key()] = true
		if !conn.known.Matches(o) {
			drifted = append(drifted, o.Record)
			conn.known.Observed(o)
		}
	}
	for _, key := range before {
		if !seen[key] {
			conn.known.Forget(key)
			lost++
		}
	}
	return drifted, lost, nil
}
