// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findUser = `
		SELECT namespace, name, generation, stamp, gives, id, state, account_type, login_folded, email_folded, labels_hash
		FROM users WHERE owner = ?1 AND back_office = ?2 AND uid = ?3`
	findLogin = `
		SELECT u.id, u.owner, u.uid, u.namespace, u.name, u.state, u.account_type, u.login_folded, u.email_folded, u.protection,
			(SELECT owners.credentials_reset_at FROM owners WHERE owners.owner = u.owner AND owners.back_office = u.back_office)
		FROM users u WHERE u.back_office = ?2 AND u.login_folded = ?3`
	insertUser = `
		INSERT INTO users
			(id, owner, back_office, uid, namespace, name, generation, login, login_folded, account_type, state, held, hold_reason, in_force,
			full_name, first_name, last_name, email, email_folded, phone, language, gender, picture_url, description, settings, labels_hash,
			stamp, gives, protection)
		VALUES (?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
			?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ifnull(?30, '[]'))`
	updateUser = `
		UPDATE users SET
			owner = ?1, uid = ?4, namespace = ?5, name = ?6, generation = ?7, login = ?8, login_folded = ?9, account_type = ?10, state = ?11, held = ?12,
			hold_reason = ?13, in_force = ?14, full_name = ?15, first_name = ?16, last_name = ?17, email = ?18, email_folded = ?19, phone = ?20,
			language = ?21, gender = ?22, picture_url = ?23, description = ?24, settings = ?25, labels_hash = ?26, stamp = ?27, gives = ?28,
			access_lost_at = CASE WHEN ?29 THEN ` + laterLoss + ` ELSE access_lost_at END,
			protection = ifnull(?30, protection), updated_at = unixepoch()
		WHERE id = ?3`
	deactivateUser = `
		UPDATE users SET uid = NULL, state = 'Deactivated', stamp = '', gives = '[]', protection = ?4, updated_at = unixepoch() WHERE id = ?3`
	orphanUser     = `UPDATE users SET owner = NULL, protection = ?4, updated_at = unixepoch() WHERE id = ?3`
	deleteUser     = `DELETE FROM users WHERE id = ?3`
	insertNetworks = `INSERT INTO allowed_networks (user_id, network) SELECT ?3, value FROM json_each(?4)`
	deleteNetworks = `DELETE FROM allowed_networks WHERE user_id = ?3`
	insertFilters  = `
		INSERT INTO user_filters (user_id, dimension, mode, access, filter_values, filter_groups, filter_tags, default_value)
		SELECT ?3, ` + filterColumns + ` FROM json_each(?4)`
	deleteFilters = `DELETE FROM user_filters WHERE user_id = ?3`
)

// userRow is what is asked of a stored account; the zero value is none.
type userRow struct {
	id                 string
	owner, uid         sql.NullString
	meta               store.Meta // namespace and name, of who has a login
	state, accountType string
	protection         string
	identity           identity
	labelsHash         sql.NullString // of the object that has the row
	reset              time.Time      // the owner's, of who has a login
}

// targets are those of findUser.
func (r *userRow) targets() []any {
	return []any{&r.id, &r.state, &r.accountType, &r.identity.login, &r.identity.email, &r.labelsHash}
}

func (r userRow) seats() seats {
	if r.id == "" {
		return seats{}
	}
	return seatsOf(r.state, r.accountType)
}

func (b *batch) findLogin(ctx context.Context, folded string) (r userRow, err error) {
	_, err = b.read(ctx, findLogin, []any{folded}, &r.id, &r.owner, &r.uid, &r.meta.Namespace, &r.meta.Name, &r.state, &r.accountType,
		&r.identity.login, &r.identity.email, &r.protection, instant{&r.reset})
	return r, err
}

func (b *batch) putUser(ctx context.Context, u store.User, p store.Put) error {
	var row userRow
	was, err := b.fresh(ctx, findUser, u.Meta, row.targets()...)
	if err != nil {
		return err
	}
	holder, err := b.findLogin(ctx, fold(u.Login))
	if err != nil {
		return err
	}
	how, err := b.titleTo(row, holder, p)
	if err != nil {
		return err
	}
	if err := b.mayTake(ctx, holder, how, p.Admission.Power); err != nil {
		return err
	}
	if how != titleOwn {
		row = holder
	}
	if err := b.admit(ctx, row, how, p); err != nil {
		return err
	}
	if err := b.takeOver(ctx, row, how); err != nil {
		return err
	}
	if row.id != "" && row.identity.email != fold(u.Email) {
		if err := b.execAll(ctx, []string{endInvitation, deleteMail}, row.id); err != nil {
			return err
		}
	}
	n := noted{gives: list(p.Admission.Gives), endsSessions: how != titleOwn || was.endsSessions(p.Admission), protection: how.protection(p)}
	if err := b.writeUser(ctx, row, u, n); err != nil {
		return err
	}
	return b.logPut(ctx, was, store.KindUser, u.Meta, p.Admission)
}

// admit holds what a user takes on against what others have, and had. It gets its verdicts before anything is written.
func (b *batch) admit(ctx context.Context, row userRow, how title, p store.Put) error {
	u, _ := p.Record.(store.User)
	assumed, seated := identityOf(u), row.seats()
	if how.continues() {
		assumed = assumed.without(row.identity)
	}
	if how == titleAdopter {
		seated = seats{} // its seat was another owner's
	}
	if err := b.mayAssume(ctx, row.id, assumed, p); err != nil {
		return err
	}
	if err := b.seat(ctx, seated, seatsOf(u.State, u.AccountType)); err != nil {
		return err
	}
	if p.LiftTombstones && b.neverReuse {
		return b.eachTombstone(ctx, deleteTombstone, assumed)
	}
	return nil
}

// noted is what an account's row keeps of its admission. No protection leaves what there is.
type noted struct {
	gives        string
	endsSessions bool
	protection   any
}

// writeUser writes a row anew, or a new one where there is none.
func (b *batch) writeUser(ctx context.Context, row userRow, u store.User, n noted) error {
	query, id := updateUser, row.id
	if id == "" {
		random, err := uuid.NewV7() // sorted by time, which keeps the index compact
		if err != nil {
			return fmt.Errorf("making an id: %w", err)
		}
		query, id = insertUser, random.String()
	}
	err := b.exec(ctx, query, id, u.UID, u.Namespace, u.Name, u.Generation, u.Login, fold(u.Login), u.AccountType, u.State, u.Held,
		u.HoldReason, u.InForce, u.FullName, u.FirstName, u.LastName, u.Email, fold(u.Email), u.Phone, u.Language, u.Gender, u.PictureURL,
		u.Description, settingsObject(u.Settings), u.LabelsHash, u.Stamp, n.gives, n.endsSessions, n.protection)
	if err != nil {
		return err
	}
	if query == updateUser {
		if err := b.execAll(ctx, []string{deleteNetworks, deleteFilters}, id); err != nil {
			return err
		}
	}
	if len(u.Networks) > 0 {
		if err := b.exec(ctx, insertNetworks, id, list(u.Networks)); err != nil {
			return err
		}
	}
	if len(u.Filters) > 0 {
		if err := b.exec(ctx, insertFilters, id, filterRows(u.Filters)); err != nil {
			return err
		}
	}
	return b.bind(ctx, u, row.labelsHash)
}

func (b *batch) removeUser(ctx context.Context, c store.RemoveUser) error {
	var row userRow
	was, err := b.formerly(ctx, findUser, c.UID, row.targets()...)
	if err != nil || !was.stored {
		return err
	}
	if err := b.dispose(ctx, row, c); err != nil {
		return err
	}
	if err := b.seat(ctx, row.seats(), seats{}); err != nil {
		return err
	}
	return b.logRemoval(ctx, was, store.KindUser, string(c.Disposal))
}

// dispose does to a row what is asked for.
func (b *batch) dispose(ctx context.Context, row userRow, c store.RemoveUser) error {
	queries := []string{deleteCredential, deleteMail}
	switch c.Disposal {
	case store.Deactivate:
		if err := b.exec(ctx, deactivateUser, row.id, protectionOf(c.Protection)); err != nil {
			return err
		}
	case store.Delete:
		queries = append(queries, deleteUser, deleteNetworks, deleteFilters)
		if b.neverReuse {
			if err := b.eachTombstone(ctx, insertTombstone, row.identity); err != nil {
				return err
			}
		}
	case store.Orphan:
		return b.orphan(ctx, row, c.Protection)
	default:
		return fmt.Errorf("%w: an unknown disposal", store.ErrRejected)
	}
	if err := b.execAll(ctx, queries, row.id); err != nil {
		return err
	}
	return b.exec(ctx, deleteBound, c.UID)
}
