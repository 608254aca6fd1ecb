// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package store is the contract between the operator and the database that a back office reads.
//
// A [Driver] opens one [Store] for one BackOffice. Reconcilers turn API objects into records
// (package desired), hand them as changes to the batcher (package batch), and the driver writes
// each batch as one transaction. The tables are normalised, and views answer the questions of the
// back-office application by the database's own clock.
//
//	API object -> desired -> Record -> batch -> Store.Apply -> tables -> views -> application
//
// Nothing here imports Kubernetes: a driver knows records and SQL, no API objects.
package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Errors that a driver returns as they are or wrapped; tell them apart with [errors.Is].
// Their texts never hold a password, a verifier, a URL or personal data.
var (
	// ErrTaken is a verdict: the login, or the key of a set, belongs to another record of this owner.
	ErrTaken = errors.New("taken by another object")
	// ErrForeignRow is a verdict: the login belongs to a row of another owner, or of none. It is never touched.
	ErrForeignRow = errors.New("held by a row that another owner wrote")
	// ErrEmailTaken is a verdict: the e-mail address belongs to another row, whoever owns it.
	ErrEmailTaken = errors.New("the e-mail address is taken")
	// ErrRetired is a verdict: the login or the e-mail address was that of a deleted account, and may not be used again.
	ErrRetired = errors.New("the identity of a deleted account")
	// ErrQuota is a verdict: no seat is left for the account.
	ErrQuota = errors.New("no seat left")
	// ErrStale is a verdict: the row already holds a higher generation of the same object.
	ErrStale = errors.New("a newer generation is already stored")
	// ErrReplayed is a verdict: the stamp belongs to another object, of which this one is a copy.
	ErrReplayed = errors.New("admitted as another object")
	// ErrProtected is a verdict: the account that the login belonged to is stronger than the actor.
	ErrProtected = errors.New("the account is stronger than the actor")
	// ErrNotDue is a verdict: by the database's clock and by what is stored it is not time for that.
	ErrNotDue = errors.New("not due by the database's clock")
	// ErrAhead is a verdict: a reset is asked for a moment that is more than [MaxAhead] ahead of the database's clock.
	ErrAhead = errors.New("too far ahead of the database's clock")
	// ErrNotFound is a verdict: the record that the change builds upon, such as a credential's user, is not stored.
	ErrNotFound = errors.New("not stored")

	// ErrRejected means that the database refused the transaction for what it holds and that nothing was written.
	ErrRejected = errors.New("the store rejected the change")
	// ErrFenced means that another manager has raised the fence since this store was opened. Nothing was written.
	ErrFenced = errors.New("another manager has taken over the store")
	// ErrUnavailable means that the store could not be reached, or not in time, and that nothing was written.
	ErrUnavailable = errors.New("the store is unavailable")
	// ErrLost means that the database does not hold any more what this store has written: its tables are gone, or a backup has come back. Nothing
	// is to be written before it has been opened anew. Embedded stores do not tell.
	ErrLost = errors.New("the store does not hold any more what was written to it")
	// ErrInUse means that another BackOffice uses the owner and back-office name.
	ErrInUse = errors.New("another BackOffice uses this owner and name")
	// ErrConfig means that the store cannot be opened with these options, whatever is tried again:
	// a malformed URL, a rejected parameter, missing rights, wrong credentials.
	ErrConfig = errors.New("the store's configuration does not work")
)

// Driver opens stores of one kind.
type Driver interface {
	// Open connects, brings the schema up to date, claims the owner and raises the fence.
	// Errors are ErrConfig, ErrInUse, ErrUnavailable or, where the schema is newer than the driver, ErrConfig.
	Open(ctx context.Context, o Options) (Store, error)
}

// Options say which store to open and for whom.
type Options struct {
	// URL locates the database: the path of a file for SQLite, a postgres:// URL for PostgreSQL. It holds a password: never print it.
	URL string
	// Schema is the PostgreSQL schema; SQLite has none.
	Schema string
	// Owner owns the rows that are written. It survives a rebuilt cluster.
	Owner string
	// BackOffice is the name under which applications read.
	BackOffice string
	// UsedBy is namespace/name of the BackOffice object; a second one for the same owner and back office is ErrInUse.
	UsedBy string
}

// Store is the database as one BackOffice sees it. All methods are safe for concurrent use.
type Store interface {
	// Apply writes all groups as one transaction, or nothing. The changes of a group stand or fall together, in their order:
	// a group whose change gets a verdict is left out as a whole, and the others are not affected by it.
	// verdicts has one entry a group: nil, ErrTaken, ErrForeignRow, ErrEmailTaken, ErrRetired, ErrQuota,
	// ErrStale, ErrReplayed, ErrProtected, ErrNotDue, ErrAhead or ErrNotFound.
	// err is ErrRejected (nothing is written), ErrFenced, ErrUnavailable, or anything else: the outcome is unknown, repeat.
	// Every change is idempotent.
	Apply(ctx context.Context, groups []Group) (verdicts []error, err error)

	// Observe reads the records with these keys, or all records of this owner and back office when there are none: in pages, never
	// one query a record. It yields an error at most once, as the last element; an incomplete read is never an absence.
	Observe(ctx context.Context, keys ...Key) iter.Seq2[Observed, error]

	// SetReaders lets these roles of the database read what applications read, for this back office, and no others any more. A role keeps what
	// it was given otherwise, and what another back office in the schema lets it read. refused are those that could not be let, by name, and
	// why; the others are. A store without roles does nothing. err is ErrFenced, ErrUnavailable, or anything else: repeat.
	SetReaders(ctx context.Context, readers Readers) (refused map[string]ReaderProblem, err error)

	// Ping tells whether the store answers and this store still holds the fence: nil, ErrUnavailable, ErrFenced or ErrLost. now is the database's
	// clock, in UTC, read before the answer left.
	Ping(ctx context.Context) (now time.Time, err error)

	// Close waits for running calls and releases the connections. It does not give up the owner.
	Close() error
}

// Group is a list of changes that stand or fall together.
type Group []Change

// Revokes tells whether the group takes access away; such groups are written first.
func (g Group) Revokes() bool {
	for _, c := range g {
		if c.revokes() {
			return true
		}
	}
	return false
}
