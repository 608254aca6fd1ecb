// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// MaxAhead is how far ahead of the database's clock the moment of a reset may be. One that is further ahead is carried out when it no longer is.
const MaxAhead = 5 * time.Minute

// spread is the part of an interval by which rotations are spread, one over it.
const spread = 10

// reset is the latest moment of a reset that is not too far ahead; zero: none.
func (p Policy) reset(now time.Time) time.Time {
	var last time.Time
	for _, at := range p.Resets {
		if at.After(last) && !at.After(now.Add(MaxAhead)) {
			last = at
		}
	}
	return last
}

// ResetAhead is the earliest moment of a reset that is too far ahead to be carried out; zero: none is.
func ResetAhead(now time.Time, p Policy) time.Time {
	var first time.Time
	for _, at := range p.Resets {
		if at.After(now.Add(MaxAhead)) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// ResetDue tells whether what is stored, or a previous password that is still valid, was issued before the moment of a reset which is not too far
// ahead.
func ResetDue(now time.Time, p Policy, s State) bool {
	at := p.reset(now)
	return s.IssuedAt.Before(at) || !s.PreviousIssuedAt.IsZero() && s.PreviousIssuedAt.Before(at)
}

// RotationDue tells whether a password, where there is one, has reached its age, or somebody has asked for another one.
func RotationDue(now time.Time, p Policy, s State) bool {
	return rotationAsked(now, p, s) || rotates(p, s) && !now.Before(s.IssuedAt.Add(p.lifetime()))
}

func rotationAsked(now time.Time, p Policy, s State) bool {
	return s.IssuedAt.Before(p.RotateIssuedBefore) && !now.Before(p.RotateIssuedBefore)
}

// rotates tells whether the password is rotated by itself: not one that nobody could read again.
func rotates(p Policy, s State) bool {
	return p.Source == v1alpha1.CredentialGenerated && p.Interval > 0 && s.HasVerifier && !s.Concealed && !p.OneTime
}

// lifetime is the age at which the account's passwords are rotated: the interval, or up to a tenth less. It is the same for all passwords of an
// account, so that a restart changes nothing.
func (p Policy) lifetime() time.Duration {
	sum := sha256.Sum256([]byte(p.Account))
	fraction := time.Duration(binary.BigEndian.Uint16(sum[:2]))
	return p.Interval - p.Interval/spread/(1<<16)*fraction
}

// concealDue tells whether a Secret no longer has to hold the password.
func concealDue(now time.Time, p Policy, s State) bool {
	return p.OneTime && (s.Acknowledged || !now.Before(s.IssuedAt.Add(p.TTL)))
}

// NextRotation is when the password is rotated by itself; zero: never.
func NextRotation(p Policy, s State) time.Time {
	if p.Deactivated || !rotates(p, s) {
		return time.Time{}
	}
	return s.IssuedAt.Add(p.lifetime())
}

// next is when to decide again though nothing changes; zero: never.
func next(now time.Time, p Policy, s State) time.Time {
	moments := []time.Time{NextRotation(p, s), s.InvitationExpiresAt}
	if p.Source == v1alpha1.CredentialGenerated && p.OneTime && s.HasVerifier && !s.Concealed {
		moments = append(moments, s.IssuedAt.Add(p.TTL))
	}
	if p.Source == v1alpha1.CredentialGenerated && s.IssuedAt.Before(p.RotateIssuedBefore) {
		moments = append(moments, p.RotateIssuedBefore)
	}
	if at := ResetAhead(now, p); !at.IsZero() {
		moments = append(moments, at.Add(-MaxAhead))
	}
	var first time.Time
	for _, m := range moments {
		if m.After(now) && (first.IsZero() || m.Before(first)) {
			first = m
		}
	}
	return first
}
