// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store

// Change is one thing to write: exactly one of [Put], [Remove], [RemoveUser], [IssueCredential], [FinishCredential] and [Release].
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
// keeps its ID, and loses its credential.
// A User who takes a seat, because the account is new, was Deactivated or becomes an Administrator, is ErrQuota when none is left;
// a seat once taken is kept.
// A PermissionSet whose key another set of the back office holds is ErrTaken.
type Put struct {
	Record Record
	// Revoking says that the record takes access away compared with what is stored: it is written before others.
	Revoking bool
}

// Remove deletes a PermissionSet, RoleBinding or Office with all that belongs to it. Absent records are fine.
type Remove struct {
	Key Key
}

// Disposal is what becomes of an account whose API object is deleted.
type Disposal string

// The disposals.
const (
	// Deactivate keeps the row as Deactivated, without credential and bindings, until an object with its login takes it over.
	Deactivate Disposal = "Deactivate"
	// Delete removes the row.
	Delete Disposal = "Delete"
	// Orphan clears the row's owner and leaves the account as it is: from then on it is a foreign row.
	Orphan Disposal = "Orphan"
)

// RemoveUser ends the operator's care for an account. Absent accounts are fine.
type RemoveUser struct {
	UID      string
	Disposal Disposal
}

// IssueCredential makes Verifier the user's only password, effective at once, and marks the issue as unfinished. The row's version must be
// Version-1, so that two issues never cross; where it already is Version with the same verifier, nothing is done. Else it is ErrStale.
// It is ErrNotFound where the user is not stored.
type IssueCredential struct {
	UserUID  string
	Version  int64
	Verifier string
}

// FinishCredential records the Secret that holds the password of that version. It is ErrStale where the row's version differs.
type FinishCredential struct {
	UserUID                          string
	Version                          int64
	SecretUID, SecretResourceVersion string
}

// Release gives up the owner's claim on the back office, so that another BackOffice may use it. Rows stay.
type Release struct{}

func (c Put) revokes() bool            { return c.Revoking }
func (Remove) revokes() bool           { return true }
func (RemoveUser) revokes() bool       { return true }
func (IssueCredential) revokes() bool  { return false }
func (FinishCredential) revokes() bool { return false }
func (Release) revokes() bool          { return false }
