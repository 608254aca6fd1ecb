// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package storetest is the conformance suite of the store contract: what a driver must do, whatever database is behind it.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Database { ... })
//	}
package storetest

import (
	"context"
	"database/sql"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Factory makes a fresh, empty database for one test, and removes it by t.Cleanup.
type Factory func(t *testing.T) Database

// Database is where a test may open stores: one, or several that share the tables.
type Database struct {
	Driver store.Driver
	// Options locate the database: URL and Schema. The suite sets the rest.
	Options store.Options
	// Query asks the tables and views as an application would, on connections of its own.
	Query QueryFunc
	// Write asks as the operator itself would, who may write. Nil where Query may write as well.
	Write QueryFunc
	// Redeem redeems a token as the application does, with the verifier of the password that the user chose, and returns the account's ID; empty
	// where it is refused. Safe for concurrent use.
	Redeem func(ctx context.Context, backOffice, token, verifier string) (id string, err error)
	// MailSent tells, as a mailer does, that a row of the view outbox_mail has been sent; false where there is no such row.
	MailSent func(ctx context.Context, id string) (bool, error)
}

func (d Database) write() QueryFunc {
	if d.Write != nil {
		return d.Write
	}
	return d.Query
}

// QueryFunc runs a query with the placeholders $1, $2 and so on, in this order, and returns its rows as text; NULL is empty.
type QueryFunc func(ctx context.Context, query string, args ...any) ([][]string, error)

// Query asks db.
func Query(db *sql.DB) QueryFunc {
	return func(ctx context.Context, query string, args ...any) ([][]string, error) {
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }() // Err has told
		columns, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		var table [][]string
		for rows.Next() {
			cells, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
			for i := range cells {
				targets[i] = &cells[i]
			}
			if err := rows.Scan(targets...); err != nil {
				return nil, err
			}
			row := make([]string, len(columns))
			for i, cell := range cells {
				row[i] = cell.String
			}
			table = append(table, row)
		}
		return table, rows.Err()
	}
}

// cases are tests by the sentence of the contract that they hold a driver to.
type cases map[string]func(*world)

// Run holds a driver to the contract. Every test has its own database, and tests run in parallel.
func Run(t *testing.T, f Factory) {
	t.Helper()
	topics := map[string]cases{
		"records":            recordCases(),
		"text":               textCases(),
		"taken":              takenCases(),
		"stale":              staleCases(),
		"quota":              quotaCases(),
		"groups":             groupCases(),
		"credentials":        credentialCases(),
		"passwords":          passwordCases(),
		"graces":             graceCases(),
		"resets":             resetCases(),
		"resets of all":      resetAllCases(),
		"invitations":        invitationCases(),
		"redemption":         redemptionCases(),
		"adoption":           adoptionCases(),
		"lost and made anew": remadeCases(),
		"removal":            removalCases(),
		"owners":             ownerCases(),
		"fence":              fenceCases(),
		"observe":            observeCases(),
		"subjects":           subjectCases(),
		"permissions":        permissionCases(),
		"windows":            windowCases(),
		"accounts":           accountCases(),
		"audit":              auditCases(),
		"replay":             replayCases(),
		"protection":         protectionCases(),
		"emails":             emailCases(),
		"retired":            retiredCases(),
		"types":              typeCases(),
		"filters":            filterCases(),
		"profiles":           profileCases(),
		"sessions":           sessionCases(),
	}
	for topic, tests := range topics {
		t.Run(topic, func(t *testing.T) {
			for sentence, test := range tests {
				t.Run(sentence, func(t *testing.T) {
					t.Parallel()
					test(newWorld(t, f(t)))
				})
			}
		})
	}
}

// ping is Ping without the clock.
func ping(ctx context.Context, s store.Store) error {
	_, err := s.Ping(ctx)
	return err
}
