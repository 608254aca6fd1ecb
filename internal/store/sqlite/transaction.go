// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// transaction is one that writes. In all of its statements ?1 is the owner and ?2 the back office; further arguments begin at ?3.
type transaction struct {
	store *Store
	tx    *sql.Tx
}

// transact runs f as one transaction, which is rolled back if f fails. It can be cancelled while it waits for its turn and before it is
// committed, and not within a statement, so that its outcome is known.
func (s *Store) transact(ctx context.Context, f func(*transaction) error) error {
	return s.turn.take(ctx, func() error {
		tx, err := s.writer.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // of no effect after a commit
		if err := f(&transaction{store: s, tx: tx}); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func (t *transaction) arguments(own []any) []any {
	return append([]any{t.store.owner, t.store.backOffice}, own...)
}

// exec runs a statement.
func (t *transaction) exec(ctx context.Context, query string, arguments ...any) error {
	ctx = context.WithoutCancel(ctx)
	_, err := t.tx.StmtContext(ctx, t.store.prepared[query]).ExecContext(ctx, t.arguments(arguments)...)
	return err
}

// execAll runs statements that take the same arguments.
func (t *transaction) execAll(ctx context.Context, queries []string, arguments ...any) error {
	for _, query := range queries {
		if err := t.exec(ctx, query, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// read scans the first row of an answer, and tells whether there is one.
func (t *transaction) read(ctx context.Context, query string, arguments []any, targets ...any) (bool, error) {
	ctx = context.WithoutCancel(ctx)
	err := t.tx.StmtContext(ctx, t.store.prepared[query]).QueryRowContext(ctx, t.arguments(arguments)...).Scan(targets...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// control runs a statement that controls the transaction and takes no arguments.
func (t *transaction) control(ctx context.Context, query string) error {
	ctx = context.WithoutCancel(ctx)
	_, err := t.tx.StmtContext(ctx, t.store.prepared[query]).ExecContext(ctx)
	return err
}
