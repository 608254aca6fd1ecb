// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// pageSize bounds the records of one answer.
const pageSize = 1000

var errDocument = errors.New("the store answered with a record that cannot be decoded")

// reader reads the records of one kind.
type reader struct {
	kind   store.Kind
	sql    string
	decode func(document []byte) (store.Observed, error)
}

// readers are in the order in which Observe yields.
var readers = []reader{
	{store.KindOffice, observeOfficeSQL, decode[officeRow]},
	{store.KindPermissionSet, observeSetsSQL, decode[setRow]},
	{store.KindRoleBinding, observeBindingsSQL, decode[bindingRow]},
	{store.KindUser, observeUsersSQL, decode[userRow]},
}

// Observe implements [store.Store]. Records come by kind, the Office first and users last, and by UID. While a page is yielded no
// connection is in use. A page shows one moment, and each a later one than the page before.
func (s *pgStore) Observe(ctx context.Context, keys ...store.Key) iter.Seq2[store.Observed, error] {
	return func(yield func(store.Observed, error) bool) {
		for _, r := range readers {
			for page, err := range s.pages(ctx, r, keys) {
				if err != nil {
					yield(store.Observed{}, reading(err))
					return
				}
				for _, o := range page {
					if !yield(o, nil) {
						return
					}
				}
			}
		}
	}
}

// pages yields the records of one kind: those of the keys, or all when there are none.
func (s *pgStore) pages(ctx context.Context, r reader, keys []store.Key) iter.Seq2[[]store.Observed, error] {
	if len(keys) > 0 {
		return s.pagesOf(ctx, r, uidsOf(r.kind, keys))
	}
	return func(yield func([]store.Observed, error) bool) {
		last := ""
		for {
			page, err := s.page(ctx, r, last, nil)
			if !yield(page, err) || err != nil || len(page) < pageSize {
				return
			}
			last = page[len(page)-1].Record.Key().UID
		}
	}
}

// pagesOf yields the records with these UIDs.
func (s *pgStore) pagesOf(ctx context.Context, r reader, uids []string) iter.Seq2[[]store.Observed, error] {
	return func(yield func([]store.Observed, error) bool) {
		for some := range slices.Chunk(uids, pageSize) {
			if page, err := s.page(ctx, r, "", some); !yield(page, err) || err != nil {
				return
			}
		}
	}
}

func (s *pgStore) page(ctx context.Context, r reader, after string, uids []string) ([]store.Observed, error) {
	q := query{mode: readOnly, sql: r.sql, args: []any{s.owner, s.backOffice, after, uids, pageSize}}
	return collect(ctx, &s.link, q, func(row pgx.CollectableRow) (store.Observed, error) {
		var document []byte
		if err := row.Scan(&document); err != nil {
			return store.Observed{}, errDocument
		}
		return r.decode(document)
	})
}

// uidsOf are the UIDs of the keys of one kind, sorted, each once.
func uidsOf(kind store.Kind, keys []store.Key) []string {
	var uids []string
	for _, key := range keys {
		if key.Kind == kind {
			uids = append(uids, key.UID)
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids)
}
