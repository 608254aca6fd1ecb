// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// urlVariable is the environment variable with the URL of a PostgreSQL database.
const urlVariable = "BACKOFFICE_STORE_URL"

// mostURL bounds a URL in bytes.
const mostURL = 4096

// source says which database is read.
type source struct{ sqlite, urlFile, schema string }

func (f source) validate(cmd *cobra.Command) error {
	switch {
	case f.sqlite != "" && f.urlFile != "":
		return session.UsageError(cmd, "--sqlite and --postgres-url-file are two stores: give one of them")
	case f.sqlite == "" && f.urlFile == "" && os.Getenv(urlVariable) == "":
		return session.UsageError(cmd, "which store is read must be said: by --sqlite, by --postgres-url-file, or by the environment variable %s", urlVariable)
	case f.sqlite != "" && cmd.Flags().Changed("schema"):
		return session.UsageError(cmd, "--schema is for PostgreSQL: SQLite has no schemas")
	case f.schema == "":
		return session.UsageError(cmd, "--schema must be the name of a schema")
	}
	return nil
}

// schemaOf is the schema that is read; SQLite has none.
func (f source) schemaOf() string {
	if f.sqlite != "" {
		return ""
	}
	return f.schema
}

// hint says what to look at where a database has no accounts that could be read.
func (f source) hint() string {
	if f.sqlite != "" {
		return "The file must be the store of a BackOffice, which the operator has created: <--sqlite-dir>/<namespace>_<name>.db"
	}
	return fmt.Sprintf("The database must be the store of a BackOffice, with the tables in schema %q (--schema), and its user must be let in to read them", f.schema)
}

// open opens the database.
func (f source) open(s *session.Session) (*sql.DB, error) {
	if f.sqlite != "" {
		db, err := s.Stores.SQLite(f.sqlite)
		if err != nil {
			return nil, fmt.Errorf("opening --sqlite %s: %w", f.sqlite, err)
		}
		return db, nil
	}
	url, err := f.url(s.In)
	if err != nil {
		return nil, err
	}
	return s.Stores.PostgreSQL(url, f.schema)
}

// url is that of the database. No error repeats what was read.
func (f source) url(in io.Reader) (string, error) {
	if f.urlFile == "" {
		return os.Getenv(urlVariable), nil
	}
	if f.urlFile != "-" {
		file, err := os.Open(f.urlFile)
		if err != nil {
			return "", fmt.Errorf("opening --postgres-url-file: %w", err)
		}
		defer func() { _ = file.Close() }() // it was read
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, mostURL))
	if err != nil {
		return "", fmt.Errorf("reading --postgres-url-file: %w", err)
	}
	if url := strings.TrimSpace(string(text)); url != "" {
		return url, nil
	}
	return "", errors.New("--postgres-url-file is empty: it must have the URL of the database")
}
