// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/postgres"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/store/storetest"
)

// database is an empty database of one driver.
type database struct {
	name    string
	driver  store.Driver
	options store.Options
	query   storetest.QueryFunc
	// clock asks for the seconds since 1970.
	clock string
}

// databases are one of each driver.
func databases(t *testing.T) []*database {
	t.Helper()
	return []*database{newSQLite(t), newPostgres(t)}
}

func newSQLite(t *testing.T) *database {
	t.Helper()
	d := &database{
		name: "SQLite", driver: sqlite.Driver{}, options: store.Options{URL: filepath.Join(t.TempDir(), "store.db")}, clock: `SELECT strftime('%s', 'now')`,
	}
	d.apply(t, "first") // which makes the file
	db, err := sqlite.OpenReader(d.options.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d.query = storetest.Query(db)
	return d
}

func newPostgres(t *testing.T) *database {
	t.Helper()
	schema := "test_" + strings.ToLower(rand.Text())
	separator := "?"
	if strings.Contains(server, "?") {
		separator = "&"
	}
	config, err := pgx.ParseConfig(server + separator + "search_path=" + schema)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() {
		drop(t, db, schema)
		_ = db.Close()
	})
	return &database{
		name: "PostgreSQL", driver: postgres.Driver{}, options: store.Options{URL: server, Schema: schema}, query: storetest.Query(db),
		clock: `SELECT floor(extract(epoch FROM clock_timestamp()))::bigint`,
	}
}

func drop(t *testing.T, db *sql.DB, schema string) {
	t.Helper()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
		t.Error(err)
	}
}

// store opens the store of a back office. The caller closes it.
func (d *database) store(t *testing.T, backOffice string) store.Store {
	t.Helper()
	o := d.options
	o.Owner, o.BackOffice, o.UsedBy = "owner", backOffice, "default/"+backOffice
	st, err := d.driver.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	return st
}

// apply writes each change as a group of its own. None may get a verdict.
func (d *database) apply(t *testing.T, backOffice string, batches ...[]store.Change) {
	t.Helper()
	st := d.store(t, backOffice)
	defer func() { _ = st.Close() }() // all is written
	for _, batch := range batches {
		groups := make([]store.Group, len(batch))
		for i, c := range batch {
			groups[i] = store.Group{c}
		}
		verdicts, err := st.Apply(t.Context(), groups)
		if err != nil {
			t.Fatalf("%s, %s: %v", d.name, backOffice, err)
		}
		for i, verdict := range verdicts {
			if verdict != nil {
				t.Fatalf("%s, %s: %v of %+v", d.name, backOffice, verdict, batch[i])
			}
		}
	}
}

// now is the database's clock, in whole seconds.
func (d *database) now(t *testing.T) time.Time {
	t.Helper()
	seconds, err := strconv.ParseInt(d.ask(t, d.clock)[0][0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0).UTC()
}

func (d *database) ask(t *testing.T, query string, args ...any) [][]string {
	t.Helper()
	rows, err := d.query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	return rows
}

// views are the questions of which every driver gives the same answers.
var views = map[string]string{
	"effective_permissions": `SELECT back_office, login, path, level FROM effective_permissions`,
	"effective_filters": `SELECT back_office, login, path, level, grant_id, dimension, mode, access, default_value, filter_values, filter_groups, filter_tags
		FROM effective_filters`,
	"active_users": `SELECT back_office, login, account_type, two_factor, settings, allowed_networks, verifier, previous_verifier FROM active_users`,
}

// rows are those of a view, as texts, by back office. Lists in JSON are told without the spaces in which drivers differ.
func (d *database) rows(t *testing.T, view string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, row := range d.ask(t, views[view]) {
		for i, cell := range row {
			if strings.HasPrefix(cell, "[") || strings.HasPrefix(cell, "{") {
				row[i] = compacted(cell)
			}
		}
		found[row[0]] = append(found[row[0]], fmt.Sprintf("%q", row[1:]))
	}
	return found
}
