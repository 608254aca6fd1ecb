// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"maps"
	"slices"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Family is a set with those that it inherits from, itself not included. One that is missing gives nothing.
type Family struct {
	Set       store.PermissionSet
	Ancestors []store.PermissionSet
}

// all are the set and those that it inherits from.
func (f Family) all() []store.PermissionSet {
	return append([]store.PermissionSet{f.Set}, f.Ancestors...)
}

// denials are the paths that the family takes away.
func (f Family) denials() []string {
	var denials []string
	for _, s := range f.all() {
		denials = append(denials, s.Deny...)
	}
	return sorted(denials)
}

// types are those of the accounts that may hold the set; some is false where there are none, and nil types are all.
func (f Family) types() (types []string, some bool) {
	for _, s := range f.all() {
		if types, some = lowerTypes(types, s.AccountTypes); !some {
			return nil, false
		}
	}
	return types, true
}

// lowerTypes are the types in both lists, of which an empty one has all.
func lowerTypes(a, b []string) (types []string, some bool) {
	switch {
	case len(a) == 0:
		return b, true
	case len(b) == 0:
		return a, true
	}
	types = common(a, b)
	return types, len(types) > 0
}

// content is what the views read of paths: the deepest one that covers a path decides.
type content map[string]access.Level

// content is what the family says of each path: the nearest set decides, at equal distance the higher level.
func (f Family) content() content {
	out, nearest := content{}, map[string]int{}
	if !f.Set.InForce {
		return out
	}
	for _, s := range f.all() {
		i := slices.IndexFunc(f.Set.Ancestors, func(a store.Ancestor) bool { return a.UID == s.UID })
		if i < 0 || !s.InForce {
			continue
		}
		distance := f.Set.Ancestors[i].Distance
		for _, e := range s.Entries {
			level, before := access.LevelOf(e.Level), out[e.Path]
			if at, said := nearest[e.Path]; !said || distance < at || distance == at && level > before {
				out[e.Path], nearest[e.Path] = level, distance
			}
		}
	}
	return out
}

func contentOf(entries []store.Entry) content {
	out := content{}
	for _, e := range entries {
		out[e.Path] = access.LevelOf(e.Level)
	}
	return out
}

// level is that of a path.
func (c content) level(path string) access.Level {
	for {
		if level, said := c[path]; said {
			return level
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return access.None
		}
		path = path[:i]
	}
}

// within tells whether the other content gives all that this one does.
func (c content) within(other content) bool {
	for _, paths := range []content{c, other} {
		for path := range paths {
			if c.level(path) > other.level(path) {
				return false
			}
		}
	}
	return true
}

// lowerEntries are the entries of a set or a binding that give, together with what is inherited, what both do. own are the entries that are held.
func lowerEntries(own []store.Entry, held, wanted, inherited content) []store.Entry {
	paths, is := contentOf(own), maps.Clone(inherited)
	ours := maps.Clone(paths)
	for _, c := range []content{held, wanted} {
		maps.Copy(paths, c)
	}
	var entries []store.Entry
	for _, path := range slices.Sorted(maps.Keys(paths)) { // what is above a path comes before it
		low := min(held.level(path), wanted.level(path))
		if _, own := ours[path]; own || is.level(path) != low {
			is[path] = low
			entries = append(entries, store.Entry{Path: path, Level: low.String()})
		}
	}
	return entries
}

// LowerSet returns what a set keeps while nothing new is given. Its key and its rank stay as they are.
func LowerSet(held, wanted Family) store.PermissionSet {
	out := wanted.Set
	out.SetKey, out.Rank, out.RankFamily = held.Set.SetKey, held.Set.Rank, held.Set.RankFamily
	out.InForce = held.Set.InForce && wanted.Set.InForce
	out.Bypass = common(held.Set.Bypass, wanted.Set.Bypass)
	out.Deny = lowerDenials(held, wanted)
	out.AccountTypes = lowerHolders(held, wanted)
	is, wants := held.content(), wanted.content()
	switch {
	case !out.InForce: // it gives nothing, whatever its entries
	case wants.within(is) && len(strangers(held, wanted)) == 0:
	case slices.Equal(held.Set.Ancestors, wanted.Set.Ancestors):
		parents := held
		parents.Set.Entries = nil
		out.Entries = lowerEntries(held.Set.Entries, is, wants, parents.content())
	default: // each path is said: what is inherited gives nothing by itself, and what is not there yet takes away what it would
		out.Ancestors = united(held.Set.Ancestors, wanted.Set.Ancestors)
		out.Entries = everyEntry(is, wants)
	}
	return out
}

// everyEntry says of each path what both contents give.
func everyEntry(held, wanted content) []store.Entry {
	var entries []store.Entry
	paths := maps.Clone(held)
	maps.Copy(paths, wanted)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		entries = append(entries, store.Entry{Path: path, Level: min(held.level(path), wanted.level(path)).String()})
	}
	return entries
}

// lowerDenials are those of the wanted set, what the family would no longer deny, and what those deny that it is to inherit from: they may be new.
func lowerDenials(held, wanted Family) []string {
	denials, still := slices.Clone(wanted.Set.Deny), wanted.denials()
	for _, ancestor := range strangers(held, wanted) {
		denials = append(denials, ancestor.Deny...)
	}
	for _, path := range held.denials() {
		if !slices.Contains(still, path) {
			denials = append(denials, path)
		}
	}
	return sorted(denials)
}

// strangers are those that the wanted set is to inherit from and the other one does not.
func strangers(held, wanted Family) []store.PermissionSet {
	return slices.DeleteFunc(slices.Clone(wanted.Ancestors), func(ancestor store.PermissionSet) bool {
		return slices.ContainsFunc(held.Ancestors, func(s store.PermissionSet) bool { return s.UID == ancestor.UID })
	})
}

// lowerHolders are the account types that a set asks for itself, so that no other account may hold it than may now. Where none may, it is one that
// there is not.
func lowerHolders(held, wanted Family) []string {
	is, holders := held.types()
	wants, some := wanted.types()
	if holders && some {
		switch types, some := lowerTypes(is, wants); {
		case some && slices.Equal(types, wants):
			return wanted.Set.AccountTypes
		case some:
			return types
		}
	}
	return []string{nowhere}
}

// united are the ancestors of both lists, each at its shortest distance.
func united(a, b []store.Ancestor) []store.Ancestor {
	nearest := map[string]int{}
	for _, list := range [][]store.Ancestor{a, b} {
		for _, ancestor := range list {
			if at, known := nearest[ancestor.UID]; !known || ancestor.Distance < at {
				nearest[ancestor.UID] = ancestor.Distance
			}
		}
	}
	var out []store.Ancestor
	for _, uid := range slices.Sorted(maps.Keys(nearest)) {
		out = append(out, store.Ancestor{UID: uid, Distance: nearest[uid]})
	}
	return out
}
