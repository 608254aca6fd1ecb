// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// pageSize bounds what is read at once, in records.
const pageSize = 1000

// Each kind is read with all that belongs to its records: lists come as JSON. The conditions are those of a page, and of keys.
const (
	byPage = ` AND x.uid > ?3 ORDER BY x.uid LIMIT ?4`
	byKeys = ` AND x.uid IN (SELECT value FROM json_each(?3)) ORDER BY x.uid LIMIT ?4`

	// previousIsValid holds where the previous password of c counts, of the owner o: see active_users.
	previousIsValid = `(c.previous_verifier <> '' AND c.previous_issued_at >= ifnull(o.credentials_reset_at, c.previous_issued_at)
		AND (c.previous_until IS NULL OR unixepoch() < c.previous_until))`

	selectOffices = `
		SELECT x.uid, x.namespace, x.name, x.generation, x.stamp, x.max_users, x.max_administrators, x.two_factor_required, x.never_reuse,
			x.credentials_reset_at,
			(SELECT json_group_array(path ORDER BY path) FROM permission_catalog WHERE owner = x.owner AND back_office = x.back_office),
			(SELECT json_group_array(dimension ORDER BY dimension) FROM filter_dimensions WHERE owner = x.owner AND back_office = x.back_office)
		FROM (
			SELECT owner, back_office, office_uid AS uid, office_namespace AS namespace, office_name AS name, office_generation AS generation,
				office_stamp AS stamp, max_users, max_administrators, two_factor_required, never_reuse,
				credentials_reset_at
			FROM owners WHERE office_uid <> ''
		) x
		WHERE x.owner = ?1 AND x.back_office = ?2`
	selectSets = `
		SELECT x.uid, x.namespace, x.name, x.generation, x.stamp, x.set_key, x.display_name, x.rank, x.rank_family, x.in_force,
			x.account_types, x.bypass,
			(SELECT json_group_array(json_object('UID', a.ancestor_uid, 'Distance', a.distance) ORDER BY a.ancestor_uid)
				FROM permission_set_closure a WHERE a.owner = x.owner AND a.back_office = x.back_office AND a.set_uid = x.uid),
			(SELECT json_group_array(json_object('Path', e.path, 'Level', e.level) ORDER BY e.path)
				FROM permission_set_entries e WHERE e.owner = x.owner AND e.back_office = x.back_office AND e.set_uid = x.uid),
			(SELECT json_group_array(d.path ORDER BY d.path)
				FROM permission_set_denials d WHERE d.owner = x.owner AND d.back_office = x.back_office AND d.set_uid = x.uid)
		FROM permission_sets x
		WHERE x.owner = ?1 AND x.back_office = ?2`
	selectBindings = `
		SELECT x.uid, x.namespace, x.name, x.generation, x.stamp, ifnull(x.permission_set_uid, ''), x.in_force, x.not_before, x.expires_at,
			(SELECT json_group_array(json_object('Path', e.path, 'Level', e.level) ORDER BY e.path)
				FROM role_binding_entries e WHERE e.owner = x.owner AND e.back_office = x.back_office AND e.binding_uid = x.uid),
			(SELECT json_group_array(d.path ORDER BY d.path)
				FROM role_binding_denials d WHERE d.owner = x.owner AND d.back_office = x.back_office AND d.binding_uid = x.uid),
			(SELECT json_group_array(` + filterObject + ` ORDER BY f.dimension)
				FROM role_binding_filters f WHERE f.owner = x.owner AND f.back_office = x.back_office AND f.binding_uid = x.uid)
		FROM role_bindings x
		WHERE x.owner = ?1 AND x.back_office = ?2`
	selectUsers = `
		SELECT x.uid, x.namespace, x.name, x.generation, x.stamp, x.login, x.account_type, x.state, x.held, x.hold_reason, x.in_force,
			x.full_name, x.first_name, x.last_name, x.email, x.phone, x.language, x.gender, x.picture_url, x.description, x.settings,
			x.labels_hash,
			(SELECT json_group_array(` + filterObject + ` ORDER BY f.dimension) FROM user_filters f WHERE f.user_id = x.id),
			(SELECT json_group_array(n.network ORDER BY n.network) FROM allowed_networks n WHERE n.user_id = x.id),
			(SELECT json_group_array(
					json_object('BindingUID', s.binding_uid, 'Generation', s.binding_generation) ORDER BY s.binding_uid, s.binding_generation)
				FROM role_binding_subjects s
				WHERE s.user_uid = x.uid AND s.back_office = x.back_office AND s.owner = x.owner AND s.labels_hash = x.labels_hash),
			x.id, ifnull(c.version, 0), ifnull(c.source, ''), ifnull(c.verifier, ''), c.issued_at,
			iif(` + previousIsValid + `, c.previous_verifier, ''), iif(` + previousIsValid + `, c.previous_issued_at, NULL),
			ifnull(c.revoked_verifier, ''), ifnull(c.secret_uid, ''), ifnull(c.secret_resource_version, ''), ifnull(c.concealed, 0),
			c.token_expires_at
		FROM users x
		LEFT JOIN credentials c ON c.user_id = x.id
		LEFT JOIN owners o ON o.owner = x.owner AND o.back_office = x.back_office
		WHERE x.owner = ?1 AND x.back_office = ?2`
)

// kind is how the records of one kind are read.
type kind struct {
	kind  store.Kind
	query string
	scan  func(*sql.Rows) (store.Observed, error)
}

// kinds are in the order in which they are yielded.
func kinds() []kind {
	return []kind{
		{store.KindOffice, selectOffices, scanOffice},
		{store.KindPermissionSet, selectSets, scanSet},
		{store.KindRoleBinding, selectBindings, scanBinding},
		{store.KindUser, selectUsers, scanUser},
	}
}

func readerStatements() []string {
	statements := []string{readFence}
	for _, k := range kinds() {
		statements = append(statements, k.query+byPage, k.query+byKeys)
	}
	return statements
}

// Observe implements [store.Store]. No connection is held while a record is yielded.
func (s *Store) Observe(ctx context.Context, keys ...store.Key) iter.Seq2[store.Observed, error] {
	return func(yield func(store.Observed, error) bool) {
		for _, k := range kinds() {
			pages := s.pages(ctx, k)
			if len(keys) > 0 {
				pages = s.keyed(ctx, k, keys)
			}
			if !yieldEach(pages, yield) {
				return
			}
		}
	}
}

// yieldEach yields what pages hold, and tells whether to go on. An error is the last that it yields.
func yieldEach(pages iter.Seq2[[]store.Observed, error], yield func(store.Observed, error) bool) bool {
	for page, err := range pages {
		if err != nil {
			yield(store.Observed{}, err)
			return false
		}
		for _, o := range page {
			if !yield(o, nil) {
				return false
			}
		}
	}
	return true
}

// pages reads all records of a kind.
func (s *Store) pages(ctx context.Context, k kind) iter.Seq2[[]store.Observed, error] {
	return func(yield func([]store.Observed, error) bool) {
		after := ""
		for {
			page, err := s.page(ctx, k, k.query+byPage, after)
			if !yield(page, err) || err != nil || len(page) < pageSize {
				return
			}
			after = page[len(page)-1].Record.Key().UID
		}
	}
}

// keyed reads the records of a kind that have one of the keys.
func (s *Store) keyed(ctx context.Context, k kind, keys []store.Key) iter.Seq2[[]store.Observed, error] {
	var uids []string
	for _, key := range keys {
		if key.Kind == k.kind {
			uids = append(uids, key.UID)
		}
	}
	return func(yield func([]store.Observed, error) bool) {
		for some := range slices.Chunk(uids, pageSize) {
			page, err := s.page(ctx, k, k.query+byKeys, list(some))
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) page(ctx context.Context, k kind, query, argument string) (page []store.Observed, err error) {
	err = s.call("reading", func() error {
		rows, err := s.observing[query].QueryContext(ctx, s.owner, s.backOffice, argument, pageSize)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err tells
		for rows.Next() {
			o, err := k.scan(rows)
			if err != nil {
				return err
			}
			page = append(page, o)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}
