// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// Index users_seats has the rows that these count, and no others.
	countUsers = `SELECT count(*) FROM users WHERE owner = ?1 AND back_office = ?2 AND state <> 'Deactivated'`

	countAdministrators = `
		SELECT count(*) FROM users
		WHERE owner = ?1 AND back_office = ?2 AND account_type = 'Administrator' AND state <> 'Deactivated'`
)

// quota is a number of seats. Those that are taken are counted once a batch, when it is first asked for one; from then on the batch, which alone
// writes, keeps the count.
type quota struct {
	most    int
	taken   int
	counted bool
}

// seats says which seats an account has, or takes.
type seats struct {
	user, administrator bool
}

// seatsOf an account; one that does not exist has state Deactivated.
func seatsOf(state, accountType string) seats {
	active := state != store.StateDeactivated
	return seats{user: active, administrator: active && accountType == store.AccountTypeAdministrator}
}

// quotas are those of a back office.
type quotas struct {
	users, administrators quota
}

// seat moves an account from the seats that it has to those that it wants. It is ErrQuota where one is wanted that is not left; a seat that it
// has is never asked for.
func (b *batch) seat(ctx context.Context, has, wants seats) error {
	users, administrators := b.users, b.administrators
	if err := b.take(ctx, &users, countUsers, difference(has.user, wants.user)); err != nil {
		return err
	}
	if err := b.take(ctx, &administrators, countAdministrators, difference(has.administrator, wants.administrator)); err != nil {
		return err
	}
	b.users, b.administrators = users, administrators
	return nil
}

// difference is the number of seats that are taken, negative if one is given up.
func difference(has, wants bool) int {
	switch {
	case wants && !has:
		return 1
	case has && !wants:
		return -1
	default:
		return 0
	}
}

// take takes n seats of a quota.
func (b *batch) take(ctx context.Context, q *quota, count string, n int) error {
	if n > 0 && q.most != store.NoLimit {
		if !q.counted {
			if _, err := b.read(ctx, count, nil, &q.taken); err != nil {
				return err
			}
			q.counted = true
		}
		if q.taken+n > q.most {
			return store.ErrQuota
		}
	}
	q.taken += n
	return nil
}
