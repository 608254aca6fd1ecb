// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// passwordModel is the passwords of a back office, in the plainest words of the contract. Its clock stands still, and all that it is asked for is far
// enough from that.
type passwordModel struct {
	now, reset time.Time
}

// passwordAccount is an account with all that belongs to its password. Previous is kept here also where it is over.
type passwordAccount struct {
	store.Credential
	login, uid, email, state string
	// until is the end of the previous password; zero: none.
	until time.Time
	// token may be redeemed; empty: none. mail says that it is to be sent.
	token string
	mail  bool
}

func latest(moments ...time.Time) time.Time { return slices.MaxFunc(moments, time.Time.Compare) }

// current is the password in force; empty: none.
func (m *passwordModel) current(a *passwordAccount) string {
	if a.IssuedAt.Before(m.reset) {
		return ""
	}
	return a.Verifier
}

// previous is the password in force beside it; empty: none.
func (m *passwordModel) previous(a *passwordAccount) string {
	if a.PreviousIssuedAt.Before(m.reset) || !a.until.IsZero() && !a.until.After(m.now) {
		return ""
	}
	return a.Previous
}

// invited tells whether the token works, for an account that may log in.
func (m *passwordModel) invited(a *passwordAccount) bool {
	return a.token != "" && a.InvitationExpiresAt.After(m.now) && !a.IssuedAt.Before(m.reset) && a.state == store.StateActive
}

// observed is what the store has to tell.
func (m *passwordModel) observed(a *passwordAccount) store.Credential {
	c := a.Credential
	if m.previous(a) == "" {
		c.Previous, c.PreviousIssuedAt = "", time.Time{}
	}
	return c
}

// issueTime is when something is issued for a moment.
func (m *passwordModel) issueTime(a *passwordAccount, at, resets time.Time) time.Time {
	if at.IsZero() || at.After(m.now) {
		at = m.now
	}
	return latest(at, m.reset, resets, a.IssuedAt)
}

// due is the verdict about a version and a reset.
func (m *passwordModel) due(a *passwordAccount, version int64, resets time.Time) error {
	switch {
	case version != a.Version+1:
		return store.ErrStale
	case resets.IsZero():
		return nil
	case resets.After(m.now.Add(store.MaxAhead)):
		return store.ErrAhead
	case a.Version > 0 && a.IssuedAt.Before(resets), m.previous(a) != "" && a.PreviousIssuedAt.Before(resets):
		return nil
	default:
		return store.ErrNotDue
	}
}

// apply carries a change out, and returns its verdict. The account is that of the change; nil for a reset of all.
func (m *passwordModel) apply(a *passwordAccount, change store.Change) error {
	switch c := change.(type) {
	case store.IssueCredential:
		return m.issue(a, c)
	case store.FinishCredential:
		return m.finish(a, c)
	case store.InviteUser:
		return m.invite(a, c)
	case store.RevokeCredential:
		return m.revoke(a, c)
	case store.ResetCredentials:
		if c.IssuedBefore.After(m.now.Add(store.MaxAhead)) {
			return store.ErrAhead
		}
		m.reset = latest(m.reset, c.IssuedBefore)
	case store.Put:
		m.put(a, c)
	case store.RemoveUser:
		m.remove(a, c)
	case store.Remove, store.Release:
	}
	return nil
}

func (m *passwordModel) issue(a *passwordAccount, c store.IssueCredential) error {
	if c.Version == a.Version && c.Verifier == a.Verifier {
		return nil
	}
	if verdict := m.due(a, c.Version, c.Resets); verdict != nil {
		return verdict
	}
	if a.Verifier != "" && a.IssuedAt.After(m.now.Add(-c.MinAge)) && c.MinAge > 0 {
		return store.ErrNotDue
	}
	next := store.Credential{Version: c.Version, Source: c.Source, Verifier: c.Verifier, IssuedAt: m.issueTime(a, c.IssuedAt, c.Resets)}
	switch c.Keep {
	case store.KeepCurrent:
		if next.Previous = m.current(a); next.Previous != "" {
			next.PreviousIssuedAt = a.IssuedAt
		}
	case store.KeepPrevious:
		if next.Previous = m.previous(a); next.Previous != "" {
			next.PreviousIssuedAt = a.PreviousIssuedAt
		}
	case store.KeepNone:
	}
	if next.PreviousIssuedAt.Before(c.Resets) {
		next.Previous, next.PreviousIssuedAt = "", time.Time{}
	}
	a.Credential, a.until = next, time.Time{}
	a.token, a.mail = "", false
	return nil
}

func (m *passwordModel) finish(a *passwordAccount, c store.FinishCredential) error {
	if c.Version != a.Version || a.Verifier == "" {
		return store.ErrStale
	}
	a.SecretUID, a.SecretResourceVersion, a.Concealed = c.SecretUID, c.SecretResourceVersion, a.Concealed || c.Concealed
	if a.until.IsZero() {
		a.until = m.now.Add(c.Grace)
	}
	return nil
}

func (m *passwordModel) invite(a *passwordAccount, c store.InviteUser) error {
	if c.Version == a.Version && c.Token == a.token {
		return nil
	}
	if verdict := m.due(a, c.Version, c.Resets); verdict != nil {
		return verdict
	}
	at := m.issueTime(a, c.IssuedAt, c.Resets)
	if !c.Resets.IsZero() {
		a.Credential, a.until = store.Credential{Revoked: a.Revoked}, time.Time{}
	}
	if a.Verifier == "" {
		a.IssuedAt = at
	}
	a.Version, a.InvitationExpiresAt = c.Version, at.Add(c.ValidFor)
	a.token, a.mail = c.Token, true
	return nil
}

func (m *passwordModel) revoke(a *passwordAccount, c store.RevokeCredential) error {
	if c.Version == a.Version && a.Verifier == "" {
		return nil
	}
	if verdict := m.due(a, c.Version, c.Resets); verdict != nil {
		return verdict
	}
	next := store.Credential{
		Version: c.Version, IssuedAt: latest(a.IssuedAt, c.Resets), SecretUID: a.SecretUID, SecretResourceVersion: a.SecretResourceVersion,
		Revoked: a.Verifier,
	}
	if next.Revoked == "" {
		next.Revoked = a.Revoked
	}
	a.Credential, a.until = next, time.Time{}
	a.token, a.mail = "", false
	return nil
}

// put is what becomes of a password when the account's record is written: by its object, by one made anew, or by one that adopts it.
func (m *passwordModel) put(a *passwordAccount, c store.Put) {
	u := c.Record.(store.User)
	if c.Adopts != store.AdoptNone {
		a.SecretUID, a.SecretResourceVersion, a.Concealed, a.Source = "", "", false, store.SourceNone
		if a.Verifier != "" {
			a.Source = store.SourceAdopted
		}
	}
	if u.Email != a.email && a.token != "" {
		a.token, a.mail = "", false
		if a.InvitationExpiresAt.After(m.now) {
			a.InvitationExpiresAt = m.now
		}
	}
	a.uid, a.email, a.state = u.UID, u.Email, u.State
}

// remove is what becomes of a password whose object is gone. What was reset does not outlive it.
func (m *passwordModel) remove(a *passwordAccount, c store.RemoveUser) {
	if c.Disposal != store.Orphan {
		*a = passwordAccount{login: a.login, email: a.email}
		return
	}
	if m.previous(a) == "" {
		a.Previous, a.PreviousIssuedAt = "", time.Time{}
	}
	if a.IssuedAt.Before(m.reset) {
		a.Verifier, a.Source = "", store.SourceNone
		a.token, a.mail, a.InvitationExpiresAt = "", false, time.Time{}
	}
}

// redeem tells whether a token made a verifier the password of an account.
func (m *passwordModel) redeem(a *passwordAccount, token, verifier string) bool {
	if !m.invited(a) || a.token != token {
		return false
	}
	a.Credential = store.Credential{Version: a.Version + 1, Source: store.SourceChosen, Verifier: verifier, IssuedAt: latest(m.now, m.reset, a.IssuedAt)}
	a.until, a.token, a.mail = time.Time{}, "", false
	return true
}
