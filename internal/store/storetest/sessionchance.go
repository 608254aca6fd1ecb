// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// holding is what a user has, as the views tell it.
type holding struct {
	id          string
	permissions levels
	// data are the filters that narrow, by path, grant and level. Each dimension is open or narrowed.
	data map[grantedPath][]store.Filter
}

type grantedPath struct{ path, grant, level string }

func (w *world) holdings(backOffice string) map[string]holding {
	w.t.Helper()
	found := map[string]holding{}
	for _, row := range w.query(`SELECT login, id FROM active_users WHERE back_office = $1`, backOffice) {
		h := holding{id: row[1], permissions: w.permissions(backOffice, row[0]), data: map[grantedPath][]store.Filter{}}
		for _, d := range w.filters(backOffice, row[0]) {
			at := grantedPath{d.path, d.grant, d.level}
			if h.data[at] = append(h.data[at], d.filter); d.filter.Mode == "All" {
				h.data[at] = h.data[at][:len(h.data[at])-1]
			}
		}
		found[row[0]] = h
	}
	return found
}

// at is the rank of the deepest row that covers a path.
func (h holding) at(path string) int {
	deepest, rank := "", 0
	for covering, level := range h.permissions {
		if covers(covering, path) && len(covering) > len(deepest) {
			deepest, rank = covering, rankOf(level)
		}
	}
	return rank
}

// loses tells what somebody has no more who now has something else: levels, or data that one grant gave and none gives now.
func (h holding) loses(now holding) (what []string) {
	less := func(path string) bool { return h.at(path) > now.at(path) }
	if slices.ContainsFunc(slices.Collect(maps.Keys(h.permissions)), less) || slices.ContainsFunc(slices.Collect(maps.Keys(now.permissions)), less) {
		what = append(what, "levels")
	}
	for had, filters := range h.data {
		if _, asked := now.permissions[had.path]; asked && !now.reaches(had, filters) {
			return append(what, "data")
		}
	}
	return what
}

// reaches tells whether a grant gives as much of a path, narrowed by nothing else than these filters.
func (h holding) reaches(path grantedPath, filters []store.Filter) bool {
	for has, narrower := range h.data {
		other := func(f store.Filter) bool {
			return !slices.ContainsFunc(filters, func(g store.Filter) bool { return fmt.Sprint(f) == fmt.Sprint(g) })
		}
		if has.path == path.path && rankOf(has.level) >= rankOf(path.level) && !slices.ContainsFunc(narrower, other) {
			return true
		}
	}
	return false
}

// changing is a back office that chance changes.
type changing struct {
	*rand.Rand
	*world
	backOffice string
	// generations are those of the bindings that are stored, and the last one that was made.
	generations map[string]int64
	last        int64
	// moments are the last ones that were told of accounts, by their IDs: they never fall.
	moments map[string]time.Time
}

// sessionsByChance changes back offices, of which all that is given and taken is noted, and demands that whoever has less after a change has no
// session from before it.
func sessionsByChance(w *world) {
	const offices, beginnings, rounds = 40, 16, 5
	dice := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // G404: the same changes every time
	var all []*changing
	var names []string
	for i := range offices {
		name := fmt.Sprintf("office-%d", i)
		there := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = name })))
		there.put(office(dimensions("d", "e")))
		c := &changing{Rand: dice, world: there, backOffice: name, generations: map[string]int64{}, moments: map[string]time.Time{}}
		for range beginnings {
			there.must(c.change())
		}
		all, names = append(all, c), append(names, name)
	}
	seen := map[string]int{}
	for range rounds {
		now := w.settle(names...)
		for _, c := range all {
			c.step(now, seen)
		}
	}
	w.t.Logf("of %d users: %v", seen["users"], seen)
	for _, what := range []string{"users", "levels", "data", "ended", "went on"} {
		w.Expect(seen).To(HaveKeyWithValue(what, BeNumerically(">=", 10)), "chance made something of everything")
	}
}

// step makes one change, when all before it is past.
func (c *changing) step(now time.Time, seen map[string]int) {
	c.t.Helper()
	before, was := c.holdings(c.backOffice), c.validAfter(c.backOffice)
	change := c.change()
	c.must(change)
	after, is := c.holdings(c.backOffice), c.validAfter(c.backOffice)
	for login, h := range after {
		c.Expect(is[login]).To(BeTemporally(">=", c.moments[h.id]), "%s, after %+v", login, change)
		c.moments[h.id] = is[login]
	}
	for login, h := range before {
		present, stays := after[login]
		if !stays || present.id != h.id {
			continue
		}
		if seen["users"]++; is[login].After(was[login]) {
			seen["ended"]++
		} else {
			seen["went on"]++
		}
		for _, what := range h.loses(present) {
			seen[what]++
			c.ended(is[login], now, fmt.Sprintf("%s has lost %s after %+v: %+v, and now %+v", login, what, change, h, present))
		}
	}
}

// change is one of few objects, with all that it gives and takes.
func (c *changing) change() store.Change {
	c.last++
	n := c.IntN(3)
	switch c.IntN(16) {
	case 0:
		return put(office(dimensions("d", "e"), catalog([][]string{nil, {"a/b", "a/c"}, {"a/b", "a/c", "b"}}[n]...)))
	case 1:
		return store.Remove{Key: set(fmt.Sprintf("set-%d", n)).Key()}
	case 2:
		return store.Remove{Key: forAnn(fmt.Sprintf("binding-%d", n), "").Key()}
	case 3:
		return remove(fmt.Sprintf("user-%d", n), store.Deactivate)
	case 4, 5, 6, 7:
		return c.user(n)
	case 8, 9, 10, 11:
		return c.binding(n)
	default:
		return c.set(n)
	}
}

func filtersByChance(dice *rand.Rand) (filters []store.Filter, texts []string) {
	for _, dimension := range []string{"d", "e"} {
		if dice.IntN(2) == 0 {
			f := only(dimension, fmt.Sprint(dice.IntN(2)))
			filters, texts = append(filters, f), append(texts, fmt.Sprintf("deny outside %v", f))
		}
	}
	return filters, texts
}

func (c *changing) user(n int) store.Change {
	u := user(fmt.Sprintf("user-%d", n), atGeneration(c.last), ofType([]string{"Staff", "Staff", "API"}[c.IntN(3)]))
	u.LabelsHash = fmt.Sprint("labels-", c.IntN(2))
	u.Held, u.InForce = c.IntN(9) == 0, c.IntN(9) > 0
	var texts []string
	u.Filters, texts = filtersByChance(c.Rand)
	if texts = append(texts, "account of type "+u.AccountType, "label "+u.LabelsHash); u.Held || !u.InForce {
		texts = nil
	}
	for i := range 3 {
		uid := fmt.Sprintf("binding-%d", i)
		switch generation := c.generations[uid]; c.IntN(8) {
		case 0, 1, 2: // not bound
		case 3: // a generation that is not stored grants nothing yet
			u.Bindings = append(u.Bindings, store.Bound{BindingUID: uid, Generation: generation + 1})
		default:
			u.Bindings = append(u.Bindings, store.Bound{BindingUID: uid, Generation: generation})
		}
	}
	return told(u, texts...)
}

// levelsByChance are entries with what they give, and what they keep from those who have more from farther away.
func levelsByChance(dice *rand.Rand, n int) (entries []store.Entry, texts []string) {
	for _, path := range []string{"a", "a/b", "a/c", "b"} {
		if dice.IntN(n) > 0 {
			continue
		}
		e := store.Entry{Path: path, Level: []string{none, read, write, write}[dice.IntN(4)]}
		if entries = append(entries, e); e.Level != none {
			texts = append(texts, e.Path+" "+e.Level)
		}
		if e.Level != write {
			texts = append(texts, "deny above "+e.Level+" on "+e.Path)
		}
	}
	return entries, texts
}

func (c *changing) binding(n int) store.Change {
	b := binding(fmt.Sprintf("binding-%d", n), fmt.Sprintf("set-%d", c.IntN(3)), nil, bindingAt(c.last))
	c.generations[b.UID] = b.Generation
	for i := range 3 {
		if c.IntN(3) > 0 {
			b.Subjects = append(b.Subjects, store.Subject{UserUID: fmt.Sprintf("user-%d", i), LabelsHash: fmt.Sprint("labels-", c.IntN(2))})
		}
	}
	var texts, narrows []string
	b.Grants, texts = levelsByChance(c.Rand, 4)
	b.Filters, narrows = filtersByChance(c.Rand)
	if c.IntN(6) == 0 {
		moments := []time.Time{{}, longAgo, farAway}
		b.NotBefore, b.ExpiresAt = moments[c.IntN(len(moments))], moments[c.IntN(len(moments))]
	}
	texts = append(append(texts, narrows...), "set "+b.PermissionSetUID, fmt.Sprint("from ", b.NotBefore), fmt.Sprint("until ", b.ExpiresAt))
	if c.IntN(5) == 0 {
		b.Deny, texts = []string{"a/b"}, append(texts, "deny a/b")
	}
	if b.InForce = c.IntN(9) > 0; !b.InForce {
		texts = nil
	}
	return told(b, texts...)
}

func (c *changing) set(n int) store.Change {
	s := set(fmt.Sprintf("set-%d", n), func(s *store.PermissionSet) { s.Generation = c.last })
	var texts []string
	s.Entries, texts = levelsByChance(c.Rand, 2)
	for i := range n { // of those before it, so that there is no circle
		if c.IntN(2) == 0 {
			distance := 1 + c.IntN(2)
			inherits(fmt.Sprintf("set-%d", i), distance)(&s)
			texts = append(texts, fmt.Sprintf("inherits set-%d at %d", i, distance))
		}
	}
	if c.IntN(2) == 0 {
		s.Bypass, texts = []string{"d"}, append(texts, "bypass d")
	}
	texts = append(texts, "force")
	if s.InForce = c.IntN(9) > 0; !s.InForce {
		texts = nil
	}
	if c.IntN(4) == 0 {
		s.AccountTypes = []string{"Staff"}
		texts = append(texts, "deny to other types than Staff", "for Staff")
	} else {
		texts = append(texts, "for all types")
	}
	if c.IntN(5) == 0 {
		s.Deny, texts = []string{"a/c"}, append(texts, "deny a/c")
	}
	return told(s, texts...)
}
