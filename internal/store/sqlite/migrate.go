// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Managers that migrate at once do no harm: each migration is one transaction, and who comes late
// finds that it fails or is done, and looks again.
func migrate(ctx context.Context, db *sql.DB) (err error) {
	const attempts = 5
	for range attempts {
		if err = migrateOnce(ctx, db); err == nil {
			return nil
		}
		if err = failedOpen("migrating", err); errors.Is(err, store.ErrUnavailable) {
			return err
		}
	}
	return err
}

func migrateOnce(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName("schema_migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case current > target:
		return fmt.Errorf("%w: the schema has version %d, newer than this operator's %d", store.ErrConfig, current, target)
	case current == target:
		return nil
	}
	_, err = provider.Up(ctx)
	return err
}
