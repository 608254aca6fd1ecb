// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package accounts reads which accounts a store has, for who writes manifests of them. It reads, in one transaction that may do nothing else, and
// claims nothing: an operator goes on beside it. No verifier and no token leave the database.
package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Account is an account as the store has it.
type Account struct {
	// Owner is whose row it is; empty where it is nobody's.
	Owner string
	// User is the record. Its Meta is of the object that the account had, if it had one.
	store.User
	// HasPassword tells whether there is a password to go on with.
	HasPassword bool
}

// Query says which accounts.
type Query struct {
	// Schema is that of a PostgreSQL database; SQLite has none.
	Schema string
	// BackOffice is the metadata.name of the BackOffice.
	BackOffice string
	// Owner is whose rows; Unowned and Any are no names of owners.
	Owner string
}

// What Query.Owner may be beside the name of an owner.
const (
	// Unowned are the rows of nobody: accounts that were put there, and orphans.
	Unowned = ""
	// Any are all rows.
	Any = "*"
)

// Read returns the accounts in the order of their logins.
func Read(ctx context.Context, db *sql.DB, q Query) (found []Account, err error) {
	err = reading(ctx, db, q.Schema, func(tx *sql.Tx) error {
		found, err = q.read(ctx, tx)
		return err
	})
	return found, err
}

// Owners counts the accounts of a store by back office and owner, as texts such as "shop: 3 of owner shop-prod".
func Owners(ctx context.Context, db *sql.DB, schema string) (found []string, err error) {
	const question = `SELECT back_office, coalesce(owner, ''), count(*) FROM users GROUP BY 1, 2 ORDER BY 1, 2`
	err = reading(ctx, db, schema, func(tx *sql.Tx) error {
		return each(ctx, tx, question, nil, func(scan scanner) error {
			var office, owner string
			var count int
			if err := scan(&office, &owner, &count); err != nil {
				return err
			}
			if owner == "" {
				owner = "no owner"
			} else {
				owner = "owner " + owner
			}
			found = append(found, fmt.Sprintf("%s: %d of %s", office, count, owner))
			return nil
		})
	})
	return found, err
}

// reading runs a transaction that sees one moment, and cannot write.
func reading(ctx context.Context, db *sql.DB, schema string, read func(*sql.Tx) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if schema != "" {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("connecting to the store: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if schema != "" {
		const settings = `SELECT set_config('search_path', $1, true), set_config('statement_timeout', '60s', true), set_config('lock_timeout', '5s', true)`
		if _, err := tx.ExecContext(ctx, settings, `"`+strings.ReplaceAll(schema, `"`, `""`)+`", pg_temp`); err != nil {
			return fmt.Errorf("connecting to the store: %w", err)
		}
	}
	if err := read(tx); err != nil {
		return fmt.Errorf("reading accounts: %w", err)
	}
	return nil
}

// which is the condition on users, and what its parameters are.
func (q Query) which() (condition string, parameters []any) {
	switch q.Owner {
	case Unowned:
		return `u.back_office = $1 AND u.owner IS NULL`, []any{q.BackOffice}
	case Any:
		return `u.back_office = $1`, []any{q.BackOffice}
	}
	return `u.back_office = $1 AND u.owner = $2`, []any{q.BackOffice, q.Owner}
}

func (q Query) read(ctx context.Context, tx *sql.Tx) ([]Account, error) {
	condition, parameters := q.which()
	var accounts []*Account
	byID := map[string]*Account{}
	err := each(ctx, tx, usersSQL+condition+` ORDER BY u.login_folded`, parameters, func(scan scanner) error {
		id, a, err := account(scan)
		accounts, byID[id] = append(accounts, a), a
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, networksSQL+condition+` ORDER BY n.network`, parameters, func(scan scanner) error {
		var id, network string
		err := scan(&id, &network)
		if a := byID[id]; a != nil {
			a.Networks = append(a.Networks, network)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, filtersSQL+condition+` ORDER BY f.dimension`, parameters, func(scan scanner) error {
		id, filter, err := filter(scan)
		if a := byID[id]; a != nil {
			a.Filters = append(a.Filters, filter)
		}
		return err
	})
	found := make([]Account, 0, len(accounts))
	for _, a := range accounts {
		found = append(found, *a)
	}
	return found, err
}

// The questions, which PostgreSQL and SQLite understand alike.
const (
	usersSQL = `SELECT CAST(u.id AS text), coalesce(u.owner, ''), coalesce(u.uid, ''), u.namespace, u.name, u.login, u.account_type, u.state,
		u.held, u.hold_reason, u.in_force, u.full_name, u.first_name, u.last_name, u.email, u.phone, u.language, u.gender, u.picture_url,
		u.description, CAST(u.settings AS text),
		EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id AND c.verifier <> '')
		FROM users u WHERE `
	networksSQL = `SELECT CAST(n.user_id AS text), n.network FROM users u JOIN allowed_networks n ON n.user_id = u.id WHERE `
	filtersSQL  = `SELECT CAST(f.user_id AS text), f.dimension, f.mode, f.access, CAST(f.filter_values AS text), CAST(f.filter_groups AS text),
		CAST(f.filter_tags AS text), f.default_value
		FROM users u JOIN user_filters f ON f.user_id = u.id WHERE `
)

// scanner reads the columns of a row.
type scanner func(into ...any) error

func each(ctx context.Context, tx *sql.Tx, question string, parameters []any, visit func(scanner) error) error {
	rows, err := tx.QueryContext(ctx, question, parameters...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has what there is to say
	for rows.Next() {
		if err := visit(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func account(scan scanner) (id string, a *Account, err error) {
	a = &Account{}
	var settings string
	err = scan(&id, &a.Owner, &a.UID, &a.Namespace, &a.Name, &a.Login, &a.AccountType, &a.State, &a.Held, &a.HoldReason, &a.InForce,
		&a.FullName, &a.FirstName, &a.LastName, &a.Email, &a.Phone, &a.Language, &a.Gender, &a.PictureURL, &a.Description, &settings, &a.HasPassword)
	if err != nil {
		return id, a, err
	}
	var values map[string]string
	if json.Unmarshal([]byte(settings), &values) != nil {
		return id, a, fmt.Errorf("the settings of login %q are no JSON object of text", a.Login)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		a.Settings = append(a.Settings, store.Setting{Name: name, Value: values[name]})
	}
	return id, a, nil
}

func filter(scan scanner) (id string, f store.Filter, err error) {
	var values, groups, tags string
	if err := scan(&id, &f.Dimension, &f.Mode, &f.Access, &values, &groups, &tags, &f.Default); err != nil {
		return id, f, err
	}
	for _, list := range []struct {
		text string
		into *[]string
	}{{values, &f.Values}, {groups, &f.Groups}, {tags, &f.Tags}} {
		if json.Unmarshal([]byte(list.text), list.into) != nil {
			return id, f, fmt.Errorf("a filter on %q has a list that is no JSON array of text", f.Dimension)
		}
	}
	return id, f, nil
}
