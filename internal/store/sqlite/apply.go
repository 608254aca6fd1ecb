// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// batch is the transaction of one Apply.
type batch struct {
	*transaction
	policy
	// now is when the transaction began, by the database's clock, in milliseconds.
	now time.Time
}

// policy is what the owner says of accounts, and what is taken of it.
type policy struct {
	quotas
	neverReuse bool
	// reset is the moment before which all passwords have ended; zero: none.
	reset time.Time
}

const (
	readOwner = `
		SELECT fence, max_users, max_administrators, never_reuse, credentials_reset_at, ` + milliseconds + `
		FROM owners WHERE owner = ?1 AND back_office = ?2`
	release = `UPDATE owners SET used_by = '' WHERE owner = ?1 AND back_office = ?2`

	savepoint        = `SAVEPOINT change_group`
	rollbackTo       = `ROLLBACK TO change_group`
	releaseSavepoint = `RELEASE change_group`
)

// Apply implements [store.Store].
func (s *Store) Apply(ctx context.Context, groups []store.Group) ([]error, error) {
	for _, g := range groups {
		for _, c := range g {
			if !validTexts(textsOf(c)...) {
				return nil, fmt.Errorf("%w: a text that is not UTF-8 or holds U+0000", store.ErrRejected)
			}
		}
	}
	verdicts := make([]error, len(groups))
	err := s.call("writing", func() error {
		return s.transact(ctx, func(t *transaction) error {
			b := &batch{transaction: t}
			if err := b.begin(ctx); err != nil {
				return err
			}
			for i, g := range groups {
				verdict, err := b.group(ctx, g)
				if err != nil {
					return err
				}
				verdicts[i] = verdict
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return verdicts, nil
}

// begin holds the fence against this store's, and reads the policy and the clock.
func (b *batch) begin(ctx context.Context) error {
	var fence, now int64
	found, err := b.read(ctx, readOwner, nil, &fence, &b.users.most, &b.administrators.most, &b.neverReuse, instant{&b.reset}, &now)
	if err != nil {
		return err
	}
	if !found || fence != b.store.fence {
		return store.ErrFenced
	}
	b.now = time.UnixMilli(now).UTC()
	return nil
}

// group writes a group and returns its verdict. A single change finds its verdict before it writes; of several the first ones may have been
// written, and are taken back.
func (b *batch) group(ctx context.Context, g store.Group) (verdict, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(g) == 1 {
		return verdictOf(b.change(ctx, g[0]))
	}
	if err := b.control(ctx, savepoint); err != nil {
		return nil, err
	}
	before := b.policy
	for _, c := range g {
		if verdict, err = verdictOf(b.change(ctx, c)); err != nil {
			return nil, err
		}
		if verdict != nil {
			b.policy = before
			if err := b.control(ctx, rollbackTo); err != nil {
				return nil, err
			}
			break
		}
	}
	return verdict, b.control(ctx, releaseSavepoint)
}

// verdictOf tells a verdict from an error.
func verdictOf(err error) (verdict, _ error) {
	if isVerdict(err) {
		return err, nil
	}
	return nil, err
}

func (b *batch) change(ctx context.Context, c store.Change) error {
	switch c := c.(type) {
	case store.Put:
		return b.put(ctx, c)
	case store.Remove:
		return b.remove(ctx, c.Key)
	case store.RemoveUser:
		return b.removeUser(ctx, c)
	case store.IssueCredential:
		return b.issueCredential(ctx, c)
	case store.FinishCredential:
		return b.finishCredential(ctx, c)
	case store.InviteUser:
		return b.inviteUser(ctx, c)
	case store.RevokeCredential:
		return b.revokeCredential(ctx, c)
	case store.ResetCredentials:
		return b.resetCredentials(ctx, c)
	case store.Release:
		return b.exec(ctx, release)
	default:
		return fmt.Errorf("%w: a change of type %T", store.ErrRejected, c)
	}
}

func (b *batch) put(ctx context.Context, p store.Put) error {
	switch r := p.Record.(type) {
	case store.Office:
		return b.putOffice(ctx, r, p.Admission)
	case store.PermissionSet:
		return b.putSet(ctx, r, p.Admission)
	case store.RoleBinding:
		return b.putBinding(ctx, r, p.Admission)
	case store.User:
		return b.putUser(ctx, r, p)
	default:
		return fmt.Errorf("%w: a record of type %T", store.ErrRejected, r)
	}
}

func (b *batch) remove(ctx context.Context, key store.Key) error {
	switch key.Kind {
	case store.KindOffice:
		return b.removeOffice(ctx, key.UID)
	case store.KindPermissionSet:
		return b.removeSet(ctx, key.UID)
	case store.KindRoleBinding:
		return b.removeBinding(ctx, key.UID)
	case store.KindUser:
		return fmt.Errorf("%w: a user is removed by RemoveUser", store.ErrRejected)
	default:
		return fmt.Errorf("%w: a record of an unknown kind", store.ErrRejected)
	}
}
