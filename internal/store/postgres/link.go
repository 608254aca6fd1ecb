// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// callTimeout bounds a round trip, also where the network swallows it: more than the timeouts of settings.sql.
	callTimeout = 20 * time.Second
	// attempts bounds how often a transaction is tried that lost against another one.
	attempts = 5
	// pause is the mean pause after the first of them; it grows with each.
	pause = 10 * time.Millisecond
)

// mode is how a transaction begins. The isolation level is the one in which a statement sees what was committed before it, also after
// it has waited for the lock on the fence.
type mode string

const (
	readWrite mode = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	readOnly  mode = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
)

// query is a statement that is a transaction of its own.
type query struct {
	mode mode
	sql  string
	args []any
}

// link is the way to the database.
type link struct {
	pool       *pgxpool.Pool
	searchPath string
}

// collect runs a query in one round trip and returns its rows. A transaction that lost against another one is repeated.
// The error is a *fault.
func collect[T any](ctx context.Context, l *link, q query, scan pgx.RowToFunc[T]) ([]T, error) {
	for attempt := 1; ; attempt++ {
		rows, err := once(ctx, l, q, scan)
		var f *fault
		if !errors.As(err, &f) || f.cause != conflict || attempt == attempts {
			return rows, err
		}
		if err := sleep(ctx, time.Duration(attempt)*pause); err != nil {
			return nil, err
		}
	}
}

// sleep pauses for d on average.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(rand.N(2 * d)) //nolint:gosec // a pause is no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return notSent(ctx.Err())
	case <-timer.C:
		return nil
	}
}

func once[T any](ctx context.Context, l *link, q query, scan pgx.RowToFunc[T]) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return nil, notSent(err)
	}
	defer conn.Release()

	batch := &pgx.Batch{}
	batch.Queue(string(q.mode))
	batch.Queue(settingsSQL, l.searchPath)
	batch.Queue(q.sql, q.args...)
	batch.Queue("COMMIT")
	rows, progress, err := receive(conn.SendBatch(ctx, batch), scan)
	if err == nil {
		return rows, nil
	}
	f := failed(err, progress)
	c := conn.Conn().PgConn()
	switch {
	case c.IsClosed() && f.context == nil, fromStandby(err):
		l.pool.Reset() // what befell this connection befell the others too
	case c.TxStatus() != 'I':
		_, _ = conn.Exec(ctx, "ROLLBACK") // where that fails, Release closes the connection
	}
	return nil, f
}

// progress is how far the answer to a batch was read.
type progress int

const (
	unanswered progress = iota
	answered            // what is left is the commit
)

// receive reads the answers to the four statements of a batch.
func receive[T any](results pgx.BatchResults, scan pgx.RowToFunc[T]) ([]T, progress, error) {
	read := unanswered
	rows, err := func() ([]T, error) {
		for range 2 {
			if _, err := results.Exec(); err != nil {
				return nil, err
			}
		}
		answer, err := results.Query()
		if err != nil {
			return nil, err
		}
		rows, err := pgx.CollectRows(answer, scan)
		if err != nil {
			return nil, err
		}
		read = answered
		_, err = results.Exec()
		return rows, err
	}()
	return rows, read, errors.Join(err, results.Close())
}
