// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// driftInterval is how often the whole store is compared with what it is known to hold.
const driftInterval = 10 * time.Minute

// comparison is what a read of the whole store has shown.
type comparison struct {
	// drifted are the records that somebody else has changed.
	drifted []store.Record
	// chosen are accounts whose password the application has changed, which is its right.
	chosen []store.Record
	// lost are the records that are gone.
	lost map[store.Key]bool
}

// refresh reads the whole store in bulk now and then. What was changed behind the operator's back is no longer known, so that the
// reconcile of its object, which is woken, writes it again.
func (r *BackOfficeReconciler) refresh(ctx context.Context, s *officeScope) error {
	now := r.Clock.Now()
	if now.Sub(s.conn.refreshed) < driftInterval {
		return nil
	}
	found, err := r.compare(ctx, s.conn)
	if err != nil {
		return err
	}
	lost, err := r.missed(ctx, s.office, found.lost)
	if err != nil {
		return err
	}
	s.conn.refreshed, s.conn.heard = now, now
	s.conn.drifts.found(client.ObjectKeyFromObject(s.office), lost, found.drifted)
	if len(found.drifted)+len(found.chosen) > 0 {
		r.Wake(s.office, slices.Concat(found.drifted, found.chosen)...)
	}
	if len(lost) > 0 {
		r.Wake(s.office) // rows that are gone do not tell their object's name
	}
	if len(found.drifted)+len(lost) > 0 {
		log.FromContext(ctx).Info("Found drift in the store", "changedRecords", len(found.drifted), "missingRecords", len(lost))
	}
	return r.resetAll(ctx, s) // a store that was restored from a backup does not know of it
}

// compare updates what is known from what is stored. Changes that are written meanwhile may look like drift; their objects are then reconciled
// once for nothing.
func (r *BackOfficeReconciler) compare(ctx context.Context, conn *connection) (found comparison, err error) {
	before := conn.known.Keys()
	seen := make(map[store.Key]bool, len(before))
	rows := census{objects: r.Client, ghosts: conn.ghosts.blocked}
	asked := conn.clock.now()
	for o, err := range conn.store.Observe(ctx) {
		if err != nil {
			return found, outcome(conn.unread(err))
		}
		seen[o.Record.Key()] = true
		rows.take(ctx, o.Record)
		switch {
		case conn.known.Matches(o) && !rewound(conn, o):
			continue
		case choseAnother(conn, o):
			found.chosen = append(found.chosen, o.Record)
		default:
			found.drifted = append(found.drifted, o.Record)
		}
		conn.learn(o)
	}
	conn.invitations.over(asked)
	conn.ghosts = ghosts{suspects: rows.suspects, blocked: rows.stay}
	found.lost = map[store.Key]bool{}
	for _, key := range before {
		if !seen[key] {
			conn.known.Forget(key)
			found.lost[key] = true
		}
	}
	return found, nil
}

// rewound tells whether the store does not know any more, or not yet, which passwords a reset of all has ended.
func rewound(conn *connection, o store.Observed) bool {
	_, office := o.Record.(store.Office)
	return office && !o.CredentialsReset.Equal(conn.known.Reset())
}

// choseAnother tells whether nothing but the password of an account differs from what is known, and the user has chosen it, or the application for
// the user: what was not the application's before, and nobody was invited to choose, is none of its own.
func choseAnother(conn *connection, o store.Observed) bool {
	u, ok := o.Record.(store.User)
	if !ok || o.Credential.Source != store.SourceChosen {
		return false
	}
	is := conn.known.Credential(u.UID)
	if is.Source != store.SourceChosen && is.InvitationExpiresAt.IsZero() {
		return false
	}
	return conn.known.MatchesRecord(u)
}

// missed returns the lost records whose object is there. Others are no loss: their object is gone, or was made anew and has taken over the row.
func (r *BackOfficeReconciler) missed(ctx context.Context, office *v1alpha1.BackOffice, lost map[store.Key]bool) (missed []store.Key, err error) {
	if len(lost) == 0 {
		return nil, nil
	}
	if key := (store.Key{Kind: store.KindOffice, UID: string(office.UID)}); lost[key] {
		missed = append(missed, key)
	}
	of := client.MatchingFields{gather.IndexBackOffice: client.ObjectKeyFromObject(office).String()}
	for _, kind := range []store.Kind{store.KindPermissionSet, store.KindRoleBinding, store.KindUser} {
		list := listOf(kind)
		if err := r.Client.List(ctx, list, of, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
			return missed, err
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			if key := (store.Key{Kind: kind, UID: string(o.(client.Object).GetUID())}); lost[key] {
				missed = append(missed, key)
			}
			return nil
		})
		if err != nil {
			return missed, err
		}
	}
	return missed, nil
}
