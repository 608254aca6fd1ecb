// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package known

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Credential is what is known of a password, without its verifiers: see [store.Credential].
type Credential struct {
	Version                          int64
	Source                           store.Source
	HasVerifier                      bool
	IssuedAt                         time.Time
	PreviousIssuedAt                 time.Time
	SecretUID, SecretResourceVersion string
	Concealed                        bool
	InvitationExpiresAt              time.Time
}

func credentialOf(c store.Credential) Credential {
	return Credential{
		Version: c.Version, Source: c.Source, HasVerifier: c.Verifier != "", IssuedAt: c.IssuedAt, PreviousIssuedAt: c.PreviousIssuedAt,
		SecretUID: c.SecretUID, SecretResourceVersion: c.SecretResourceVersion, Concealed: c.Concealed,
		InvitationExpiresAt: c.InvitationExpiresAt,
	}
}

// matches tells whether a stored credential is this one. That the previous password has come to its end is no difference.
func (c Credential) matches(stored store.Credential) bool {
	is := credentialOf(stored)
	is.PreviousIssuedAt = c.PreviousIssuedAt
	return c == is
}

// The credential after a change, as the store makes it.

func (c Credential) issued(i store.IssueCredential, reset time.Time) Credential {
	after := Credential{Version: i.Version, Source: i.Source, HasVerifier: true, IssuedAt: latest(i.IssuedAt, i.Resets, reset, c.IssuedAt)}
	switch i.Keep {
	case store.KeepCurrent:
		after.PreviousIssuedAt = c.IssuedAt
	case store.KeepPrevious:
		after.PreviousIssuedAt = c.PreviousIssuedAt
	case store.KeepNone:
	}
	return after
}

func (c Credential) finished(f store.FinishCredential) Credential {
	c.SecretUID, c.SecretResourceVersion, c.Concealed = f.SecretUID, f.SecretResourceVersion, c.Concealed || f.Concealed
	return c
}

func (c Credential) invited(i store.InviteUser, reset time.Time) Credential {
	issuedAt := latest(i.IssuedAt, i.Resets, reset, c.IssuedAt)
	if !i.Resets.IsZero() {
		c = Credential{}
	}
	if !c.HasVerifier {
		c.IssuedAt = issuedAt
	}
	c.Version, c.InvitationExpiresAt = i.Version, issuedAt.Add(i.ValidFor)
	return c
}

func (c Credential) revoked(r store.RevokeCredential) Credential {
	return Credential{
		Version: r.Version, IssuedAt: latest(c.IssuedAt, r.Resets), SecretUID: c.SecretUID, SecretResourceVersion: c.SecretResourceVersion,
	}
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
