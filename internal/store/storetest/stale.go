// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func staleCases() cases {
	return cases{
		"a lower generation of the same object is stale": staleGenerations,
		"an equal generation is written":                 equalGenerations,
		"a new object starts afresh":                     newObjects,
		"a stale user is stale before all else":          staleFirst,
	}
}

// generations are the same records at a generation; mark tells apart the writes of one generation.
func generations(generation int64, mark string) []store.Record {
	m := func(uid string) store.Meta {
		return store.Meta{UID: uid, Namespace: mark, Name: uid, Generation: generation}
	}
	return []store.Record{
		office(func(o *store.Office) { o.Meta, o.Catalog = m("o"), []string{mark} }),
		set("s", grants(mark, read), func(s *store.PermissionSet) { s.Meta, s.Ancestors[0].UID = m("s"), "s" }),
		binding("b", "s", nil, func(b *store.RoleBinding) { b.Meta = m("b") }),
		user("ann", func(u *store.User) { u.Meta, u.Networks = m("ann"), []string{mark} }),
	}
}

func staleGenerations(w *world) {
	w.put(generations(5, "first")...)
	before := w.all()
	for _, r := range generations(4, "late") {
		w.Expect(w.apply(put(r))).To(MatchError(store.ErrStale))
		w.Expect(w.apply(store.Put{Record: r, Revoking: true})).To(MatchError(store.ErrStale))
	}
	w.Expect(w.all()).To(Equal(before))
	w.put(generations(6, "next")...)
	w.expectStored(generations(6, "next"))
}

func equalGenerations(w *world) {
	w.put(generations(5, "first")...)
	w.put(generations(5, "second")...)
	w.expectStored(generations(5, "second"))
}

func newObjects(w *world) {
	w.put(generations(5, "first")...)
	for _, r := range generations(5, "first") {
		if u, ok := r.(store.User); ok {
			w.must(remove(u.UID, store.Delete))
			continue
		}
		w.must(store.Remove{Key: r.Key()})
	}
	w.Expect(w.all()).To(BeEmpty())
	w.put(generations(1, "again")...)
	w.expectStored(generations(1, "again"))
}

func staleFirst(w *world) {
	w.put(office(maxUsers(1)), user("ann", inState(store.StateDeactivated), atGeneration(5)), user("bob"))
	w.Expect(w.apply(put(user("bob", withUID("ann"))))).To(MatchError(store.ErrStale))
}
