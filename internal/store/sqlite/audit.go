// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	findStamp = `
		SELECT uid FROM audit_log WHERE stamp = ?3 AND stamp <> '' AND owner = ?1 AND back_office = ?2 AND uid <> ?4 LIMIT 1`
	insertAudit = `
		INSERT INTO audit_log (id, owner, back_office, action, kind, namespace, name, uid, generation, actor, stamp, granted, lost)
		VALUES (?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`
)

// former is what is stored of an object, and noted of its admission; the zero value is nothing.
type former struct {
	stored bool
	meta   store.Meta
	gives  notes
}

// notes scan texts that come as JSON. What somebody else has written there is nothing that was noted.
type notes []string

// Scan implements [sql.Scanner].
func (n *notes) Scan(value any) error {
	*n = nil
	if text, ok := value.(string); ok && json.Unmarshal([]byte(text), n) != nil {
		*n = nil
	}
	return nil
}

// formerly asks for an object by a query whose columns begin with namespace, name, generation, stamp and gives.
func (b *batch) formerly(ctx context.Context, query, uid string, more ...any) (was former, err error) {
	was.meta.UID = uid
	targets := append([]any{&was.meta.Namespace, &was.meta.Name, &was.meta.Generation, &was.meta.Stamp, &was.gives}, more...)
	was.stored, err = b.read(ctx, query, []any{uid}, targets...)
	return was, err
}

// fresh holds an object against what formerly finds of it, and against the objects that the audit log knows.
func (b *batch) fresh(ctx context.Context, query string, m store.Meta, more ...any) (was former, err error) {
	was, err = b.formerly(ctx, query, m.UID, more...)
	switch {
	case err != nil:
		return was, err
	case was.stored && m.Generation < was.meta.Generation:
		return was, store.ErrStale
	case m.Stamp == was.meta.Stamp: // also where there is none
		return was, nil
	}
	var other string
	replayed, err := b.read(ctx, findStamp, []any{m.Stamp, m.UID}, &other)
	if err == nil && replayed {
		err = store.ErrReplayed
	}
	return was, err
}

// logPut logs that a record was written, where its stamp is new or it gives something else. It comes after all that may get a verdict.
func (b *batch) logPut(ctx context.Context, was former, kind store.Kind, m store.Meta, a store.Admission) error {
	granted, lost := store.Difference(was.gives, a.Gives)
	admitted := !was.stored || m.Stamp != was.meta.Stamp
	switch {
	case admitted:
		return b.log(ctx, entry{store.ActionPut, kind, m, a.Actor, granted, lost})
	case len(granted)+len(lost) > 0:
		m.Stamp = ""
		return b.log(ctx, entry{store.ActionPut, kind, m, "", granted, lost})
	default:
		return nil
	}
}

// logRemoval logs that a record was removed, if it was stored.
func (b *batch) logRemoval(ctx context.Context, was former, kind store.Kind, action string) error {
	if !was.stored {
		return nil
	}
	was.meta.Stamp = ""
	e := entry{action: action, kind: kind, meta: was.meta}
	if action != string(store.Orphan) {
		e.granted, e.lost = store.Difference(was.gives, nil)
	}
	return b.log(ctx, e)
}

// entry is a row of the audit log.
type entry struct {
	action        string
	kind          store.Kind
	meta          store.Meta
	actor         string
	granted, lost []string
}

func (b *batch) log(ctx context.Context, e entry) error {
	id, err := uuid.NewV7() // sorted by time, which tells the order of the rows of one second
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	err = b.exec(ctx, insertAudit, id.String(), e.action, e.kind.Object(), e.meta.Namespace, e.meta.Name, e.meta.UID, e.meta.Generation,
		e.actor, e.meta.Stamp, list(e.granted), list(e.lost))
	return err
}
