// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Policy is what is asked of an account's credential.
type Policy struct {
	// Source is where the password is to come from.
	Source v1alpha1.CredentialSource
	// Deactivated accounts get no new credential.
	Deactivated bool
	// Account is the UID of the account's object: it spreads rotations.
	Account string
	// Interval after which a generated password is rotated; 0: never. Grace is how long the rotated one works.
	Interval, Grace time.Duration
	// RotateIssuedBefore asks for a rotation of what was issued before; zero: nothing is asked.
	RotateIssuedBefore time.Time
	// Resets ask for a reset of what was issued before: each one for itself, so that none that lies ahead keeps another from being carried out.
	// Zero ones ask for nothing. That of the whole back office belongs here as the store has it, which hides what was issued before.
	Resets []time.Time
	// OneTime has the password removed from its Secret after TTL.
	OneTime bool
	TTL     time.Duration
	// InvitationTTL is how long a token works.
	InvitationTTL time.Duration
}

// State is what is known of an account's credential. The zero value knows nothing: the Secret has to be read first.
type State struct {
	// Version is that of the stored credential; 0: the store has none, because there never was one or because the store was lost.
	Version int64
	// HadPassword says that the account is known to have had a password, whatever the store has: only then one is rebuilt from a Secret. Anybody who
	// may write Secrets can make one that looks ours.
	HadPassword bool
	// HasVerifier tells whether a verifier is stored.
	HasVerifier bool
	// Source is where the stored password comes from; empty: there is none, or it was Adopted.
	Source v1alpha1.CredentialSource
	// Adopted says that the account had its password before it was adopted.
	Adopted bool
	// IssuedAt is when the current password was issued, PreviousIssuedAt when the one before was, if that may still be valid.
	IssuedAt, PreviousIssuedAt time.Time
	// Recorded is the Secret that was last known to hold the password of this version: ours, or the administrator's for source SecretRef. It is
	// zero while an issue is unfinished, and for passwords that no Secret holds.
	Recorded Revision
	// Concealed says that the Secret has delivered the password and holds it no longer.
	Concealed bool
	// InvitationExpiresAt is when a token that was not redeemed ceases to work; zero where there is none.
	InvitationExpiresAt time.Time
	// Secret is what is known of the Secret, and Live its revision, zero where there is none. For source SecretRef it is the one that the
	// administrator owns.
	Secret Secret
	Live   Revision
	// Acknowledged says that the Secret carries the annotation that the password has been taken.
	Acknowledged bool
}

// Revision is one content of one Secret.
type Revision struct {
	UID, ResourceVersion string
}

// Secret is what is known of the Secret that delivers the password.
type Secret int

// What may be known of a Secret.
const (
	// SecretUnread: at most its metadata are known. A Secret that a cache does not have is this too, with a zero revision: the cache may
	// lag behind, or may not hold what is not ours.
	SecretUnread Secret = iota
	// SecretAbsent: the API server said that there is none.
	SecretAbsent
	// SecretForeign: its metadata say that it is not ours. Of source SecretRef: it lacks the label that lets us read it.
	SecretForeign
	// SecretEmpty: it is ours, was read live and holds no password.
	SecretEmpty
	// SecretFits: it is ours, was read live, and its password fits the current verifier.
	SecretFits
	// SecretFitsPrevious: likewise, and its password fits the previous verifier, which is still valid.
	SecretFitsPrevious
	// SecretDoesNotFit: it is ours, was read live, and its password fits no valid verifier, or [Verify] cannot use them, or none is stored.
	SecretDoesNotFit
	// SecretUnowned: it carries our label and nobody controls it, as after a restore or when its account was orphaned; and its password
	// fits the current or the previous verifier of this account, so that it is the account's own.
	SecretUnowned
	// SecretRevoked: of source SecretRef, its password is the one that a reset has ended.
	SecretRevoked
	// SecretUnacceptable: of source SecretRef, its password fits no valid verifier and breaks the structure.
	SecretUnacceptable
)

// Action is what to do about a credential.
type Action string

// The actions.
const (
	// Keep does nothing.
	Keep Action = "Keep"
	// Read reads the Secret live, verifies its password and decides again.
	Read Action = "Read"
	// Issue makes a new password: (1) its verifier into the store, (2) the Secret, without the annotation that the password has been taken,
	// (3) the record that the Secret was written.
	Issue Action = "Issue"
	// Rotate is an Issue because its time has come; the store checks by its own clock that the current one has reached MinAge.
	Rotate Action = "Rotate"
	// Reset is an Issue, or an Invite or Revoke of a source without Secret, after which nothing that was issued before is valid.
	Reset Action = "Reset"
	// Restore makes a new verifier of the password that the Secret holds: (1) and (3) of an issue. Nobody knows that this password was
	// generated: its entropy for [Hash] is 0.
	Restore Action = "Restore"
	// Supply is a Restore from the Secret that the administrator owns.
	Supply Action = "Supply"
	// Finish is (3) of an issue alone.
	Finish Action = "Finish"
	// TakeOver makes the account the owner of its Secret, and decides again. What writes a password into a Secret that nobody controls makes the
	// account its owner, too.
	TakeOver Action = "TakeOver"
	// Conceal removes the password from the Secret, where it is still there, and finishes. The Secret may be gone.
	Conceal Action = "Conceal"
	// Invite makes a token with which the user chooses a password.
	Invite Action = "Invite"
	// Revoke takes the password away.
	Revoke Action = "Revoke"
	// Conflict leaves everything as it is: the name of the Secret belongs to somebody else, or it lacks the label.
	Conflict Action = "Conflict"
	// Missing leaves everything as it is: the Secret that the administrator owns is not there, or holds no password.
	Missing Action = "Missing"
	// Refuse leaves everything as it is: the password of the Secret that the administrator owns breaks the structure, or has been reset.
	Refuse Action = "Refuse"
)

// KeepVerifier says which verifier stays valid beside a new one.
type KeepVerifier string

// What to keep.
const (
	KeepNone     KeepVerifier = "None"
	KeepCurrent  KeepVerifier = "Current"
	KeepPrevious KeepVerifier = "Previous"
)

// Plan is what to do next.
type Plan struct {
	Action Action
	// Version is the one that is stored or finished; otherwise 0.
	Version int64
	// Keep is for what makes a new password.
	Keep KeepVerifier
	// Claim has the Secret changed first, so that whoever else may still be writing an earlier issue cannot write it any more: an earlier
	// issue is unfinished, and its outcome unknown.
	Claim bool
	// MinAge is how old the current password has to be by the database's clock, of a Rotate by interval; otherwise 0.
	MinAge time.Duration
	// Resets is the moment that was asked for, of a Reset; otherwise zero.
	Resets time.Time
	// Next is when to decide again though nothing changes; zero: never.
	Next time.Time
	// Why is a sentence for logs and status.
	Why string
}
