// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

//nolint:gosec // G101: statements about credentials, and none of them
const (
	findCredential = `
		SELECT u.id, ifnull(c.version, 0), c.verifier
		FROM users u LEFT JOIN credentials c ON c.user_id = u.id
		WHERE u.owner = ?1 AND u.back_office = ?2 AND u.uid = ?3`
	putCredential = `
		INSERT INTO credentials (user_id, version, verifier, issued_at) VALUES (?3, ?4, ?5, unixepoch())
		ON CONFLICT (user_id) DO UPDATE SET
			version = excluded.version, verifier = excluded.verifier, issued_at = excluded.issued_at,
			secret_uid = '', secret_resource_version = ''`
	finishCredential = `UPDATE credentials SET secret_uid = ?4, secret_resource_version = ?5 WHERE user_id = ?3`
	deleteCredential = `DELETE FROM credentials WHERE user_id = ?3`
)

// credential is what is asked of a stored one: version 0 is none.
type credential struct {
	userID   string
	version  int64
	verifier sql.NullString
}

func (b *batch) findCredential(ctx context.Context, userUID string) (c credential, err error) {
	found, err := b.read(ctx, findCredential, []any{userUID}, &c.userID, &c.version, &c.verifier)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return c, err
}

func (b *batch) issueCredential(ctx context.Context, i store.IssueCredential) error {
	current, err := b.findCredential(ctx, i.UserUID)
	switch {
	case err != nil:
		return err
	case current.version == i.Version && current.verifier.Valid && current.verifier.String == i.Verifier:
		return nil
	case current.version != i.Version-1:
		return store.ErrStale
	}
	return b.exec(ctx, putCredential, current.userID, i.Version, i.Verifier)
}

func (b *batch) finishCredential(ctx context.Context, f store.FinishCredential) error {
	current, err := b.findCredential(ctx, f.UserUID)
	switch {
	case err != nil:
		return err
	case current.version != f.Version || !current.verifier.Valid:
		return store.ErrStale
	}
	return b.exec(ctx, finishCredential, current.userID, f.SecretUID, f.SecretResourceVersion)
}
