// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"encoding/json"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findOffice = `SELECT office_generation FROM owners WHERE owner = ?1 AND back_office = ?2 AND office_uid = ?3`
	putOffice  = `
		UPDATE owners SET
			office_uid = ?3, office_namespace = ?4, office_name = ?5, office_generation = ?6, max_users = ?7, max_administrators = ?8
		WHERE owner = ?1 AND back_office = ?2`
	clearOffice = `
		UPDATE owners SET
			office_uid = '', office_namespace = '', office_name = '', office_generation = 0, max_users = -1, max_administrators = -1
		WHERE owner = ?1 AND back_office = ?2 AND office_uid = ?3`
	deleteCatalog = `DELETE FROM permission_catalog WHERE owner = ?1 AND back_office = ?2`
	insertCatalog = `INSERT INTO permission_catalog (owner, back_office, path) SELECT ?1, ?2, value FROM json_each(?3)`
)

// list is the JSON of a list, of which SQLite makes rows: a list is written by one statement, whatever its length.
func list[T any](items []T) string {
	if len(items) == 0 {
		return "[]" // and not null, of which SQLite makes a row
	}
	b, err := json.Marshal(items)
	if err != nil {
		panic(err) // records are plain values
	}
	return string(b)
}

// fresh holds the generation of an object against the one that the query finds for its UID, if there is one.
func (b *batch) fresh(ctx context.Context, query string, m store.Meta) error {
	var generation int64
	found, err := b.read(ctx, query, []any{m.UID}, &generation)
	if err != nil {
		return err
	}
	if found && m.Generation < generation {
		return store.ErrStale
	}
	return nil
}

func (b *batch) putOffice(ctx context.Context, o store.Office) error {
	if err := b.fresh(ctx, findOffice, o.Meta); err != nil {
		return err
	}
	if _, err := b.exec(ctx, putOffice, o.UID, o.Namespace, o.Name, o.Generation, o.MaxUsers, o.MaxAdministrators); err != nil {
		return err
	}
	b.users.most, b.administrators.most = o.MaxUsers, o.MaxAdministrators
	if _, err := b.exec(ctx, deleteCatalog); err != nil || len(o.Catalog) == 0 {
		return err
	}
	_, err := b.exec(ctx, insertCatalog, list(o.Catalog))
	return err
}

func (b *batch) removeOffice(ctx context.Context, uid string) error {
	if n, err := b.exec(ctx, clearOffice, uid); err != nil || n == 0 {
		return err
	}
	b.users.most, b.administrators.most = store.NoLimit, store.NoLimit
	_, err := b.exec(ctx, deleteCatalog)
	return err
}
