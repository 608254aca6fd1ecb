// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findOffice = `
		SELECT office_namespace, office_name, office_generation, office_stamp, office_gives
		FROM owners WHERE owner = ?1 AND back_office = ?2 AND office_uid = ?3 AND office_uid <> ''`
	putOffice = `
		UPDATE owners SET
			office_uid = ?3, office_namespace = ?4, office_name = ?5, office_generation = ?6, office_stamp = ?7, office_gives = ?8,
			max_users = ?9, max_administrators = ?10, two_factor_required = ?11, never_reuse = ?12,
			access_lost_at = CASE WHEN EXISTS ` + narrowerCatalog + ` THEN ` + laterLoss + ` ELSE access_lost_at END
		WHERE owner = ?1 AND back_office = ?2`
	clearOffice = `
		UPDATE owners SET
			office_uid = '', office_namespace = '', office_name = '', office_generation = 0, office_stamp = '', office_gives = '[]',
			max_users = -1, max_administrators = -1, two_factor_required = 0, never_reuse = 0
		WHERE owner = ?1 AND back_office = ?2 AND office_uid = ?3`
	deleteCatalog = `DELETE FROM permission_catalog WHERE owner = ?1 AND back_office = ?2`
	insertCatalog = `INSERT INTO permission_catalog (owner, back_office, path) SELECT ?1, ?2, value FROM json_each(?3)`

	deleteDimensions = `DELETE FROM filter_dimensions WHERE owner = ?1 AND back_office = ?2`
	insertDimensions = `INSERT INTO filter_dimensions (owner, back_office, dimension) SELECT ?1, ?2, value FROM json_each(?3)`
)

// list is the JSON of a list, of which SQLite makes rows: a list is written by one statement, whatever its length.
func list[T any](items []T) string {
	if len(items) == 0 {
		return "[]" // and not null, of which SQLite makes a row
	}
	return jsonOf(items)
}

func jsonOf(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // people read it
	if err := e.Encode(value); err != nil {
		panic(err) // records are plain values
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (b *batch) putOffice(ctx context.Context, o store.Office, a store.Admission) error {
	was, err := b.fresh(ctx, findOffice, o.Meta)
	if err != nil {
		return err
	}
	err = b.exec(ctx, putOffice, o.UID, o.Namespace, o.Name, o.Generation, o.Stamp, list(a.Gives), o.MaxUsers, o.MaxAdministrators,
		o.TwoFactorRequired, o.NeverReuse, list(o.Catalog))
	if err != nil {
		return err
	}
	b.users.most, b.administrators.most, b.neverReuse = o.MaxUsers, o.MaxAdministrators, o.NeverReuse
	if err := b.execAll(ctx, []string{deleteCatalog, deleteDimensions}); err != nil {
		return err
	}
	if len(o.Catalog) > 0 {
		if err := b.exec(ctx, insertCatalog, list(o.Catalog)); err != nil {
			return err
		}
	}
	if len(o.Dimensions) > 0 {
		if err := b.exec(ctx, insertDimensions, list(o.Dimensions)); err != nil {
			return err
		}
	}
	return b.logPut(ctx, was, store.KindOffice, o.Meta, a)
}

func (b *batch) removeOffice(ctx context.Context, uid string) error {
	was, err := b.formerly(ctx, findOffice, uid)
	if err != nil || !was.stored {
		return err
	}
	if err := b.exec(ctx, clearOffice, uid); err != nil {
		return err
	}
	b.users.most, b.administrators.most, b.neverReuse = store.NoLimit, store.NoLimit, false
	if err := b.execAll(ctx, []string{deleteCatalog, deleteDimensions}); err != nil {
		return err
	}
	return b.logRemoval(ctx, was, store.KindOffice, store.ActionRemove)
}
