// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// world is a back office: its sets as the pure model has them, and all else as records. What a binding hands out, and to whom, is made into both.
type world struct {
	name   string
	office store.Office
	// unset worlds have no office record: nothing is said about the policy.
	unset bool
	// reset says that all passwords which are older than an hour were reset.
	reset    bool
	sets     access.World
	bindings []store.RoleBinding
	users    []account
}

// account is a user with what chance adds to the record.
type account struct {
	store.User
	// fate is what became of the API object: empty while it lives.
	fate store.Disposal
	passwords
}

var (
	paths      = []string{"a", "a/b", "a/b/c", "a/b/d", "a/e", "a-b", "ab", "b", "b/a", "b/a/c", "B", "é/a", "é"}
	dimensions = []string{"brands", "entities", "orders"}
	types      = []string{"Staff", "Administrator", "API"}
	setNames   = []string{"set-0", "set-1", "set-2", "set-3", "set-4", "set-5"}
)

const labels, margin = "labels", 3 * time.Hour

// dice make worlds.
type dice struct {
	*rand.Rand
	now time.Time
}

func newDice(seed, n uint64, now time.Time) dice {
	return dice{rand.New(rand.NewPCG(seed, n)), now.Truncate(time.Second).UTC()}
}

// oneIn is true once in n times.
func (d dice) oneIn(n int) bool { return d.IntN(n) == 0 }

func of[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// some are up to n of a list, sorted, each once.
func some[T cmp.Ordered](d dice, list []T, n int) []T {
	var picked []T
	for range d.IntN(n + 1) {
		picked = append(picked, of(d, list))
	}
	slices.Sort(picked)
	return slices.Compact(picked)
}

func (d dice) content(n int) access.Content {
	var entries []access.Entry
	for range d.IntN(n) {
		entries = append(entries, access.Entry{Path: of(d, paths), Level: access.Level(d.IntN(3))})
	}
	return access.ContentOf(entries...)
}

func (d dice) denials() []string {
	if d.oneIn(5) {
		return some(d, paths, 2)
	}
	return nil
}

// world makes one; the generation is that of its objects.
func (d dice) world(name string, generation int64) world {
	w := world{name: name, unset: d.oneIn(10), reset: d.oneIn(3), sets: d.sets()}
	w.office = store.Office{
		Meta: meta("office", generation), MaxUsers: store.NoLimit, MaxAdministrators: store.NoLimit, TwoFactorRequired: d.oneIn(2),
		NeverReuse: d.oneIn(2), Dimensions: some(d, dimensions, 3),
	}
	if d.oneIn(2) {
		w.office.Catalog = some(d, append([]string{"a/b/c/d", "b/a/c/e", "z"}, paths...), 8)
	}
	if w.unset {
		w.office.Catalog, w.office.Dimensions, w.office.TwoFactorRequired = nil, nil, false
	}
	for i := range 1 + d.IntN(4) {
		w.users = append(w.users, d.account(i, generation))
	}
	for i := range 1 + d.IntN(6) {
		w.bindings = append(w.bindings, d.binding(w, i, generation))
	}
	return w
}

func meta(uid string, generation int64) store.Meta {
	return store.Meta{UID: uid, Namespace: "default", Name: uid, Generation: generation}
}

// sets extend those that come later, so that there are no circles, and one that is not there.
func (d dice) sets() access.World {
	w := access.World{}
	names := setNames[:1+d.IntN(len(setNames))]
	for i, name := range names {
		s := access.Set{
			Rank: int32(d.IntN(5)), Family: "default", Withheld: d.oneIn(9), Rights: access.Rights{Gives: d.content(6), Deny: d.denials()},
		}
		if d.oneIn(4) {
			s.AccountTypes = some(d, types, 3)
		}
		if d.oneIn(3) {
			s.Bypass = some(d, dimensions, 2)
		}
		if !d.oneIn(3) {
			s.Extends = some(d, append(slices.Clone(names[i+1:]), "gone"), 3)
		}
		w[name] = s
	}
	return w
}

// filters are some, each of another dimension, which need not be one of the office's.
func (d dice) filters() []store.Filter {
	var filters []store.Filter
	if d.oneIn(2) {
		return nil
	}
	for _, dimension := range some(d, append([]string{"unknown"}, dimensions...), 3) {
		f := store.Filter{Dimension: dimension, Mode: of(d, []string{"All", "Only", "Tagged", "Owned", "None"}), Access: of(d, []string{"ReadWrite", "ReadOnly"})}
		switch f.Mode {
		case "Only":
			if f.Values, f.Groups = some(d, []string{"x", "y", "é"}, 2), some(d, []string{"g", "h"}, 1); len(f.Values) > 1 {
				f.Default = f.Values[0]
			}
		case "Tagged":
			f.Tags = some(d, []string{"t", `"`}, 2)
		}
		filters = append(filters, f)
	}
	return filters
}

func (d dice) account(n int, generation int64) account {
	login := fmt.Sprintf("User-%d", n)
	a := account{User: store.User{
		Meta: meta(fmt.Sprintf("user-%d", n), generation), Login: login, AccountType: of(d, types), State: store.StateActive, Held: d.oneIn(10),
		InForce: !d.oneIn(10), Filters: d.filters(), LabelsHash: labels, Networks: d.networks(),
	}}
	if d.oneIn(8) {
		a.State = of(d, []string{store.StateBlocked, store.StateDeactivated})
	}
	if d.oneIn(2) {
		a.Settings = []store.Setting{{Name: "panel", Value: of(d, []string{"vendor", "é"})}, {Name: "theme", Value: "dark"}}
	}
	a.passwords = of(d, everyPasswords)
	if d.oneIn(12) {
		a.fate = of(d, []store.Disposal{store.Orphan, store.Orphan, store.Deactivate, store.Delete})
	}
	return a
}

// binding hands a set to some users, as seen by it, by them or by both; what is seen may be out of date.
func (d dice) binding(w world, n int, generation int64) store.RoleBinding {
	b := store.RoleBinding{
		Meta: meta(fmt.Sprintf("binding-%d", n), generation), PermissionSetUID: of(d, append(slices.Sorted(maps.Keys(w.sets)), of(d, []string{"", "gone"}))),
		InForce: !d.oneIn(8), Filters: d.filters(), Deny: d.denials(), Grants: entriesOf(d.content(4)),
	}
	b.NotBefore, b.ExpiresAt = d.window()
	for i := range w.users {
		u, bound := &w.users[i].User, store.Bound{BindingUID: b.UID, Generation: generation}
		subject := store.Subject{UserUID: u.UID, LabelsHash: labels}
		switch d.IntN(6) {
		case 0:
			b.Subjects = append(b.Subjects, subject)
		case 1:
			u.Bindings = append(u.Bindings, bound)
		case 2, 3:
			b.Subjects, u.Bindings = append(b.Subjects, subject), append(u.Bindings, bound)
		case 4: // out of date
			subject.LabelsHash = "former"
			bound.Generation += 100
			b.Subjects, u.Bindings = append(b.Subjects, subject), append(u.Bindings, bound)
		}
	}
	return b
}

// holds tells whether a user is seen by a binding, or sees it, as it is.
func holds(u store.User, b store.RoleBinding) bool {
	return slices.Contains(u.Bindings, store.Bound{BindingUID: b.UID, Generation: b.Generation}) ||
		slices.Contains(b.Subjects, store.Subject{UserUID: u.UID, LabelsHash: u.LabelsHash})
}

// window is open, or hours away from both of its ends.
func (d dice) window() (from, until time.Time) {
	switch d.IntN(9) {
	case 0:
		return d.now.Add(-margin), time.Time{}
	case 1:
		return d.now.Add(margin), time.Time{}
	case 2:
		return time.Time{}, d.now.Add(margin)
	case 3:
		return time.Time{}, d.now.Add(-margin)
	case 4:
		return d.now.Add(-margin), d.now.Add(margin)
	}
	return time.Time{}, time.Time{}
}

func entriesOf(c access.Content) []store.Entry {
	var entries []store.Entry
	for _, e := range c {
		entries = append(entries, store.Entry{Path: e.Path, Level: e.Level.String()})
	}
	return entries
}

func contentOf(entries []store.Entry) access.Content {
	var c []access.Entry
	for _, e := range entries {
		c = append(c, access.Entry{Path: e.Path, Level: access.LevelOf(e.Level)})
	}
	return access.ContentOf(c...)
}
