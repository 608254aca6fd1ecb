// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Store is a back office's part of a SQLite file.
type Store struct {
	owner, backOffice string
	// fence is the value to which this store raised the fence when it was opened.
	fence int64

	// turn is the file's, see turnOf.
	turn *turn
	// writer has one connection, and reader those beside it.
	writer, reader *sql.DB
	// prepared are the writer's statements, and observing the reader's, by their text.
	prepared, observing map[string]*sql.Stmt

	// calls is held for reading by every call, and for writing by Close.
	calls  sync.RWMutex
	closed bool
}

var _ store.Store = (*Store)(nil)

// start makes two pools a store.
func (s *Store) start(ctx context.Context, usedBy string) error {
	err := s.turn.take(ctx, func() error { return migrate(ctx, s.writer) })
	if err != nil {
		return failed("migrating", err)
	}
	if s.prepared, err = prepare(ctx, s.writer, writerStatements()); err != nil {
		return failedOpen("preparing to write", err)
	}
	if s.observing, err = prepare(ctx, s.reader, readerStatements()); err != nil {
		return failedOpen("preparing to read", err)
	}
	if err := s.transact(ctx, func(t *transaction) error { return s.claim(ctx, t, usedBy) }); err != nil {
		return failedOpen("claiming the owner", err)
	}
	return nil
}

// prepare prepares statements for all connections of a pool, which closes them at its end.
func prepare(ctx context.Context, db *sql.DB, queries []string) (map[string]*sql.Stmt, error) {
	prepared := make(map[string]*sql.Stmt, len(queries))
	for _, query := range queries {
		s, err := db.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		prepared[query] = s
	}
	return prepared, nil
}

const (
	readUsedBy = `SELECT used_by FROM owners WHERE owner = ?1 AND back_office = ?2`
	raiseFence = `
		INSERT INTO owners (owner, back_office, used_by, fence) VALUES (?1, ?2, ?3, 1)
		ON CONFLICT (owner, back_office) DO UPDATE SET used_by = excluded.used_by, fence = fence + 1
		RETURNING fence`
	readFence = `SELECT fence, ` + milliseconds + ` FROM owners WHERE owner = ?1 AND back_office = ?2`

	// milliseconds is the clock, since 1970 and rounded down. It is the same one as unixepoch(), which is in whole seconds.
	milliseconds = `CAST(round(1000 * unixepoch('subsec')) AS INTEGER)`
)

// claim makes usedBy the only BackOffice that uses the owner and name, and this store its only writer.
func (s *Store) claim(ctx context.Context, t *transaction, usedBy string) error {
	var user string
	if _, err := t.read(ctx, readUsedBy, nil, &user); err != nil {
		return err
	}
	if user != "" && user != usedBy {
		return store.ErrInUse
	}
	_, err := t.read(ctx, raiseFence, []any{usedBy}, &s.fence)
	return err
}

// call runs f unless the store is closed. Close waits for it.
func (s *Store) call(doing string, f func() error) error {
	s.calls.RLock()
	defer s.calls.RUnlock()
	if s.closed {
		return fmt.Errorf("%w: it is closed", store.ErrUnavailable)
	}
	if err := f(); err != nil {
		return failed(doing, err)
	}
	return nil
}

// SetReaders implements [store.Store]: a file has no roles.
func (s *Store) SetReaders(context.Context, store.Readers) (map[string]store.ReaderProblem, error) {
	return nil, nil
}

// Ping implements [store.Store].
func (s *Store) Ping(ctx context.Context) (now time.Time, err error) {
	var fence, at int64
	err = s.call("asking for the fence", func() error {
		err := s.observing[readFence].QueryRowContext(ctx, s.owner, s.backOffice).Scan(&fence, &at)
		if errors.Is(err, sql.ErrNoRows) || (err == nil && fence != s.fence) {
			return store.ErrFenced
		}
		return err
	})
	switch {
	case err == nil:
		return time.UnixMilli(at).UTC(), nil
	case errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrUnavailable):
		return time.Time{}, err
	default:
		return time.Time{}, fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.calls.Lock()
	defer s.calls.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	// The last connection to close folds the log into the file, so it must be one that may write.
	if err := errors.Join(s.reader.Close(), s.writer.Close()); err != nil {
		return failed("closing", err)
	}
	return nil
}
