// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Driver opens stores in PostgreSQL databases.
type Driver struct {
	// Tracer is told of each query; nil is none.
	Tracer pgx.QueryTracer
}

var _ store.Driver = Driver{}

// Open implements [store.Driver]. It creates the schema where it is missing.
func (d Driver) Open(ctx context.Context, o store.Options) (store.Store, error) {
	config, err := poolConfig(o)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.Tracer = d.Tracer
	return open(ctx, config, o)
}

// open connects with a configuration that poolConfig made.
func open(ctx context.Context, config *pgxpool.Config, o store.Options) (store.Store, error) {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("%w: the pool of connections", store.ErrConfig)
	}
	s := &pgStore{
		link:  link{pool: pool, searchPath: pgx.Identifier{o.Schema}.Sanitize() + ", pg_temp"},
		owner: o.Owner, backOffice: o.BackOffice,
	}
	if err := s.start(ctx, o); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// pgStore is a store.Store: the tables of one schema as one back office of one owner sees them.
type pgStore struct {
	link
	owner, backOffice string
	fence             int64

	readers letIn
}

// start brings the schema up to date, claims the back office and raises the fence.
func (s *pgStore) start(ctx context.Context, o store.Options) error {
	if err := migrate(ctx, &s.link, o.Schema); err != nil {
		return opening(err)
	}
	claim := query{mode: readWrite, sql: claimSQL, args: []any{o.Owner, o.BackOffice, o.UsedBy}}
	type claimed struct {
		Fence   int64
		Readers bool
	}
	claims, err := collect(ctx, &s.link, claim, pgx.RowToStructByPos[claimed])
	switch {
	case err != nil:
		return opening(err)
	case len(claims) == 0:
		return store.ErrInUse
	}
	s.fence, s.readers.settled = claims[0].Fence, !claims[0].Readers
	return nil
}

// verdicts by what the function apply calls them.
var verdicts = map[string]error{
	"":            nil,
	"taken":       store.ErrTaken,
	"foreign":     store.ErrForeignRow,
	"email taken": store.ErrEmailTaken,
	"retired":     store.ErrRetired,
	"quota":       store.ErrQuota,
	"stale":       store.ErrStale,
	"replayed":    store.ErrReplayed,
	"protected":   store.ErrProtected,
	"not due":     store.ErrNotDue,
	"ahead":       store.ErrAhead,
	"not found":   store.ErrNotFound,
}

// Apply implements [store.Store].
func (s *pgStore) Apply(ctx context.Context, groups []store.Group) ([]error, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	changes, err := encode(groups)
	if err != nil {
		return nil, err
	}
	apply := query{mode: readWrite, sql: applySQL, args: []any{s.owner, s.backOffice, s.fence, changes}}
	rows, err := collect(ctx, &s.link, apply, pgx.RowTo[[]string])
	if err != nil {
		return nil, writing(err)
	}
	if len(rows) != 1 || len(rows[0]) != len(groups) {
		return nil, fmt.Errorf("the store answered for another batch")
	}
	answer := make([]error, len(groups))
	for i, name := range rows[0] {
		verdict, known := verdicts[name]
		if !known {
			return nil, fmt.Errorf("the store answered with an unknown verdict")
		}
		answer[i] = verdict
	}
	return answer, nil
}

// Ping implements [store.Store].
func (s *pgStore) Ping(ctx context.Context) (time.Time, error) {
	type pong struct {
		Fence int64
		Now   time.Time
	}
	ping := query{mode: readOnly, sql: pingSQL, args: []any{s.owner, s.backOffice}}
	pongs, err := collect(ctx, &s.link, ping, pgx.RowToStructByPos[pong])
	switch {
	case isGone(err):
		return time.Time{}, store.ErrLost
	case err != nil:
		return time.Time{}, reading(err)
	case len(pongs) == 0 || pongs[0].Fence < s.fence: // it only rises
		return time.Time{}, store.ErrLost
	case pongs[0].Fence > s.fence:
		return time.Time{}, store.ErrFenced
	}
	return pongs[0].Now.UTC(), nil
}

// Close implements [store.Store]. It waits for running calls; it may be called again.
func (s *pgStore) Close() error {
	s.pool.Close()
	return nil
}
