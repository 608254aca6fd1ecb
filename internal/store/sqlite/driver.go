// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps a store in a SQLite file, for one manager and for applications on the same machine.
//
// One connection writes, in transactions that take the file's write lock at their begin, so that what a transaction has read stays
// true until it has written. Others read beside it (WAL). A transaction that was acknowledged survives a loss of power
// (synchronous=FULL). Several stores may share a file.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/sqlite"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// busyTimeout bounds the wait for another writer of the file, in milliseconds: a transaction takes some ten of them.
	busyTimeout = "5000"
	// readers are the connections that read beside the writer.
	readers = 4
)

// Driver opens stores in SQLite files. [store.Options].URL is the file's path; the file is created, readable by its user
// alone, in a directory that exists. Schema must be empty.
type Driver struct {
	// connector makes the connections; nil: those of the SQLite library.
	connector func(dsn string) (driver.Connector, error)
}

var _ store.Driver = Driver{}

// Open implements [store.Driver].
func (d Driver) Open(ctx context.Context, o store.Options) (store.Store, error) {
	if o.Schema != "" {
		return nil, fmt.Errorf("%w: SQLite has no schemas", store.ErrConfig)
	}
	if !validTexts(o.Owner, o.BackOffice, o.UsedBy) {
		return nil, fmt.Errorf("%w: a name that is no text", store.ErrConfig)
	}
	if err := ctx.Err(); err != nil {
		return nil, failed("opening", err)
	}
	path, err := prepareFile(o.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{owner: o.Owner, backOffice: o.BackOffice, turn: turnOf(path)}
	if s.writer, err = d.pool(writerDSN(path), 1); err != nil {
		return nil, failedOpen("opening", err)
	}
	if s.reader, err = d.pool(readerDSN(path, "rw"), readers); err != nil {
		_ = s.writer.Close() // the first error is the cause
		return nil, failedOpen("opening", err)
	}
	if err := s.start(ctx, o.UsedBy); err != nil {
		_ = s.Close() // the first error is the cause
		return nil, err
	}
	return s, nil
}

// OpenReader opens the database at path for an application: its tables and views, read only. The file must exist.
// The caller closes it.
func OpenReader(path string) (*sql.DB, error) {
	path, err := existingFile(path)
	if err != nil {
		return nil, err
	}
	db, err := Driver{}.pool(readerDSN(path, "ro"), readers)
	if err != nil {
		return nil, failedOpen("opening", err)
	}
	return db, nil
}

// pool opens up to n connections, none of which is closed while it idles.
func (d Driver) pool(dsn string, n int) (*sql.DB, error) {
	connector := d.connector
	if connector == nil {
		connector = sqlite.NewConnector
	}
	c, err := connector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// writerDSN names the file for the connection that writes. The mode says that the file exists, because SQLite would create it
// readable by everybody.
func writerDSN(path string) string {
	return dsn(path, url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"off"},
	})
}

func readerDSN(path, mode string) string {
	return dsn(path, url.Values{"mode": {mode}, "_query_only": {"true"}})
}

func dsn(path string, parameters url.Values) string {
	parameters.Set("_busy_timeout", busyTimeout)
	parameters.Set("_dqs", "false")
	parameters.Set("_defensive", "true")
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: parameters.Encode()}).String()
}

// prepareFile returns the absolute path of the database's file, which exists then.
func prepareFile(path string) (string, error) {
	found, err := existingFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", failedFile(err)
	}
	if err := createFile(absolute); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", failedFile(err)
	}
	return absolute, nil
}

// existingFile returns the absolute path of a regular file. It does not open it: to close a file gives up the locks that this process
// has on it, and other stores may have it open.
func existingFile(path string) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%w: the path of the database is empty or no path", store.ErrConfig)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", failedFile(err)
	}
	info, err := os.Stat(absolute)
	if err != nil {
		return "", failedFile(err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%w: the path of the database is no regular file", store.ErrConfig)
	}
	return absolute, nil
}

// createFile makes an empty file that its user alone can read. It gets its name only after it was closed, see existingFile.
func createFile(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // an empty file more harms nobody
	if err := f.Close(); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// failedFile hides the path, and says whether to try again: a full or broken disk may be mended.
func failedFile(err error) error {
	cause, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return fmt.Errorf("%w: the path of the database does not work", store.ErrConfig)
	}
	switch cause {
	case syscall.ENOSPC, syscall.EIO, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM:
		return fmt.Errorf("%w: the file of the database: %w", store.ErrUnavailable, cause)
	default:
		return fmt.Errorf("%w: the file of the database: %w", store.ErrConfig, cause)
	}
}
