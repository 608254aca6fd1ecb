// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "slices"

// Readers are the roles of a database that may read for a back office.
type Readers struct {
	// Roles are their names, as the database spells them.
	Roles []string
	// Closed lets none in that does not read already.
	Closed bool
}

// Equal tells whether both are the same.
func (r Readers) Equal(other Readers) bool {
	return r.Closed == other.Closed && slices.Equal(r.Roles, other.Roles)
}

// ReaderProblem is why a role could not be let read.
type ReaderProblem string

// The problems.
const (
	// ReaderMissing: there is no role of that name.
	ReaderMissing ReaderProblem = "Missing"
	// ReaderReserved: the role is the database's own.
	ReaderReserved ReaderProblem = "Reserved"
	// ReaderOwner: it owns the schema's tables, or is the operator's role, and may do everything anyway.
	ReaderOwner ReaderProblem = "Owner"
	// ReaderUnable: the operator's role may not grant all of it.
	ReaderUnable ReaderProblem = "Unable"
	// ReaderClosed: it does not read yet, and none is let in.
	ReaderClosed ReaderProblem = "Closed"
)
