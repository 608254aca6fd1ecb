// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

//nolint:gosec // G101: statements about credentials, and none of them
const (
	findCredential = `
		SELECT u.id, ifnull(c.version, 0), ifnull(c.source, ''), ifnull(c.verifier, ''), c.issued_at, ifnull(c.previous_verifier, ''),
			c.previous_issued_at, c.previous_until, ifnull(c.revoked_verifier, ''), ifnull(c.secret_uid, ''), ifnull(c.secret_resource_version, ''),
			ifnull(c.concealed, 0), ifnull(c.token_hash, ''), c.token_expires_at
		FROM users u LEFT JOIN credentials c ON c.user_id = u.id
		WHERE u.owner = ?1 AND u.back_office = ?2 AND u.uid = ?3`
	putCredential = `
		INSERT INTO credentials (user_id, version, source, verifier, issued_at, previous_verifier, previous_issued_at, previous_until,
			revoked_verifier, secret_uid, secret_resource_version, concealed, token_hash, token_expires_at)
		VALUES (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
		ON CONFLICT (user_id) DO UPDATE SET
			version = excluded.version, source = excluded.source, verifier = excluded.verifier, issued_at = excluded.issued_at,
			previous_verifier = excluded.previous_verifier, previous_issued_at = excluded.previous_issued_at,
			previous_until = excluded.previous_until, revoked_verifier = excluded.revoked_verifier, secret_uid = excluded.secret_uid,
			secret_resource_version = excluded.secret_resource_version, concealed = excluded.concealed, token_hash = excluded.token_hash,
			token_expires_at = excluded.token_expires_at`
	deleteCredential = `DELETE FROM credentials WHERE user_id = ?3`

	putMail = `
		INSERT INTO outbox (id, owner, back_office, user_id, token, token_hash, expires_at) VALUES (?4, ?1, ?2, ?3, ?5, ?6, ?7)
		ON CONFLICT (user_id) DO UPDATE SET
			id = excluded.id, owner = excluded.owner, token = excluded.token, token_hash = excluded.token_hash,
			created_at = unixepoch(), expires_at = excluded.expires_at`
	deleteMail = `DELETE FROM outbox WHERE user_id = ?3`
	// deleteOldMail takes away the tokens that work no more and that nobody has sent.
	deleteOldMail = `DELETE FROM outbox WHERE owner = ?1 AND back_office = ?2 AND expires_at <= unixepoch()`

	putReset = `
		UPDATE owners SET credentials_reset_at = ?3, access_lost_at = ` + laterLoss + ` WHERE owner = ?1 AND back_office = ?2`
)

// findCredential reads a user's row of credentials, which has version 0 where there is none.
func (b *batch) findCredential(ctx context.Context, userUID string) (c credential, err error) {
	c.now, c.reset = b.now, b.reset
	found, err := b.read(ctx, findCredential, []any{userUID}, &c.userID, &c.Version, &c.Source, &c.Verifier, instant{&c.IssuedAt}, &c.Previous,
		instant{&c.PreviousIssuedAt}, instant{&c.previousUntil}, &c.Revoked, &c.SecretUID, &c.SecretResourceVersion,
		&c.Concealed, &c.tokenHash, instant{&c.InvitationExpiresAt})
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return c, err
}

func (b *batch) issueCredential(ctx context.Context, i store.IssueCredential) error {
	c, err := b.findCredential(ctx, i.UserUID)
	if err != nil || c.Version == i.Version && c.Verifier == i.Verifier {
		return err
	}
	if err := c.mayBecome(i.Version, i.Resets); err != nil {
		return err
	}
	if i.MinAge > 0 && c.Verifier != "" && c.now.Sub(c.IssuedAt) < i.MinAge {
		return store.ErrNotDue
	}
	return b.supersede(ctx, c, c.issued(i), i.Resets)
}

func (b *batch) finishCredential(ctx context.Context, f store.FinishCredential) error {
	c, err := b.findCredential(ctx, f.UserUID)
	switch {
	case err != nil:
		return err
	case c.Version != f.Version || c.Verifier == "":
		return store.ErrStale
	}
	return b.writeCredential(ctx, c.finished(f))
}

func (b *batch) inviteUser(ctx context.Context, i store.InviteUser) error {
	c, err := b.findCredential(ctx, i.UserUID)
	if err != nil || c.Version == i.Version && c.tokenHash == i.TokenHash {
		return err
	}
	if err := c.mayBecome(i.Version, i.Resets); err != nil {
		return err
	}
	invited := c.invited(i)
	if err := b.supersede(ctx, c, invited, i.Resets); err != nil {
		return err
	}
	if err := b.exec(ctx, deleteOldMail); err != nil {
		return err
	}
	id, err := uuid.NewRandom() // not sorted by time: it tells nothing of who was invited before whom
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	return b.exec(ctx, putMail, c.userID, id.String(), i.Token, i.TokenHash, seconds(invited.InvitationExpiresAt))
}

func (b *batch) revokeCredential(ctx context.Context, r store.RevokeCredential) error {
	c, err := b.findCredential(ctx, r.UserUID)
	if err != nil || c.Version == r.Version && c.Verifier == "" {
		return err
	}
	if err := c.mayBecome(r.Version, r.Resets); err != nil {
		return err
	}
	if err := b.exec(ctx, loseSessions, c.userID); err != nil {
		return err
	}
	return b.supersede(ctx, c, c.revoked(r), time.Time{})
}

// resetCredentials costs the same for every number of accounts: the views compare.
func (b *batch) resetCredentials(ctx context.Context, r store.ResetCredentials) error {
	before := wholeUp(r.IssuedBefore)
	switch {
	case !before.After(b.reset):
		return nil
	case before.After(b.now.Add(store.MaxAhead)):
		return store.ErrAhead
	}
	b.reset = before
	return b.exec(ctx, putReset, seconds(before))
}

// supersede writes the version after c. Where it resets, sessions end.
func (b *batch) supersede(ctx context.Context, c, next credential, resets time.Time) error {
	if !resets.IsZero() {
		if err := b.exec(ctx, loseSessions, c.userID); err != nil {
			return err
		}
	}
	if c.tokenHash != "" && next.tokenHash == "" {
		if err := b.exec(ctx, deleteMail, c.userID); err != nil {
			return err
		}
	}
	return b.writeCredential(ctx, next)
}

func (b *batch) writeCredential(ctx context.Context, c credential) error {
	return b.exec(ctx, putCredential, c.userID, c.Version, c.Source, c.Verifier, seconds(c.IssuedAt), c.Previous, seconds(c.PreviousIssuedAt),
		seconds(c.previousUntil), c.Revoked, c.SecretUID, c.SecretResourceVersion, c.Concealed, c.tokenHash, seconds(c.InvitationExpiresAt))
}
