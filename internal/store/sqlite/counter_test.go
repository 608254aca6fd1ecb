// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
	"slices"
	"sync"

	"modernc.org/sqlite"
)

// counter makes connections that note the statements they run and prepare.
type counter struct {
	mu       sync.Mutex
	ran      []string
	prepared []string
}

// driver is a Driver whose connections are counted.
func (c *counter) driver() Driver {
	return Driver{connector: func(dsn string) (driver.Connector, error) {
		connector, err := sqlite.NewConnector(dsn)
		return countingConnector{connector, c}, err
	}}
}

func (c *counter) note(list *[]string, query string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*list = append(*list, query)
}

// take returns what was noted since the last time.
func (c *counter) take() (ran, prepared []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ran, prepared = slices.Clone(c.ran), slices.Clone(c.prepared)
	c.ran, c.prepared = nil, nil
	return ran, prepared
}

type countingConnector struct {
	driver.Connector
	c *counter
}

func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(connection), c.c}, nil
}

// connection is what SQLite's connections can do and this package uses.
type connection interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type countingConn struct {
	connection
	c *counter
}

func (c countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.c.note(&c.c.prepared, query)
	s, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return countingStmt{s.(statement), query, c.c}, nil
}

func (c countingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.c.note(&c.c.ran, "BEGIN")
	return c.connection.BeginTx(ctx, o)
}

func (c countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.c.note(&c.c.ran, query)
	return c.connection.ExecContext(ctx, query, args)
}

func (c countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.c.note(&c.c.ran, query)
	return c.connection.QueryContext(ctx, query, args)
}

// statement is what SQLite's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type countingStmt struct {
	statement
	query string
	c     *counter
}

func (s countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.c.note(&s.c.ran, s.query)
	return s.statement.ExecContext(ctx, args)
}

func (s countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.c.note(&s.c.ran, s.query)
	return s.statement.QueryContext(ctx, args)
}
