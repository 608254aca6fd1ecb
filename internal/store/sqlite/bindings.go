// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findBinding = `
		SELECT namespace, name, generation, stamp, gives FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	putBinding = `
		INSERT INTO role_bindings
			(owner, back_office, uid, namespace, name, generation, stamp, gives, permission_set_uid, in_force, not_before, expires_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, ''), ?10, ?11, ?12)
		ON CONFLICT (owner, back_office, uid) DO UPDATE SET
			namespace = excluded.namespace, name = excluded.name, generation = excluded.generation, stamp = excluded.stamp,
			gives = excluded.gives, permission_set_uid = excluded.permission_set_uid, in_force = excluded.in_force,
			not_before = excluded.not_before, expires_at = excluded.expires_at`
	deleteBinding = `DELETE FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	deleteGrants  = `DELETE FROM role_binding_entries WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`
	insertGrants  = `
		INSERT INTO role_binding_entries (owner, back_office, binding_uid, path, level)
		SELECT ?1, ?2, ?3, value ->> 'Path', value ->> 'Level' FROM json_each(?4)`
	deleteOwnDenials = `DELETE FROM role_binding_denials WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`
	insertOwnDenials = `
		INSERT INTO role_binding_denials (owner, back_office, binding_uid, path)
		SELECT ?1, ?2, ?3, value FROM json_each(?4)`
	insertSubjects = `
		INSERT INTO role_binding_subjects (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash)
		SELECT ?1, ?2, ?3, ?4, value ->> 'UserUID', value ->> 'LabelsHash' FROM json_each(?5) WHERE true
		ON CONFLICT DO NOTHING`
	deleteFormerSubjects = `
		DELETE FROM role_binding_subjects WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3 AND binding_generation < ?4`
	deleteSubjects = `DELETE FROM role_binding_subjects WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3`

	insertBound = `
		INSERT INTO role_binding_subjects (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash)
		SELECT ?1, ?2, value ->> 'BindingUID', value ->> 'Generation', ?3, ?4 FROM json_each(?5) WHERE true
		ON CONFLICT DO NOTHING`
	deleteFormerBound = `
		DELETE FROM role_binding_subjects WHERE owner = ?1 AND back_office = ?2 AND user_uid = ?3 AND labels_hash <> ?4`
	deleteBound = `DELETE FROM role_binding_subjects WHERE owner = ?1 AND back_office = ?2 AND user_uid = ?3`
)

func (b *batch) putBinding(ctx context.Context, r store.RoleBinding, a store.Admission) error {
	was, err := b.fresh(ctx, findBinding, r.Meta)
	if err != nil {
		return err
	}
	err = b.exec(ctx, putBinding, r.UID, r.Namespace, r.Name, r.Generation, r.Stamp, list(a.Gives), r.PermissionSetUID, r.InForce,
		seconds(r.NotBefore), seconds(r.ExpiresAt))
	if err != nil {
		return err
	}
	err = b.refill(ctx, r.UID, []part{
		{deleteGrants, insertGrants, list(r.Grants)},
		{deleteOwnDenials, insertOwnDenials, list(r.Deny)},
	})
	if err != nil {
		return err
	}
	if len(r.Subjects) > 0 {
		if err := b.exec(ctx, insertSubjects, r.UID, r.Generation, list(r.Subjects)); err != nil {
			return err
		}
	}
	if err := b.exec(ctx, deleteFormerSubjects, r.UID, r.Generation); err != nil {
		return err
	}
	return b.logPut(ctx, was, store.KindRoleBinding, r.Meta, a)
}

func (b *batch) removeBinding(ctx context.Context, uid string) error {
	was, err := b.formerly(ctx, findBinding, uid)
	if err != nil {
		return err
	}
	if err := b.execAll(ctx, []string{deleteBinding, deleteGrants, deleteOwnDenials, deleteSubjects}, uid); err != nil {
		return err
	}
	return b.logRemoval(ctx, was, store.KindRoleBinding, store.ActionRemove)
}

// bind writes the bindings that a user saw, and drops what was seen of the user's former labels.
func (b *batch) bind(ctx context.Context, u store.User) error {
	if len(u.Bindings) > 0 {
		if err := b.exec(ctx, insertBound, u.UID, u.LabelsHash, list(u.Bindings)); err != nil {
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
