// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findBinding = `SELECT generation FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	putBinding  = `
		INSERT INTO role_bindings
			(owner, back_office, uid, namespace, name, generation, permission_set_uid, in_force, not_before, expires_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, ''), ?8, ?9, ?10)
		ON CONFLICT (owner, back_office, uid) DO UPDATE SET
			namespace = excluded.namespace, name = excluded.name, generation = excluded.generation,
			permission_set_uid = excluded.permission_set_uid, in_force = excluded.in_force,
			not_before = excluded.not_before, expires_at = excluded.expires_at`
	deleteBinding  = `DELETE FROM role_bindings WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
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

func (b *batch) putBinding(ctx context.Context, r store.RoleBinding) error {
	if err := b.fresh(ctx, findBinding, r.Meta); err != nil {
		return err
	}
	_, err := b.exec(ctx, putBinding,
		r.UID, r.Namespace, r.Name, r.Generation, r.PermissionSetUID, r.InForce, seconds(r.NotBefore), seconds(r.ExpiresAt))
	if err != nil {
		return err
	}
	if len(r.Subjects) > 0 {
		if _, err := b.exec(ctx, insertSubjects, r.UID, r.Generation, list(r.Subjects)); err != nil {
			return err
		}
	}
	_, err = b.exec(ctx, deleteFormerSubjects, r.UID, r.Generation)
	return err
}

func (b *batch) removeBinding(ctx context.Context, uid string) error {
	return b.execAll(ctx, []string{deleteBinding, deleteSubjects}, uid)
}

// bind writes the bindings that a user saw, and drops what was seen of the user's former labels.
func (b *batch) bind(ctx context.Context, u store.User) error {
	if len(u.Bindings) > 0 {
		if _, err := b.exec(ctx, insertBound, u.UID, u.LabelsHash, list(u.Bindings)); err != nil {
			return err
		}
	}
	_, err := b.exec(ctx, deleteFormerBound, u.UID, u.LabelsHash)
	return err
}

// seconds is a bound of time as it is stored: null where there is none.
func seconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}
