// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findSet = `
		SELECT namespace, name, generation, stamp, gives FROM permission_sets WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	findOther = `SELECT uid, namespace, name FROM permission_sets WHERE owner = ?1 AND back_office = ?2 AND set_key = ?3 AND uid <> ?4`
	putSet    = `
		INSERT INTO permission_sets
			(owner, back_office, uid, namespace, name, generation, stamp, gives, set_key, display_name, rank, rank_family, in_force,
			account_types, bypass, has_denied, access_lost_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16 <> '[]', iif(?17, ` + sessionsEnd + `, NULL))
		ON CONFLICT (owner, back_office, uid) DO UPDATE SET
			namespace = excluded.namespace, name = excluded.name, generation = excluded.generation, stamp = excluded.stamp,
			gives = excluded.gives, set_key = excluded.set_key, display_name = excluded.display_name, rank = excluded.rank,
			rank_family = excluded.rank_family, in_force = excluded.in_force, account_types = excluded.account_types,
			bypass = excluded.bypass, has_denied = max(has_denied, excluded.has_denied),
			access_lost_at = CASE WHEN ?17 OR ` + otherAncestors + ` THEN ` + laterLoss + ` ELSE access_lost_at END`
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
func (b *batch) putSet(ctx context.Context, s store.PermissionSet, a store.Admission) error {
	was, err := b.fresh(ctx, findSet, s.Meta)
	if err != nil {
		return err
	}
	if err := b.replaceSet(ctx, s); err != nil {
		return err
	}
	ancestors, denials := list(s.Ancestors), list(s.Deny)
	err = b.exec(ctx, putSet, s.UID, s.Namespace, s.Name, s.Generation, s.Stamp, list(a.Gives), s.SetKey, s.DisplayName, s.Rank,
		s.RankFamily, s.InForce, list(s.AccountTypes), list(s.Bypass), denials, was.endsSessions(a), ancestors)
	if err != nil {
		return err
	}
	err = b.refill(ctx, s.UID, []part{
		{deleteAncestors, insertAncestors, ancestors},
		{deleteEntries, insertEntries, list(s.Entries)},
		{deleteDenials, insertDenials, denials},
	})
	if err != nil {
		return err
	}
	return b.logPut(ctx, was, store.KindPermissionSet, s.Meta, a)
}

// replaceSet removes the set that has the key, if it was lost and made anew.
func (b *batch) replaceSet(ctx context.Context, s store.PermissionSet) error {
	var other store.Meta
	taken, err := b.read(ctx, findOther, []any{s.SetKey, s.UID}, &other.UID, &other.Namespace, &other.Name)
	switch {
	case err != nil || !taken:
		return err
	case !namesakes(other, s.Meta):
		return store.ErrTaken
	default:
		return b.removeSet(ctx, other.UID)
	}
}

// namesakes tells whether two objects of one kind, of which both were stored, had one name: then one was lost, and the other one made anew.
func namesakes(a, b store.Meta) bool {
	return a.Name != "" && a.Name == b.Name && a.Namespace == b.Namespace
}

// part are the rows of one table that belong to a record: how they are deleted, and filled with items.
type part struct{ empty, fill, items string }

// refill writes the parts of the record with that UID.
func (b *batch) refill(ctx context.Context, uid string, parts []part) error {
	for _, p := range parts {
		if err := b.exec(ctx, p.empty, uid); err != nil {
			return err
		}
		if err := b.exec(ctx, p.fill, uid, p.items); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) removeSet(ctx context.Context, uid string) error {
	was, err := b.formerly(ctx, findSet, uid)
	if err != nil {
		return err
	}
	if err := b.execAll(ctx, []string{loseSet, deleteSet, deleteAncestors, deleteEntries, deleteDenials}, uid); err != nil {
		return err
	}
	return b.logRemoval(ctx, was, store.KindPermissionSet, store.ActionRemove)
}
