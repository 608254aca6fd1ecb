// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// letIn are the roles that were let read last.
type letIn struct {
	mu sync.Mutex
	// settled says that the database has them, and refused none.
	settled bool
	is      store.Readers
}

// problems by what the function set_readers calls them.
var problems = map[string]store.ReaderProblem{
	"missing":  store.ReaderMissing,
	"reserved": store.ReaderReserved,
	"owner":    store.ReaderOwner,
	"unable":   store.ReaderUnable,
	"closed":   store.ReaderClosed,
}

// SetReaders implements [store.Store]. Once the database has these readers, it costs nothing.
func (s *pgStore) SetReaders(ctx context.Context, want store.Readers) (map[string]store.ReaderProblem, error) {
	s.readers.mu.Lock()
	defer s.readers.mu.Unlock()
	if none := len(want.Roles)+len(s.readers.is.Roles) == 0; s.readers.settled && (none || want.Equal(s.readers.is)) {
		return nil, nil
	}
	type refusal struct{ Role, Why string }
	roles := append([]string{}, want.Roles...) // none is no NULL
	q := query{mode: readWrite, sql: readersSQL, args: []any{s.owner, s.backOffice, s.fence, roles, want.Closed}}
	s.readers.settled = false
	found, err := collect(ctx, &s.link, q, pgx.RowToStructByPos[refusal])
	if err != nil {
		return nil, writing(err)
	}
	refused := make(map[string]store.ReaderProblem, len(found))
	for _, r := range found {
		refused[r.Role] = problems[r.Why]
	}
	s.readers.settled, s.readers.is = len(refused) == 0, store.Readers{Roles: slices.Clone(want.Roles), Closed: want.Closed}
	return refused, nil
}
