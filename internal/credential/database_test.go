// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// row is the credential of the account, as the store has it.
type row struct {
	version                    int64
	verifier                   string
	source                     v1alpha1.CredentialSource
	issuedAt, previousIssuedAt time.Time
	previous                   string
	previousUntil              time.Time // zero: without end
	recorded                   credential.Revision
	concealed                  bool
	revoked                    string
}

// verdict is what came of a write.
type verdict int

const (
	done   verdict = iota
	stale          // ErrStale, ErrNotDue; of the API server: a conflict
	fenced         // ErrFenced
	failed         // outcome unknown
)

// valid tells whether the application lets somebody with this password in.
func (w *world) valid(password string) bool {
	return password != "" && (password == w.row.verifier || password == w.previous())
}

// previous is the verifier that is valid beside the current one.
func (w *world) previous() string {
	if u := w.row.previousUntil; !u.IsZero() && !w.now.Before(u) {
		return ""
	}
	return w.row.previous
}

// observe is what the store tells: of a password that is over it says nothing.
func (w *world) observe() row {
	r := w.row
	if w.previous() == "" {
		r.previous, r.previousIssuedAt = "", time.Time{}
	}
	return r
}

// transaction is one, of the manager with this fence.
func (w *world) transaction(m *manager, write func() verdict) verdict {
	if m.fence != w.fence && !w.mutation.unfenced {
		return fenced
	}
	if w.unsure && w.one(6) {
		return failed
	}
	if v := write(); v != done {
		return v
	}
	if w.unsure && w.one(6) {
		return failed // it happened, and nobody knows
	}
	return done
}

// issueCredential is store.IssueCredential.
func (w *world) issueCredential(plan credential.Plan, verifier string, issuedAt time.Time) verdict {
	r := w.row
	switch {
	case r.version == plan.Version && r.verifier == verifier:
		return done
	case r.version != plan.Version-1 && !w.mutation.careless:
		return stale
	case !plan.Resets.IsZero() && !w.resets(plan.Resets):
		return stale
	case plan.MinAge > 0 && r.verifier != "" && r.issuedAt.After(w.now.Add(-plan.MinAge)):
		return stale
	}
	next := row{version: plan.Version, verifier: verifier, source: v1alpha1.CredentialGenerated}
	switch plan.Keep {
	case credential.KeepCurrent:
		next.previous, next.previousIssuedAt = r.verifier, r.issuedAt
	case credential.KeepPrevious:
		next.previous, next.previousIssuedAt = w.previous(), r.previousIssuedAt
	case credential.KeepNone:
	}
	next.issuedAt = latest(earliest(issuedAt, w.now), plan.Resets, earliest(r.issuedAt, w.now.Add(credential.MaxAhead)))
	w.row = next
	return done
}

// resets tells whether a reset is due by the database's clock.
func (w *world) resets(at time.Time) bool {
	return !at.After(w.now.Add(credential.MaxAhead)) && w.row.version > 0 &&
		(w.row.issuedAt.Before(at) || w.previous() != "" && w.row.previousIssuedAt.Before(at))
}

// finishCredential is store.FinishCredential.
func (w *world) finishCredential(version int64, r credential.Revision, concealed bool) verdict {
	if w.row.version != version || w.row.verifier == "" {
		return stale
	}
	w.row.recorded, w.row.concealed = r, w.row.concealed || concealed
	if w.row.previous != "" && w.row.previousUntil.IsZero() {
		w.row.previousUntil = w.now.Add(w.policy.Grace)
	}
	return done
}

// revokeCredential is store.RevokeCredential.
func (w *world) revokeCredential(plan credential.Plan) verdict {
	r := w.row
	if r.version != plan.Version-1 || !plan.Resets.IsZero() && !w.resets(plan.Resets) {
		return stale
	}
	w.row = row{version: plan.Version, issuedAt: latest(r.issuedAt, plan.Resets), recorded: r.recorded, revoked: r.verifier}
	return done
}

func latest(moments ...time.Time) time.Time {
	var last time.Time
	for _, m := range moments {
		if m.After(last) {
			last = m
		}
	}
	return last
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
