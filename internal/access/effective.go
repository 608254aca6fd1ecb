// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"maps"
	"slices"
	"time"
)

// Set is a set of permissions as it stands in the world.
type Set struct {
	Rank   int32
	Family string
	// Withheld sets give nothing to their holders, and neither do sets that inherit from them: what a withheld set says might take something
	// away. They still deny.
	Withheld bool
	// AccountTypes are those that may hold the set; empty for all. See [World.Permits].
	AccountTypes []string
	// Bypass are the dimensions on which what the set is handed out with is not narrowed. It is not inherited.
	Bypass []string
	Rights
	Extends []string
}

// Grant is a binding that is in force for a user.
type Grant struct {
	// Name tells it from others.
	Name string
	// Set names it; one that is not in the world gives nothing.
	Set string
	Rights
	// Filters narrow what this grant gives, and nothing else.
	Filters []Filter
	// NotBefore and ExpiresAt bound the time in which it gives something: NotBefore <= now < ExpiresAt. Zero: unbounded.
	NotBefore, ExpiresAt time.Time
}

// within tells whether the grant gives something at that time.
func (g Grant) within(now time.Time) bool {
	return !now.Before(g.NotBefore) && (g.ExpiresAt.IsZero() || now.Before(g.ExpiresAt))
}

// World are the sets of a back office by name.
type World map[string]Set

// Inherited returns what a set gives with all that it inherits: for one path the nearest set wins, at equal distance the higher level. Denials
// add up. A set that is withheld, or inherits from one that is, gives nothing.
func (w World) Inherited(name string) Rights {
	type nearest struct {
		distance int
		level    Level
	}
	found, denied := map[string]nearest{}, map[string]bool{}
	for id, distance := range w.ancestry(name).Distance {
		for _, path := range w[id].Deny {
			denied[path] = true
		}
		for _, e := range w[id].Gives {
			if n, seen := found[e.Path]; !seen || distance < n.distance || distance == n.distance && e.Level > n.level {
				found[e.Path] = nearest{distance, e.Level}
			}
		}
	}
	r := Rights{Deny: slices.Sorted(maps.Keys(denied))}
	if w.withheld(name) {
		return r
	}
	for path, n := range found {
		r.Gives = append(r.Gives, Entry{path, n.level})
	}
	r.Gives = ContentOf(r.Gives...)
	return r
}

// withheld tells whether a set gives nothing: it is withheld itself, or inherits from one that is.
func (w World) withheld(name string) bool {
	return slices.ContainsFunc(w.Ancestors(name), func(id string) bool { return w[id].Withheld })
}

// Permits tells whether accounts of a type may hold a set: it, and each set that it inherits from, is for accounts of that type.
func (w World) Permits(name, accountType string) bool {
	return !slices.ContainsFunc(w.Ancestors(name), func(id string) bool {
		types := w[id].AccountTypes
		return len(types) > 0 && !slices.Contains(types, accountType)
	})
}

// For are those of the grants that accounts of a type have: one whose set they may not hold is none, and does not deny either.
func (w World) For(accountType string, grants []Grant) []Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool { return !w.Permits(g.Set, accountType) })
}

// Ancestors are the sets that a set inherits from, as far as they are known, itself included, sorted.
func (w World) Ancestors(name string) []string {
	return slices.Sorted(maps.Keys(w.ancestry(name).Distance))
}

func (w World) ancestry(name string) Ancestry {
	return Ancestors(name, func(id string) ([]string, bool) {
		set, known := w[id]
		return set.Extends, known
	})
}

// Effective returns what these grants give together at a time: across sets and grants the higher level wins, and a denial beats everything
// below it. next is the next moment at which that changes by itself, zero where it does not.
func (w World) Effective(grants []Grant, now time.Time) (content Content, next time.Time) {
	var sources []Content
	var denied []string
	for _, g := range grants {
		for _, at := range []time.Time{g.NotBefore, g.ExpiresAt} {
			if at.After(now) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
		if !g.within(now) {
			continue
		}
		set := w.Inherited(g.Set)
		sources = append(sources, set.Gives, g.Gives)
		denied = append(append(denied, set.Deny...), g.Deny...)
	}
	return union(sources, denied), next
}

// Part is what one of several grants contributes, and on which data.
type Part struct {
	// Grant is the name of the grant.
	Grant string
	// Content is what it gives, without what any of the grants denies.
	Content Content
	// Filters are those that data has to pass, all of them.
	Filters []Filter
}

// Parts returns what each of the grants that are in force at a time gives, and on which data: the filters of the user narrow all of them, those of
// a grant only its own, and neither counts on a dimension that the grant's set bypasses. Together the parts are [World.Effective].
func (w World) Parts(filters []Filter, grants []Grant, now time.Time) []Part {
	inForce := slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool { return !g.within(now) })
	var denied []string
	for _, g := range inForce {
		denied = slices.Concat(denied, w.Inherited(g.Set).Deny, g.Deny)
	}
	parts := make([]Part, 0, len(inForce))
	for _, g := range inForce {
		bypassed := func(f Filter) bool { return !w.withheld(g.Set) && slices.Contains(w[g.Set].Bypass, f.Dimension) }
		parts = append(parts, Part{
			Grant:   g.Name,
			Content: union([]Content{w.Inherited(g.Set).Gives, g.Gives}, denied),
			Filters: slices.DeleteFunc(slices.Concat(filters, g.Filters), bypassed),
		})
	}
	return parts
}

// Strongest returns the smallest rank in each family of the sets that these grants hand out at a time.
func (w World) Strongest(grants []Grant, now time.Time) map[string]int32 {
	ranks := map[string]int32{}
	for _, g := range grants {
		set, known := w[g.Set]
		if !known || !g.within(now) || w.withheld(g.Set) {
			continue
		}
		if rank, seen := ranks[set.Family]; !seen || set.Rank < rank {
			ranks[set.Family] = set.Rank
		}
	}
	return ranks
}

// union gives of each path the highest level that a source gives, and nothing of what is denied.
func union(sources []Content, denied []string) Content {
	denials := denialsOf(denied)
	var all Content
	for _, path := range merged(pathsOf(sources...), slices.Sorted(maps.Keys(denials))) {
		e := Entry{Path: path}
		if !denials.cover(path) {
			for _, c := range sources {
				e.Level = max(e.Level, c.At(path))
			}
		}
		all = append(all, e)
	}
	return all
}
