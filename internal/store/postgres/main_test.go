// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/storetest"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// server is the superuser's URL of the server on which the tests run: that of POSTGRES_URL, else of a server for this run alone.
var server string

func TestMain(m *testing.M) { os.Exit(testkit.RunOnPostgres(m, &server)) }

// schemaURL is the superuser's URL with the schema as search_path, for connections that do not belong to the driver.
func schemaURL(schema string) string {
	separator := "?"
	if strings.Contains(server, "?") {
		separator = "&"
	}
	return server + separator + "search_path=" + schema
}

// newOptions are for a schema of the test's own.
func newOptions(tb testing.TB) store.Options {
	tb.Helper()
	schema := "test_" + strings.ToLower(rand.Text())
	tb.Cleanup(func() {
		conn := connect(tb, server)
		var err error
		for range 5 { // a call that was cancelled may still run on the server, and meet this in a deadlock
			if _, err = conn.Exec(context.WithoutCancel(tb.Context()), "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err == nil {
				return
			}
		}
		tb.Error(err)
	})
	return store.Options{URL: server, Schema: schema, Owner: "owner-1", BackOffice: "shop", UsedBy: "default/shop"}
}

// connect returns a connection that does not belong to the driver.
func connect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(ctx) })
	return conn
}

// newStore opens a store.
func newStore(tb testing.TB, o store.Options) *pgStore {
	tb.Helper()
	s, err := Driver{}.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s.(*pgStore)
}

// value is the single value of a question.
func value[T any](tb testing.TB, conn *pgx.Conn, sql string, args ...any) T {
	tb.Helper()
	rows, _ := conn.Query(tb.Context(), sql, args...) // CollectOneRow tells
	v, err := pgx.CollectOneRow(rows, pgx.RowTo[T])
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func do(tb testing.TB, conn *pgx.Conn, statements ...string) {
	tb.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(tb.Context(), sql); err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database {
		o := newOptions(t)
		config, err := pgx.ParseConfig(schemaURL(o.Schema))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		db := stdlib.OpenDB(*config)
		t.Cleanup(func() { _ = db.Close() })
		return storetest.Database{
			Driver: Driver{}, Options: store.Options{URL: o.URL, Schema: o.Schema}, Query: storetest.Query(db),
			Redeem: func(ctx context.Context, backOffice, token, verifier string) (string, error) {
				var id sql.NullString
				err := db.QueryRowContext(ctx, "SELECT redeem_token($1, $2, $3)::text", backOffice, token, verifier).Scan(&id)
				return id.String, err
			},
			MailSent: func(ctx context.Context, id string) (sent bool, err error) {
				err = db.QueryRowContext(ctx, "SELECT mail_sent($1::text::uuid)", id).Scan(&sent)
				return sent, err
			},
		}
	})
}

// user is an account that may log in.
func user(login string, changes ...func(*store.User)) store.User {
	u := store.User{
		Meta: store.Meta{UID: login, Namespace: "default", Name: login, Generation: 1}, Login: login,
		AccountType: "Employee", State: store.StateActive, InForce: true, LabelsHash: "labels",
	}
	for _, change := range changes {
		change(&u)
	}
	return u
}

func put(r store.Record) store.Group { return store.Group{store.Put{Record: r}} }
