// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"database/sql"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// OpenReader opens the database of a store for a program that reads it. It takes the URLs that a store takes, connects when it is first asked, and
// says nothing about which schema is read. The caller closes it.
func OpenReader(url, schema string) (*sql.DB, error) {
	config, err := poolConfig(store.Options{URL: url, Schema: schema})
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*config.ConnConfig)
	db.SetMaxOpenConns(1)
	return db, nil
}
