// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findEmail = `SELECT id FROM users WHERE email_folded = ?3 AND email_folded <> '' AND back_office = ?2 AND id <> ?4`

	// The kinds of tombstones.
	ofLogin, ofEmail = "login", "email"

	findTombstone = `
		SELECT kind FROM tombstones WHERE owner = ?1 AND back_office = ?2 AND kind = ?3 AND hash = ?4`
	insertTombstone = `
		INSERT INTO tombstones (owner, back_office, kind, hash) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING`
	deleteTombstone = `DELETE FROM tombstones WHERE owner = ?1 AND back_office = ?2 AND kind = ?3 AND hash = ?4`
)

// identity is by what an account is known, folded. An empty text is none.
type identity struct{ login, email string }

func identityOf(u store.User) identity { return identity{fold(u.Login), fold(u.Email)} }

// without is what of an identity is not also another's.
func (i identity) without(other identity) identity {
	if i.login == other.login {
		i.login = ""
	}
	if i.email == other.email {
		i.email = ""
	}
	return i
}

// eachTombstone runs a statement for the tombstone of each part of an identity.
func (b *batch) eachTombstone(ctx context.Context, query string, i identity) error {
	for _, part := range []struct{ kind, folded string }{{ofLogin, i.login}, {ofEmail, i.email}} {
		if part.folded == "" {
			continue
		}
		if err := b.exec(ctx, query, part.kind, b.tombstone(part.kind, part.folded)); err != nil {
			return err
		}
	}
	return nil
}

// mayAssume says whether the account with that row, or a new one, may take on an identity: nobody else has the e-mail address, and neither it nor
// the login was a deleted account's, unless p lifts that.
func (b *batch) mayAssume(ctx context.Context, id string, i identity, p store.Put) error {
	if !p.LiftTombstones {
		if err := b.retired(ctx, ofLogin, i.login); err != nil {
			return err
		}
	}
	if i.email == "" {
		return nil
	}
	var other string
	switch taken, err := b.read(ctx, findEmail, []any{i.email, id}, &other); {
	case err != nil:
		return err
	case taken:
		return store.ErrEmailTaken
	case p.LiftTombstones:
		return nil
	}
	return b.retired(ctx, ofEmail, i.email)
}

// retired is ErrRetired for one part of an identity that was a deleted account's.
func (b *batch) retired(ctx context.Context, kind, folded string) error {
	if folded == "" || !b.neverReuse {
		return nil
	}
	var found string
	retired, err := b.read(ctx, findTombstone, []any{kind, b.tombstone(kind, folded)}, &found)
	if err == nil && retired {
		err = store.ErrRetired
	}
	return err
}

// tombstone is what is kept of a folded login or e-mail address: enough to know it again, and not to read it.
func (b *batch) tombstone(kind, folded string) string {
	sum := sha256.Sum256([]byte(b.store.owner + "\n" + b.store.backOffice + "\n" + kind + "\n" + folded))
	return hex.EncodeToString(sum[:])
}
