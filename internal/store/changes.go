// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store

// Change is one thing to write: exactly one of [Put], [Remove], [RemoveUser], [IssueCredential], [FinishCredential], [InviteUser],
// [RevokeCredential], [ResetCredentials] and [Release].
//
//sumtype:decl
type Change interface {
	revokes() bool
}

// Put writes a record.
//
// A generation lower than the stored one of the same UID is ErrStale; an equal one is written.
// A User whose login is held by another row is ErrTaken when that row is of this owner and of a living object, ErrForeignRow when it is
// of another owner or of none; a row of this owner that outlived its object (RemoveUser with Deactivate) is taken over: it
// keeps its ID, and loses its credential. It is ErrProtected where Admission.Power does not reach what the row was protected by.
// A row of this owner with the same namespace, name and login and another UID is that of an object which was lost and made anew, as after a
// cluster is rebuilt: it is taken over with its credential, as it is. Where Adopts permits it, so is a row of no owner, or of another one: where
// it has a verifier its credential's source becomes SourceAdopted, of no Secret, and its version is at least 1. ErrProtected is as above; for what was
// lost and made anew, the ranks of the sets that bindings of the former UID hand out, as they are stored, count as well.
// A User whose e-mail address another row has is ErrEmailTaken. One that is new, or takes another e-mail address, is ErrRetired where the Office
// says NeverReuse and a tombstone of this owner has the login or the address; LiftTombstones removes these tombstones instead.
// Verdicts about the login come before those about the e-mail address, and these before ErrQuota.
// A User who takes a seat, because the account is new, was Deactivated or becomes an Administrator, is ErrQuota when none is left;
// a seat once taken is kept.
// A PermissionSet whose key another set of the back office holds is ErrTaken, unless that has the same namespace and name: then it was lost and
// made anew, and the new one takes its place. So does a RoleBinding with the same namespace and name.
// A User whose e-mail address changes loses a pending invitation: it went to the old address.
// A record whose stamp the audit log knows with another UID is ErrReplayed.
//
// The same transaction adds one row to the audit log where the stamp is new or Admission.Gives differs from what was noted last: what is
// new is granted, what is gone is lost. The row names the actor and the stamp only where the stamp is new: otherwise facts have changed,
// and nobody asked for it.
//
// Where [EndsSessions] says so of the difference, sessions that began before end: see the view active_users. Of an Office it is the catalogue that
// counts: where it loses a path, or is no longer open to all, everybody's sessions end.
type Put struct {
	Record Record
	// Revoking says that the record takes access away compared with what is stored: it is written before others.
	Revoking bool
	// LiftTombstones lets a User use the identity of a deleted account.
	LiftTombstones bool
	// Protection of a User whose object is lost is what it takes to have the account back: a need for each family. It is kept with the row until
	// that is taken over; nil leaves what is there.
	Protection []Need
	// Adopts says which rows of others a User may take over.
	Adopts    Adoption
	Admission Admission
}

// Adoption says which rows a User may take over that this owner does not own.
type Adoption string

// The adoptions; the zero value is AdoptNone.
const (
	AdoptNone    Adoption = ""
	AdoptUnowned Adoption = "IfUnowned"
	AdoptAny     Adoption = "Force"
)

// Admission is what the store notes of the request by which a record's object became what it is.
type Admission struct {
	// Actor is the identity that made the request.
	Actor string
	// Gives are what the record gives, one text each, sorted, each once. What it takes away begins with [Denies]: it is lost where it is new,
	// and granted where it is gone.
	Gives []string
	// Power is what the actor might do; [Put] of a User takes over an account only with it.
	Power []Power
}

// Denies begins a text of [Admission.Gives] that takes something away.
const Denies = "deny "

// Power reaches a need whose rank is not smaller, in one of its families.
type Power struct {
	Rank int32
	// Families is empty for every family.
	Families []string
}

// Need is the rank, or a smaller one, that it takes in a family; an empty family is every family.
type Need struct {
	Family string
	Rank   int32
}

// Remove deletes a PermissionSet, RoleBinding or Office with all that belongs to it. Absent records are fine. What was noted as given is
// logged as lost, without an actor: no admission leaves a trace on an object that is deleted.
type Remove struct {
	Key Key
}

// Disposal is what becomes of an account whose API object is deleted.
type Disposal string

// The disposals.
const (
	// Deactivate keeps the row as Deactivated, without credential and bindings, until an object with its login takes it over.
	Deactivate Disposal = "Deactivate"
	// Delete removes the row. Where the Office says NeverReuse it leaves tombstones: a hash of the login and one of the e-mail address, salted
	// by owner and back office.
	Delete Disposal = "Delete"
	// Orphan clears the row's owner and leaves the account as it is: from then on it is a foreign row. It keeps Protection, for who adopts it.
	Orphan Disposal = "Orphan"
)

// RemoveUser ends the operator's care for an account. Absent accounts are fine. It is logged as Remove is; an orphan loses nothing.
type RemoveUser struct {
	UID      string
	Disposal Disposal
	// Protection is kept with a row that outlives its object: what it takes to have it back, a need for each family.
	Protection []Need
}

// Release gives up the owner's claim on the back office, so that another BackOffice may use it. Rows stay.
type Release struct{}

func (c Put) revokes() bool      { return c.Revoking }
func (Remove) revokes() bool     { return true }
func (RemoveUser) revokes() bool { return true }
func (Release) revokes() bool    { return false }
