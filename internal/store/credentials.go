// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "time"

// MaxAhead is how far ahead of the database's clock the moment of a reset may be.
const MaxAhead = 5 * time.Minute

// Source is where the password of an account comes from.
type Source string

// The sources.
const (
	// SourceNone: there is no password.
	SourceNone Source = ""
	// SourceGenerated: the operator has generated it, and a Secret holds it.
	SourceGenerated Source = "Generated"
	// SourceSupplied: it was in a Secret that the administrator owns.
	SourceSupplied Source = "SecretRef"
	// SourceChosen: the user has chosen it. It is the application's, which may replace it at any time.
	SourceChosen Source = "Invitation"
	// SourceAdopted: the account had it before it was adopted.
	SourceAdopted Source = "Adopted"
)

// Credential is what the store knows of a user's password.
type Credential struct {
	// Version counts the changes of the password; 0: there never was one.
	Version int64
	// Source is where the current password comes from.
	Source Source
	// Verifier is the PHC string of the current password; empty: none. Never print it.
	Verifier string
	// IssuedAt is when the current password was issued; while there is none, when the version was made.
	IssuedAt time.Time
	// Previous is the verifier that is valid beside the current one; empty where there is none, or its time is over. Never print it.
	Previous string
	// PreviousIssuedAt is when that was issued.
	PreviousIssuedAt time.Time
	// SecretUID and SecretResourceVersion are those of the Secret that was last known to hold the current password. They are empty while an
	// issue is unfinished, and for passwords that no Secret holds.
	SecretUID, SecretResourceVersion string
	// Concealed says that the Secret has delivered the current password and no longer holds it.
	Concealed bool
	// Revoked is the verifier that a [RevokeCredential] has ended last, as long as there is no other password: it does not come back. Never
	// print it.
	Revoked string
	// InvitationExpiresAt is when the token of an invitation that was not redeemed ceases to work; zero where there is none.
	InvitationExpiresAt time.Time
}

// Keep says which verifier stays valid beside a new one, without end until [FinishCredential].
type Keep string

// What to keep.
const (
	// KeepNone ends all passwords.
	KeepNone Keep = "None"
	// KeepCurrent keeps the current one; the one before it ends.
	KeepCurrent Keep = "Current"
	// KeepPrevious keeps the one before it, if that is still valid; the current one ends.
	KeepPrevious Keep = "Previous"
)

// IssueCredential makes Verifier the user's password, effective at once, and marks the issue as unfinished. A pending invitation ends.
//
// The row's version must be Version-1, so that two issues never cross; where it already is Version with the same verifier, nothing is done.
// Else it is ErrStale. It is ErrNotFound where the user is not stored.
type IssueCredential struct {
	UserUID  string
	Version  int64
	Verifier string
	Source   Source
	Keep     Keep
	// IssuedAt is when the password was issued, by the operator's notion of the database's clock, in whole seconds; the store takes it for
	// now where it is ahead of that. It is no earlier than what [ResetCredentials] said last, nor than Resets. Zero: now.
	IssuedAt time.Time
	// MinAge has it be ErrNotDue where the current credential is younger than that, by the database's clock.
	MinAge time.Duration
	// Resets makes it a reset of what was issued before this moment: the user's sessions end. It is ErrAhead where the moment is more than
	// MaxAhead ahead, and ErrNotDue where neither the current credential nor a valid previous one was issued before it.
	Resets time.Time
}

// FinishCredential records the Secret that holds the password of that version. From then on the previous verifier ends after Grace, by the
// database's clock; where its end is set already, that stays. It is ErrStale where the row's version differs or has no verifier, and
// ErrNotFound where the user is not stored.
type FinishCredential struct {
	UserUID                          string
	Version                          int64
	SecretUID, SecretResourceVersion string
	Grace                            time.Duration
	// Concealed says that the Secret no longer holds the password. It is never taken back for the same version.
	Concealed bool
}

// InviteUser lets the user choose a password by a token that works once, and puts it into the outbox in the place of an earlier one. The
// password that is in force stays so until the token is redeemed, unless Resets ends it, with all sessions. Version, IssuedAt, Resets and the
// verdicts are those of IssueCredential; what is compared in the place of the verifier is TokenHash.
type InviteUser struct {
	UserUID string
	Version int64
	// Token is in the outbox until it is sent, redeemed, replaced or over. Never print it.
	Token string
	// TokenHash is the SHA-256 of the token, in lower-case hexadecimal digits; it is what stays.
	TokenHash string
	// ValidFor is how long the token works, counted from IssuedAt as it is stored; whether it still works is for the database's clock.
	ValidFor time.Duration
	IssuedAt time.Time
	Resets   time.Time
}

// RevokeCredential takes the password away, and a pending invitation with it. Sessions end. The Secret stays recorded, and the verifier that
// was current is kept as Revoked; IssuedAt stays, or becomes Resets where that is later. Version, Resets and the verdicts are those of IssueCredential; where the row already is Version and has no
// password, nothing is done.
type RevokeCredential struct {
	UserUID string
	Version int64
	Resets  time.Time
}

// ResetCredentials ends every password of this owner and back office that was issued before this moment, and all sessions. It never goes back:
// an earlier moment than the stored one does nothing. It is ErrAhead where it is more than MaxAhead ahead of the database's clock.
type ResetCredentials struct {
	IssuedBefore time.Time
}

func (c IssueCredential) revokes() bool { return !c.Resets.IsZero() }
func (FinishCredential) revokes() bool  { return false }
func (c InviteUser) revokes() bool      { return !c.Resets.IsZero() }
func (RevokeCredential) revokes() bool  { return true }
func (ResetCredentials) revokes() bool  { return true }
