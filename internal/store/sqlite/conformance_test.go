// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/storetest"
)

func database(t *testing.T) storetest.Database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := Driver{}.pool(readerDSN(path, "ro"), readers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	writer, err := Driver{}.pool(writerDSN(path), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	a := newApplication(t, path)
	return storetest.Database{
		Driver: Driver{}, Options: store.Options{URL: path}, Query: storetest.Query(db), Write: storetest.Query(writer),
		Redeem: a.redeemToken, MailSent: a.mailSent,
	}
}

func TestStore(t *testing.T) { storetest.Run(t, database) }
