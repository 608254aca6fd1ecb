// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// credential is a row of credentials at a moment; version 0 is none. Times are whole seconds, but for now.
type credential struct {
	// Credential has the previous verifier whether it is valid or not.
	store.Credential
	userID string
	// previousUntil is when the previous verifier ends; zero: never.
	previousUntil time.Time
	// tokenHash is of the invitation that waits; empty: none.
	tokenHash string
	// now is the moment, by the database's clock, and reset the owner's: what was issued before has ended.
	now, reset time.Time
}

// mayBecome is the verdict about a change that makes a version, and resets what was issued before a moment, if that is not zero.
func (c credential) mayBecome(version int64, resets time.Time) error {
	switch {
	case c.Version != version-1:
		return store.ErrStale
	case resets.IsZero():
		return nil
	case resets.After(c.now.Add(store.MaxAhead)):
		return store.ErrAhead
	case !c.wasIssuedBefore(resets):
		return store.ErrNotDue
	default:
		return nil
	}
}

// wasIssuedBefore tells whether the current credential was, with or without a password, or the previous one that is valid.
func (c credential) wasIssuedBefore(moment time.Time) bool {
	return c.Version > 0 && c.IssuedAt.Before(moment) || c.previousIsValid() && c.PreviousIssuedAt.Before(moment)
}

func (c credential) previousIsValid() bool {
	return c.Previous != "" && !c.PreviousIssuedAt.Before(c.reset) && (c.previousUntil.IsZero() || c.now.Before(c.previousUntil))
}

// issuedAt is the moment at which something was issued that says asked of itself. It is never ahead of the clock, but for a reset that is, and
// never goes back, so that no reset finds it twice: a row that lies further ahead than a reset may is no reason.
func (c credential) issuedAt(asked, resets time.Time) time.Time {
	at := whole(c.now)
	stored := earlier(c.IssuedAt, at.Add(store.MaxAhead))
	if !asked.IsZero() {
		at = earlier(at, whole(asked))
	}
	return later(later(at, stored), later(wholeUp(resets), c.reset))
}

// issued is the credential after a change that got no verdict. Of what it keeps nothing may have ended.
func (c credential) issued(i store.IssueCredential) credential {
	next := credential{userID: c.userID}
	next.Version, next.Source, next.Verifier, next.IssuedAt = i.Version, i.Source, i.Verifier, c.issuedAt(i.IssuedAt, i.Resets)
	ended := later(c.reset, i.Resets)
	switch {
	case i.Keep == store.KeepCurrent && !c.IssuedAt.Before(ended) && c.Verifier != "":
		next.Previous, next.PreviousIssuedAt = c.Verifier, c.IssuedAt
	case i.Keep == store.KeepPrevious && !c.PreviousIssuedAt.Before(ended) && c.previousIsValid():
		next.Previous, next.PreviousIssuedAt = c.Previous, c.PreviousIssuedAt
	}
	return next
}

func (c credential) finished(f store.FinishCredential) credential {
	c.SecretUID, c.SecretResourceVersion, c.Concealed = f.SecretUID, f.SecretResourceVersion, c.Concealed || f.Concealed
	if c.Previous != "" && c.previousUntil.IsZero() {
		c.previousUntil = whole(c.now)
		if f.Grace > 0 {
			c.previousUntil = wholeUp(c.now.Add(f.Grace))
		}
	}
	return c
}

func (c credential) invited(i store.InviteUser) credential {
	issuedAt := c.issuedAt(i.IssuedAt, i.Resets)
	if !i.Resets.IsZero() {
		c.Credential = store.Credential{Revoked: c.Revoked}
		c.previousUntil = time.Time{}
	}
	if c.Verifier == "" {
		c.IssuedAt = issuedAt
	}
	c.Version, c.tokenHash, c.InvitationExpiresAt = i.Version, i.TokenHash, issuedAt.Add(i.ValidFor)
	return c
}

func (c credential) revoked(r store.RevokeCredential) credential {
	next := credential{userID: c.userID}
	next.Version, next.SecretUID, next.SecretResourceVersion = r.Version, c.SecretUID, c.SecretResourceVersion
	next.IssuedAt = later(c.IssuedAt, wholeUp(r.Resets))
	if next.Revoked = c.Verifier; next.Revoked == "" {
		next.Revoked = c.Revoked
	}
	return next
}

// whole is the second in which a moment lies, and wholeUp the first one that is not before it.
func whole(t time.Time) time.Time { return t.Truncate(time.Second) }

func wholeUp(t time.Time) time.Time {
	if w := whole(t); w.Before(t) {
		return w.Add(time.Second)
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
