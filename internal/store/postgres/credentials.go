// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// The arguments of the functions for passwords. What asks for nothing while it is zero is left out.
type (
	issueArg struct {
		UserUID  text       `json:"user_uid"`
		Version  int64      `json:"version"`
		Verifier text       `json:"verifier"`
		Source   text       `json:"source"`
		Keep     store.Keep `json:"keep"`
		IssuedAt time.Time  `json:"issued_at,omitzero"`
		MinAge   span       `json:"min_age,omitzero"`
		Resets   time.Time  `json:"resets,omitzero"`
	}
	finishArg struct {
		UserUID               text  `json:"user_uid"`
		Version               int64 `json:"version"`
		SecretUID             text  `json:"secret_uid"`
		SecretResourceVersion text  `json:"secret_resource_version"`
		Grace                 span  `json:"grace"`
		Concealed             bool  `json:"concealed"`
	}
	inviteArg struct {
		UserUID   text      `json:"user_uid"`
		Version   int64     `json:"version"`
		Token     text      `json:"token"`
		TokenHash text      `json:"token_hash"`
		ValidFor  span      `json:"valid_for"`
		IssuedAt  time.Time `json:"issued_at,omitzero"`
		Resets    time.Time `json:"resets,omitzero"`
	}
	revokeArg struct {
		UserUID text      `json:"user_uid"`
		Version int64     `json:"version"`
		Resets  time.Time `json:"resets,omitzero"`
	}
	resetArg struct {
		IssuedBefore time.Time `json:"issued_before"`
	}
)

// span is a duration as the database reads an interval.
type span time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (s span) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d microseconds", time.Duration(s).Microseconds()), nil
}

func encodeIssue(c store.IssueCredential) (change, error) {
	arg := issueArg{
		text(c.UserUID), c.Version, text(c.Verifier), text(c.Source), c.Keep, c.IssuedAt, span(c.MinAge), c.Resets,
	}
	switch c.Keep {
	case "":
		arg.Keep = store.KeepNone
	case store.KeepNone, store.KeepCurrent, store.KeepPrevious:
	default:
		return change{}, errors.New("an unknown verifier to keep")
	}
	return change{"issue_credential", arg}, nil
}

func encodeInvite(c store.InviteUser) (change, error) {
	if c.Token == "" || c.TokenHash == "" {
		return change{}, errors.New("an invitation without a token")
	}
	return change{"invite_user", inviteArg{
		text(c.UserUID), c.Version, text(c.Token), text(c.TokenHash), span(c.ValidFor), c.IssuedAt, c.Resets,
	}}, nil
}

// credential is what an observe query returns of a password: what of it is valid.
type credential struct {
	Version               int64      `json:"version"`
	Source                string     `json:"source"`
	Verifier              string     `json:"verifier"`
	IssuedAt              time.Time  `json:"issued_at"`
	PreviousVerifier      string     `json:"previous_verifier"`
	PreviousIssuedAt      *time.Time `json:"previous_issued_at"`
	RevokedVerifier       string     `json:"revoked_verifier"`
	SecretUID             string     `json:"secret_uid"`
	SecretResourceVersion string     `json:"secret_resource_version"`
	Concealed             bool       `json:"concealed"`
	TokenExpiresAt        *time.Time `json:"token_expires_at"`
}

func (c credential) observed() store.Credential {
	return store.Credential{
		Version: c.Version, Source: store.Source(c.Source), Verifier: c.Verifier, IssuedAt: c.IssuedAt.UTC(),
		Previous: c.PreviousVerifier, PreviousIssuedAt: momentOf(c.PreviousIssuedAt),
		SecretUID: c.SecretUID, SecretResourceVersion: c.SecretResourceVersion, Concealed: c.Concealed,
		Revoked: c.RevokedVerifier, InvitationExpiresAt: momentOf(c.TokenExpiresAt),
	}
}

// momentOf is zero for none.
func momentOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
