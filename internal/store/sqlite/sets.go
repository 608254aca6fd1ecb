// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findSet   = `SELECT generation FROM permission_sets WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	findOther = `SELECT uid FROM permission_sets WHERE owner = ?1 AND back_office = ?2 AND set_key = ?3 AND uid <> ?4`
	putSet    = `
		INSERT INTO permission_sets
			(owner, back_office, uid, namespace, name, generation, set_key, display_name, rank, rank_family, in_force)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
		ON CONFLICT (owner, back_office, uid) DO UPDATE SET
			namespace = excluded.namespace, name = excluded.name, generation = excluded.generation, set_key = excluded.set_key,
			display_name = excluded.display_name, rank = excluded.rank, rank_family = excluded.rank_family, in_force = excluded.in_force`
	deleteSet       = `DELETE FROM permission_sets WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	deleteAncestors = `DELETE FROM permission_set_closure WHERE owner = ?1 AND back_office = ?2 AND set_uid = ?3`
	insertAncestors = `
		INSERT INTO permission_set_closure (owner, back_office, set_uid, ancestor_uid, distance)
		SELECT ?1, ?2, ?3, value ->> 'UID', value ->> 'Distance' FROM json_each(?4)`
	deleteEntries = `DELETE FROM permission_set_entries WHERE owner = ?1 AND back_office = ?2 AND set_uid = ?3`
	insertEntries = `
		INSERT INTO permission_set_entries (owner, back_office, set_uid, path, level)
		SELECT ?1, ?2, ?3, value ->> 'Path', value ->> 'Level' FROM json_each(?4)`
	deleteDenials = `DELETE FROM permission_set_denials WHERE owner = ?1 AND back_office = ?2 AND set_uid = ?3`
	insertDenials = `
		INSERT INTO permission_set_denials (owner, back_office, set_uid, path)
		SELECT ?1, ?2, ?3, value FROM json_each(?4)`
)

// putSet costs the same whoever holds the set: what its holders may do is worked out when it is asked.
func (b *batch) putSet(ctx context.Context, s store.PermissionSet) error {
	if err := b.fresh(ctx, findSet, s.Meta); err != nil {
		return err
	}
	var other string
	switch taken, err := b.read(ctx, findOther, []any{s.SetKey, s.UID}, &other); {
	case err != nil:
		return err
	case taken:
		return store.ErrTaken
	}
	_, err := b.exec(ctx, putSet, s.UID, s.Namespace, s.Name, s.Generation, s.SetKey, s.DisplayName, s.Rank, s.RankFamily, s.InForce)
	if err != nil {
		return err
	}
	for _, l := range []struct{ empty, fill, items string }{
		{deleteAncestors, insertAncestors, list(s.Ancestors)},
		{deleteEntries, insertEntries, list(s.Entries)},
		{deleteDenials, insertDenials, list(s.Deny)},
	} {
		if _, err := b.exec(ctx, l.empty, s.UID); err != nil {
			return err
		}
		if _, err := b.exec(ctx, l.fill, s.UID, l.items); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) removeSet(ctx context.Context, uid string) error {
	return b.execAll(ctx, []string{deleteSet, deleteAncestors, deleteEntries, deleteDenials}, uid)
}
