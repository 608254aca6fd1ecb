// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// isVerdict tells the answers to a single group from the errors of a whole batch.
func isVerdict(err error) bool {
	for _, verdict := range []error{
		store.ErrTaken, store.ErrForeignRow, store.ErrEmailTaken, store.ErrRetired, store.ErrQuota, store.ErrStale, store.ErrReplayed,
		store.ErrProtected, store.ErrNotDue, store.ErrAhead, store.ErrNotFound,
	} {
		if errors.Is(err, verdict) {
			return true
		}
	}
	return false
}

// failed tells what an error means to the caller. Of an error of SQLite no more remains than its result code, because its text may quote what
// was to be written. All errors of this package leave through failed or failedOpen.
func failed(doing string, err error) error {
	for _, known := range []error{store.ErrFenced, store.ErrInUse, store.ErrConfig, store.ErrRejected, store.ErrUnavailable} {
		if errors.Is(err, known) {
			return err
		}
	}
	for _, given := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, given) {
			return fmt.Errorf("%w: %s: %w", store.ErrUnavailable, doing, given)
		}
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("%w: %s: the connection is gone", store.ErrUnavailable, doing)
	}
	answer, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return fmt.Errorf("%s: an unexpected answer (%T)", doing, err)
	}
	return classified(doing, answer.Code())
}

// classified says what a result code of SQLite means; its low byte is its class.
func classified(doing string, code int) error {
	class := code & 0xff
	switch class {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
		return fmt.Errorf("%w: %s: %s", store.ErrRejected, doing, result(code))
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s: %s", store.ErrUnavailable, doing, result(code))
	default:
		return fmt.Errorf("%s: %s", doing, result(code))
	}
}

// failedOpen is failed for a store that is not open yet: what is no database, or one that may not be written, is not mended by waiting.
func failedOpen(doing string, err error) error {
	if answer, ok := errors.AsType[*sqlite.Error](err); ok {
		switch answer.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM,
			sqlite3.SQLITE_AUTH, sqlite3.SQLITE_ERROR:
			return fmt.Errorf("%w: %s: %s", store.ErrConfig, doing, result(answer.Code()))
		}
	}
	return failed(doing, err)
}

// result is SQLite's fixed text for a result code.
func result(code int) string {
	text, ok := sqlite.ErrorCodeString[code]
	if !ok {
		text = sqlite.ErrorCodeString[code&0xff]
	}
	return fmt.Sprintf("%s, result %d", text, code)
}
