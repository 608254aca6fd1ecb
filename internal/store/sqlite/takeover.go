// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// heldRanks are the strongest ranks, by family, of the sets that bindings hand out to a user, in force or not.
	heldRanks = `
		SELECT json_group_array(json_object('family', rank_family, 'rank', rank))
		FROM (
			SELECT h.rank_family, min(h.rank) AS rank
			FROM role_binding_subjects s INDEXED BY role_binding_subjects_user
			CROSS JOIN role_bindings b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid
			CROSS JOIN permission_sets h ON h.owner = b.owner AND h.back_office = b.back_office AND h.uid = b.permission_set_uid
			WHERE s.user_uid = ?3 AND s.back_office = ?2 AND s.owner = ?1
			GROUP BY h.rank_family
		)`
	// endReset ends for good what was issued before ?4, which the owner's reset has ended as long as the row is the owner's. The row has to be
	// read before it is another's.
	endReset = `
		UPDATE credentials SET
			verifier = iif(issued_at < ?4, '', verifier), source = iif(issued_at < ?4, '', source),
			previous_verifier = iif(previous_issued_at < ?4, '', previous_verifier),
			token_hash = iif(issued_at < ?4, '', token_hash), token_expires_at = iif(issued_at < ?4, NULL, token_expires_at)
		WHERE user_id = ?3 AND (issued_at < ?4 OR previous_issued_at < ?4)`
	endResetMail = `
		DELETE FROM outbox
		WHERE user_id = ?3 AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = outbox.user_id AND c.token_hash = outbox.token_hash)`
	//nolint:gosec // G101: a statement about credentials, and none of them
	adoptCredential = `
		UPDATE credentials SET
			version = iif(verifier <> '', max(version, 1), version), source = iif(verifier <> '', 'Adopted', ''),
			secret_uid = '', secret_resource_version = '', concealed = 0
		WHERE user_id = ?3`
	adoptMail     = `UPDATE outbox SET owner = ?1 WHERE user_id = ?3`
	endInvitation = `
		UPDATE credentials SET token_hash = '', token_expires_at = min(token_expires_at, unixepoch()) WHERE user_id = ?3 AND token_hash <> ''`
)

// title is how an object comes by the row that has its login.
type title string

const (
	// titleOwn: it has that row already, or nobody has one.
	titleOwn title = ""
	// titleHeir: the row outlived its object.
	titleHeir title = "heir"
	// titleRemade: the object was lost and made anew.
	titleRemade title = "remade"
	// titleAdopter: the row is of no owner, or of another one.
	titleAdopter title = "adopter"
)

// continues tells whether the row goes on to be that of the same account of this owner, so that what it has it need not take on.
func (t title) continues() bool { return t == titleOwn || t == titleRemade }

// titleTo says how a user whose object has row, or none yet, comes by the row holder, which has the user's login.
func (b *batch) titleTo(row, holder userRow, p store.Put) (title, error) {
	ours := holder.owner.Valid && holder.owner.String == b.store.owner
	u, _ := p.Record.(store.User)
	switch {
	case holder.id == row.id || holder.id == "":
		return titleOwn, nil
	case !ours && (row.id != "" || !holder.adoptable(p.Adopts)):
		return "", store.ErrForeignRow
	case row.id != "":
		return "", store.ErrTaken
	case ours && holder.uid.Valid && namesakes(holder.meta, u.Meta):
		return titleRemade, nil
	case ours && holder.uid.Valid:
		return "", store.ErrTaken
	case ours:
		return titleHeir, nil
	default:
		return titleAdopter, nil
	}
}

// mayTake is ErrProtected where power is not enough for a row. One that was lost without a word is also protected by the sets that the former
// object's bindings hand out.
func (b *batch) mayTake(ctx context.Context, holder userRow, how title, power []store.Power) error {
	if how == titleOwn {
		return nil
	}
	ranks := "[]"
	if how == titleRemade {
		if _, err := b.read(ctx, heldRanks, []any{holder.uid}, &ranks); err != nil {
			return err
		}
	}
	if !reach(power, holder.protection) || !reach(power, ranks) {
		return store.ErrProtected
	}
	return nil
}

// protection is what a row is protected by from then on; nil leaves what there is.
func (t title) protection(p store.Put) any {
	if t == titleOwn && p.Protection == nil {
		return nil
	}
	return protectionOf(p.Protection)
}

// adoptable tells whether a row that is not this owner's may be taken over.
func (r userRow) adoptable(a store.Adoption) bool {
	return a == store.AdoptAny || a == store.AdoptUnowned && !r.owner.Valid
}

// takeOver leaves of a row what its new object gets.
func (b *batch) takeOver(ctx context.Context, holder userRow, t title) error {
	switch t {
	case titleOwn:
		return nil
	case titleHeir:
		return b.execAll(ctx, []string{deleteCredential, deleteMail}, holder.id)
	case titleRemade:
		return b.exec(ctx, deleteBound, holder.uid)
	default:
		return b.adopt(ctx, holder)
	}
}

func (b *batch) adopt(ctx context.Context, holder userRow) error {
	if err := b.endReset(ctx, holder.id, holder.reset); err != nil {
		return err
	}
	if err := b.execAll(ctx, []string{adoptCredential, adoptMail}, holder.id); err != nil {
		return err
	}
	if holder.owner.Valid || !holder.uid.Valid {
		return nil
	}
	return b.exec(ctx, deleteBound, holder.uid) // what an orphan had kept
}

// endReset is for a row that is no longer that of the owner whose reset it was.
func (b *batch) endReset(ctx context.Context, id string, reset time.Time) error {
	if reset.IsZero() {
		return nil
	}
	if err := b.exec(ctx, endReset, id, seconds(reset)); err != nil {
		return err
	}
	return b.exec(ctx, endResetMail, id)
}

// orphan makes a row nobody's.
func (b *batch) orphan(ctx context.Context, row userRow, protection []store.Need) error {
	if err := b.endReset(ctx, row.id, b.reset); err != nil {
		return err
	}
	return b.exec(ctx, orphanUser, row.id, protectionOf(protection))
}
