// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findBinding = `
		SELECT namespace, name, generation, stamp, gives FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	findNamesake = `
		SELECT uid FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND namespace = ?3 AND name = ?4 AND name <> '' AND uid <> ?5`
	putBinding = `
		INSERT INTO role_bindings
			(owner, back_office, uid, namespace, name, generation, stamp, gives, permission_set_uid, in_force, not_before, expires_at, has_denied)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, ''), ?10, ?11, ?12, ?13 <> '[]')
		ON CONFLICT (owner, back_office, uid) DO UPDATE SET
			namespace = excluded.namespace, name = excluded.name, generation = excluded.generation, stamp = excluded.stamp,
			gives = excluded.gives, permission_set_uid = excluded.permission_set_uid, in_force = excluded.in_force,
			not_before = excluded.not_before, expires_at = excluded.expires_at, has_denied = max(has_denied, excluded.has_denied),
			access_lost_at = CASE WHEN ?14 OR ` + otherBinding + ` THEN ` + laterLoss + ` ELSE access_lost_at END`
	deleteBinding = `DELETE FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	deleteGrants  = `DELETE FROM role_binding_entries WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`
	insertGrants  = `
		INSERT INTO role_binding_entries (owner, back_office, binding_uid, path, level)
		SELECT ?1, ?2, ?3, value ->> 'Path', value ->> 'Level' FROM json_each(?4)`
	deleteOwnDenials = `DELETE FROM role_binding_denials WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`
	insertOwnDenials = `
		INSERT INTO role_binding_denials (owner, back_office, binding_uid, path)
		SELECT ?1, ?2, ?3, value FROM json_each(?4)`
	deleteOwnFilters = `DELETE FROM role_binding_filters WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`
	insertOwnFilters = `
		INSERT INTO role_binding_filters
			(owner, back_office, binding_uid, dimension, mode, access, filter_values, filter_groups, filter_tags, default_value)
		SELECT ?1, ?2, ?3, ` + filterColumns + ` FROM json_each(?4)`
	insertSubjects = `
		INSERT INTO role_binding_subjects (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash, since)
		SELECT ?1, ?2, ?3, ?4, s.value ->> 'UserUID', s.value ->> 'LabelsHash', ifnull((
			SELECT x.since
			FROM users u
			CROSS JOIN role_binding_subjects x INDEXED BY role_binding_subjects_user
				ON x.user_uid = u.uid AND x.back_office = u.back_office AND x.owner = u.owner AND x.labels_hash = u.labels_hash
			WHERE u.owner = ?1 AND u.back_office = ?2 AND u.uid = s.value ->> 'UserUID' AND x.binding_uid = ?3 AND x.binding_generation = ?6
		), ` + sessionsEnd + `)
		FROM json_each(?5) s WHERE true
		ON CONFLICT DO NOTHING`
	deleteFormerSubjects = `
		DELETE FROM role_binding_subjects WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3 AND binding_generation < ?4`
	deleteSubjects = `DELETE FROM role_binding_subjects WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`

	insertBound = `
		INSERT INTO role_binding_subjects (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash, since)
		SELECT ?1, ?2, s.value ->> 'BindingUID', s.value ->> 'Generation', ?3, ?4, ifnull((
			SELECT x.since
			FROM role_binding_subjects x INDEXED BY role_binding_subjects_user
			CROSS JOIN role_bindings b
				ON b.owner = x.owner AND b.back_office = x.back_office AND b.uid = x.binding_uid AND b.generation = x.binding_generation
			WHERE x.user_uid = ?3 AND x.back_office = ?2 AND x.owner = ?1 AND x.labels_hash = ?6 AND x.binding_uid = s.value ->> 'BindingUID'
		), ` + sessionsEnd + `)
		FROM json_each(?5) s WHERE true
		ON CONFLICT DO NOTHING`
	deleteFormerBound = `
		DELETE FROM role_binding_subjects INDEXED BY role_binding_subjects_user
		WHERE owner = ?1 AND back_office = ?2 AND user_uid = ?3 AND labels_hash <> ?4`
	deleteBound = `
		DELETE FROM role_binding_subjects INDEXED BY role_binding_subjects_user WHERE owner = ?1 AND back_office = ?2 AND user_uid = ?3`
)

func (b *batch) putBinding(ctx context.Context, r store.RoleBinding, a store.Admission) error {
	was, err := b.fresh(ctx, findBinding, r.Meta)
	if err != nil {
		return err
	}
	if !was.stored {
		if err := b.replaceBinding(ctx, r.Meta); err != nil {
			return err
		}
	}
	err = b.exec(ctx, putBinding, r.UID, r.Namespace, r.Name, r.Generation, r.Stamp, list(a.Gives), r.PermissionSetUID, r.InForce,
		seconds(r.NotBefore), seconds(r.ExpiresAt), list(r.Deny), was.endsSessions(a))
	if err != nil {
		return err
	}
	err = b.refill(ctx, r.UID, []part{
		{deleteGrants, insertGrants, list(r.Grants)},
		{deleteOwnDenials, insertOwnDenials, list(r.Deny)},
		{deleteOwnFilters, insertOwnFilters, filterRows(r.Filters)},
	})
	if err != nil {
		return err
	}
	if err := b.bindSubjects(ctx, r, was); err != nil {
		return err
	}
	return b.logPut(ctx, was, store.KindRoleBinding, r.Meta, a)
}

// replaceBinding removes a binding that was lost and made anew.
func (b *batch) replaceBinding(ctx context.Context, m store.Meta) error {
	var lost string
	found, err := b.read(ctx, findNamesake, []any{m.Namespace, m.Name, m.UID}, &lost)
	if err != nil || !found {
		return err
	}
	return b.removeBinding(ctx, lost)
}

// bindSubjects writes the subjects that a binding saw, and drops what was seen of its former generations.
func (b *batch) bindSubjects(ctx context.Context, r store.RoleBinding, was former) error {
	if !was.stored || r.Generation != was.meta.Generation {
		if err := b.exec(ctx, beginSubjects, r.UID, r.Generation, was.meta.Generation); err != nil {
			return err
		}
	}
	if len(r.Subjects) > 0 {
		if err := b.exec(ctx, insertSubjects, r.UID, r.Generation, list(r.Subjects), was.meta.Generation); err != nil {
			return err
		}
	}
	if was.stored {
		if err := b.exec(ctx, loseFormerSubjects, r.UID, r.Generation); err != nil {
			return err
		}
	}
	return b.exec(ctx, deleteFormerSubjects, r.UID, r.Generation)
}

func (b *batch) removeBinding(ctx context.Context, uid string) error {
	was, err := b.formerly(ctx, findBinding, uid)
	if err != nil {
		return err
	}
	err = b.execAll(ctx, []string{loseSubjects, deleteBinding, deleteGrants, deleteOwnDenials, deleteOwnFilters, deleteSubjects}, uid)
	if err != nil {
		return err
	}
	return b.logRemoval(ctx, was, store.KindRoleBinding, store.ActionRemove)
}

// bind writes the bindings that a user saw, and drops what was seen of the user's former labels, which are null for a new user.
func (b *batch) bind(ctx context.Context, u store.User, former sql.NullString) error {
	if former.Valid && former.String != u.LabelsHash {
		if err := b.exec(ctx, beginBound, u.UID, u.LabelsHash, former); err != nil {
			return err
		}
	}
	if len(u.Bindings) > 0 {
		if err := b.exec(ctx, insertBound, u.UID, u.LabelsHash, list(u.Bindings), former); err != nil {
			return err
		}
	}
	if former.Valid {
		if err := b.exec(ctx, loseFormerBound, u.UID, u.LabelsHash); err != nil {
			return err
		}
	}
	return b.exec(ctx, deleteFormerBound, u.UID, u.LabelsHash)
}

// seconds is a bound of time as it is stored: null where there is none.
func seconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}
