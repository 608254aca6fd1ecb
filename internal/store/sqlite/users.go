// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findUser = `
		SELECT id, generation, state, account_type FROM users WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	findLogin = `
		SELECT id, owner, uid, state, account_type FROM users WHERE back_office = ?2 AND login_folded = ?3`
	insertUser = `
		INSERT INTO users
			(id, owner, back_office, uid, namespace, name, generation, login, login_folded, account_type, state, held, hold_reason, in_force,
			full_name, description, labels_hash)
		VALUES (?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)`
	updateUser = `
		UPDATE users SET
			uid = ?4, namespace = ?5, name = ?6, generation = ?7, login = ?8, login_folded = ?9, account_type = ?10, state = ?11, held = ?12,
			hold_reason = ?13, in_force = ?14, full_name = ?15, description = ?16, labels_hash = ?17, updated_at = unixepoch()
		WHERE id = ?3`
	deactivateUser = `UPDATE users SET uid = NULL, state = 'Deactivated', updated_at = unixepoch() WHERE id = ?3`
	orphanUser     = `UPDATE users SET owner = NULL, updated_at = unixepoch() WHERE id = ?3`
	deleteUser     = `DELETE FROM users WHERE id = ?3`
	insertNetworks = `INSERT INTO allowed_networks (user_id, network) SELECT ?3, value FROM json_each(?4)`
	deleteNetworks = `DELETE FROM allowed_networks WHERE user_id = ?3`
)

// userRow is what is asked of a stored account; the zero value is none.
type userRow struct {
	id                 string
	owner, uid         sql.NullString
	generation         int64
	state, accountType string
}

func (r userRow) seats() seats {
	if r.id == "" {
		return seats{}
	}
	return seatsOf(r.state, r.accountType)
}

func (b *batch) findUser(ctx context.Context, uid string) (r userRow, err error) {
	_, err = b.read(ctx, findUser, []any{uid}, &r.id, &r.generation, &r.state, &r.accountType)
	return r, err
}

func (b *batch) findLogin(ctx context.Context, folded string) (r userRow, err error) {
	_, err = b.read(ctx, findLogin, []any{folded}, &r.id, &r.owner, &r.uid, &r.state, &r.accountType)
	return r, err
}

func (b *batch) putUser(ctx context.Context, u store.User) error {
	row, err := b.findUser(ctx, u.UID)
	if err != nil {
		return err
	}
	if row.id != "" && u.Generation < row.generation {
		return store.ErrStale
	}
	holder, err := b.findLogin(ctx, fold(u.Login))
	if err != nil {
		return err
	}
	if err := b.mayHave(row, holder); err != nil {
		return err
	}
	takenOver := row.id == "" && holder.id != ""
	if takenOver {
		row = holder
	}
	if err := b.seat(ctx, row.seats(), seatsOf(u.State, u.AccountType)); err != nil {
		return err
	}
	if takenOver {
		if _, err := b.exec(ctx, deleteCredential, row.id); err != nil {
			return err
		}
	}
	return b.writeUser(ctx, row.id, u)
}

// mayHave says whether the login of a user is free, or of a row that the user's object has or may take over.
func (b *batch) mayHave(row, holder userRow) error {
	switch {
	case holder.id == row.id || holder.id == "":
		return nil
	case holder.owner.String != b.store.owner || !holder.owner.Valid:
		return store.ErrForeignRow
	case holder.uid.Valid || row.id != "":
		return store.ErrTaken
	default:
		return nil
	}
}

// writeUser writes the row with that id, or a new one where it is empty.
func (b *batch) writeUser(ctx context.Context, id string, u store.User) error {
	query, isNew := updateUser, id == ""
	if isNew {
		random, err := uuid.NewV7() // sorted by time, which keeps the index compact
		if err != nil {
			return fmt.Errorf("making an id: %w", err)
		}
		query, id = insertUser, random.String()
	}
	_, err := b.exec(ctx, query, id, u.UID, u.Namespace, u.Name, u.Generation, u.Login, fold(u.Login), u.AccountType, u.State, u.Held,
		u.HoldReason, u.InForce, u.FullName, u.Description, u.LabelsHash)
	if err != nil {
		return err
	}
	if !isNew {
		if _, err := b.exec(ctx, deleteNetworks, id); err != nil {
			return err
		}
	}
	if len(u.Networks) > 0 {
		if _, err := b.exec(ctx, insertNetworks, id, list(u.Networks)); err != nil {
			return err
		}
	}
	return b.bind(ctx, u)
}

func (b *batch) removeUser(ctx context.Context, c store.RemoveUser) error {
	row, err := b.findUser(ctx, c.UID)
	if err != nil || row.id == "" {
		return err
	}
	var queries []string
	switch c.Disposal {
	case store.Deactivate:
		queries = []string{deactivateUser, deleteCredential}
	case store.Delete:
		queries = []string{deleteUser, deleteCredential, deleteNetworks}
	case store.Orphan:
		queries = []string{orphanUser}
	default:
		return fmt.Errorf("%w: an unknown disposal", store.ErrRejected)
	}
	if err := b.execAll(ctx, queries, row.id); err != nil {
		return err
	}
	if c.Disposal != store.Orphan {
		if _, err := b.exec(ctx, deleteBound, c.UID); err != nil {
			return err
		}
	}
	return b.seat(ctx, row.seats(), seats{})
}
