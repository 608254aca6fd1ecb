// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// oldestServer is the first version with gen_random_uuid().
	oldestServer = 130000
	// lockPeriod and lockPeriods bound, in seconds and in number, the waiting for another manager's migrations.
	lockPeriod, lockPeriods = 1, 300
	// unlockPeriods are few: where a pooler changes the connection, the lock is never found.
	unlockPeriods = 3
)

// migrate brings the schema up to date. A schema that is up to date costs two questions and no lock.
func migrate(ctx context.Context, l *link, schema string) error {
	latest, err := latestVersion()
	if err != nil {
		return err
	}
	current, err := inspect(ctx, l, schema)
	switch {
	case err != nil:
		return err
	case current > latest:
		return &fault{cause: denied, text: fmt.Sprintf("the schema has version %d, which is newer than %d", current, latest)}
	case current == latest:
		return nil
	}
	if err := up(ctx, l, schema); err != nil {
		if f := answeredBy(err); f != nil {
			return f
		}
		return &fault{cause: away, text: "the migrations did not end", context: contextError(err)}
	}
	return nil
}

// facts are the answer to inspect.sql.
type facts struct {
	Version          int64
	Encoding         string
	Schema, Versions bool
}

// inspect returns the version of the schema, 0 where there is nothing yet, and creates the schema where it is missing.
func inspect(ctx context.Context, l *link, schema string) (int64, error) {
	q := query{mode: readOnly, sql: inspectSQL, args: []any{schema, versionTable(schema)}}
	found, err := collect(ctx, l, q, pgx.RowToStructByPos[facts])
	switch {
	case err != nil:
		return 0, err
	case found[0].Version < oldestServer:
		return 0, &fault{cause: denied, text: "the server is older than PostgreSQL 13"}
	case found[0].Encoding != "UTF8":
		return 0, &fault{cause: denied, text: "the encoding of the database is not UTF8"}
	case !found[0].Schema:
		return 0, createSchema(ctx, l, schema)
	case !found[0].Versions:
		return 0, nil
	}
	versions, err := collect(ctx, l, query{mode: readOnly, sql: versionSQL}, pgx.RowTo[int64])
	if err != nil {
		return 0, err
	}
	return versions[0], nil
}

// createSchema also succeeds where another manager is faster.
func createSchema(ctx context.Context, l *link, schema string) error {
	q := query{mode: readWrite, sql: "CREATE SCHEMA IF NOT EXISTS " + pgx.Identifier{schema}.Sanitize()}
	_, err := collect(ctx, l, q, pgx.RowTo[string])
	var f *fault
	if errors.As(err, &f) && f.cause == refused { // SQLSTATE 23505: both looked at the same time
		return nil
	}
	return err
}

// up runs the migrations under a lock that is this schema's.
func up(ctx context.Context, l *link, schema string) error {
	id := fnv.New32a()
	_, _ = id.Write([]byte("backoffice-operator/" + schema)) // it never fails
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(int64(id.Sum32())),
		lock.WithLockTimeout(lockPeriod, lockPeriods), lock.WithUnlockTimeout(lockPeriod, unlockPeriods))
	if err != nil {
		return err
	}
	versions, err := database.NewStoreFromQuerier(versionTable(schema), versionQuerier{})
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(l.pool)
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectCustom, db, schemaFiles{schema}, goose.WithStore(versions),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// latestVersion is the version to which the migrations lead.
func latestVersion() (int64, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(files[len(files)-1].Name()) // sorted by name
}

// schemaFiles are the migrations of one schema: its name stands for :"schema", as it does in psql.
type schemaFiles struct{ schema string }

// Open implements [fs.FS].
func (s schemaFiles) Open(name string) (fs.File, error) {
	file, err := migrations.Open(path.Join("migrations", name))
	if err != nil || path.Ext(name) != ".sql" {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	named := strings.ReplaceAll(string(text), `:"schema"`, pgx.Identifier{s.schema}.Sanitize())
	return schemaFile{File: file, text: strings.NewReader(named)}, nil
}

type schemaFile struct {
	fs.File
	text io.Reader
}

func (f schemaFile) Read(p []byte) (int, error) { return f.text.Read(p) }

func versionTable(schema string) string {
	return pgx.Identifier{schema, "schema_migrations"}.Sanitize()
}

// versionQuerier is how goose keeps versions: in a table with a quoted name and without a sequence.
type versionQuerier struct{}

func (versionQuerier) CreateTable(table string) string {
	return "CREATE TABLE " + table + ` (
	version_id bigint NOT NULL PRIMARY KEY,
	is_applied boolean NOT NULL,
	tstamp     timestamptz NOT NULL DEFAULT now()
)`
}

func (versionQuerier) InsertVersion(table string) string {
	return "INSERT INTO " + table + " (version_id, is_applied) VALUES ($1, $2)"
}

func (versionQuerier) DeleteVersion(table string) string {
	return "DELETE FROM " + table + " WHERE version_id = $1"
}

func (versionQuerier) GetMigrationByVersion(table string) string {
	return "SELECT tstamp, is_applied FROM " + table + " WHERE version_id = $1"
}

func (versionQuerier) ListMigrations(table string) string {
	return "SELECT version_id, is_applied FROM " + table + " ORDER BY version_id DESC"
}

func (versionQuerier) GetLatestVersion(table string) string {
	return "SELECT max(version_id) FROM " + table
}

// TableExists makes goose look into the catalogue, for the mere attempt would be an error in the server's log.
func (versionQuerier) TableExists(table string) string {
	return "SELECT to_regclass('" + strings.ReplaceAll(table, "'", "''") + "') IS NOT NULL"
}
