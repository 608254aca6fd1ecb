// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// set is the record of one of the sets. As the operator does, it withholds those that inherit from a withheld one.
func (w world) set(name string, generation int64) store.PermissionSet {
	s := w.sets[name]
	r := store.PermissionSet{
		Meta: meta(name, generation), SetKey: name, Rank: s.Rank, RankFamily: s.Family, InForce: true, AccountTypes: s.AccountTypes, Bypass: s.Bypass,
		Entries: entriesOf(s.Gives), Deny: s.Deny,
	}
	ancestry := access.Ancestors(name, func(id string) ([]string, bool) {
		set, known := w.sets[id]
		return set.Extends, known
	})
	for id, distance := range ancestry.Distance {
		r.InForce = r.InForce && !w.sets[id].Withheld
		r.Ancestors = append(r.Ancestors, store.Ancestor{UID: id, Distance: distance})
	}
	slices.SortFunc(r.Ancestors, func(a, b store.Ancestor) int { return cmp.Compare(a.UID, b.UID) })
	return r
}

// changes write the world, in any order.
func (w world) changes(d dice, generation int64) []store.Change {
	var changes []store.Change
	put := func(r store.Record) { changes = append(changes, store.Put{Record: r}) }
	if !w.unset {
		put(w.office)
	}
	for name := range w.sets {
		put(w.set(name, generation))
	}
	for _, b := range w.bindings {
		put(b)
	}
	for _, u := range w.users {
		put(u.User)
	}
	slices.SortFunc(changes, func(a, b store.Change) int { // as they come out of a map is no fixed order
		x, y := a.(store.Put).Record.Key(), b.(store.Put).Record.Key()
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.UID, y.UID))
	})
	d.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	return changes
}

// fates end the care for users, once all else is written.
func (w world) fates(now time.Time) []store.Change {
	var changes []store.Change
	for _, u := range w.users {
		changes = append(changes, u.issues(u.UID, now)...)
	}
	if w.reset {
		changes = append(changes, store.ResetCredentials{IssuedBefore: now.Add(-time.Hour).Truncate(time.Second).UTC()})
	}
	for _, u := range w.users {
		if u.fate != "" {
			changes = append(changes, store.RemoveUser{UID: u.UID, Disposal: u.fate})
		}
	}
	return changes
}

// without removes what this world has and the next one has not.
func (w world) without(next world) []store.Change {
	var changes []store.Change
	remove := func(r store.Record) { changes = append(changes, store.Remove{Key: r.Key()}) }
	if next.unset && !w.unset {
		remove(w.office)
	}
	for _, name := range setNames {
		_, had := w.sets[name]
		if _, has := next.sets[name]; had && !has {
			remove(w.set(name, 1))
		}
	}
	for _, b := range w.bindings[min(len(w.bindings), len(next.bindings)):] {
		remove(b)
	}
	for _, u := range w.users[min(len(w.users), len(next.users)):] {
		changes = append(changes, store.RemoveUser{UID: u.UID, Disposal: store.Delete})
	}
	return changes
}
