// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Origin is one entry, or one denial, that says something of a path.
type Origin struct {
	// Grant is the name of the grant by which it counts.
	Grant string
	// Sets lead from the set that the grant hands out to the one that has the entry; empty where the grant itself has it.
	Sets []string
	// Entry is what it says, of the path or of one above it. The level of a denial is None.
	Entry
	Denies bool
	// Decides is true for those by which the path has the level that it has.
	Decides bool
}

// Statements are all that some grants say at a time: see [World.Statements].
type Statements []giver

// giver is a grant itself, or the set that it hands out with all that this inherits. Of one giver one entry counts for a path, as of a [Content].
type giver struct {
	grant    string
	withheld bool // it gives nothing, and denies
	voices   []voice
}

// voice is a grant or a set, and the way to it: see [Origin].
type voice struct {
	sets []string
	Rights
}

// Statements returns all that these grants say at a time: what [World.Effective] decides by.
func (w World) Statements(grants []Grant, now time.Time) Statements {
	var s Statements
	for _, g := range grants {
		if !g.within(now) {
			continue
		}
		set := giver{grant: g.Name, withheld: w.withheld(g.Set)}
		for _, way := range w.ways(g.Set) {
			set.voices = append(set.voices, voice{way, w[way[len(way)-1]].Rights})
		}
		s = append(s, set, giver{grant: g.Name, voices: []voice{{Rights: g.Rights}}})
	}
	return s
}

// ways are the shortest ways from a set to each of those that it inherits from, itself included, the nearest first.
func (w World) ways(name string) [][]string {
	distance := w.ancestry(name).Distance
	nearest := slices.SortedFunc(maps.Keys(distance), func(a, b string) int {
		return cmp.Or(cmp.Compare(distance[a], distance[b]), strings.Compare(a, b))
	})
	found := map[string][]string{name: {name}}
	ways := make([][]string, 0, len(nearest))
	for _, id := range nearest {
		ways = append(ways, found[id])
		for _, parent := range slices.Sorted(slices.Values(w[id].Extends)) {
			if _, known := distance[parent]; known && found[parent] == nil {
				found[parent] = append(slices.Clone(found[id]), parent)
			}
		}
	}
	return ways
}

// Paths are those that the statements name, sorted, each once. What a set that is withheld would give is none of them.
func (s Statements) Paths() []string {
	var all []string
	for _, g := range s {
		for _, v := range g.voices {
			if !g.withheld {
				all = merged(all, pathsOf(v.Gives))
			}
			all = merged(all, slices.Sorted(slices.Values(v.Deny)))
		}
	}
	return slices.Compact(all)
}

// Of returns the level of a path and where it comes from: all that says something of it, those that decide first. It is empty where nothing does.
func (s Statements) Of(path string) (Level, []Origin) {
	var origins []Origin
	for _, g := range s {
		origins = append(origins, g.of(path)...)
	}
	denied := slices.ContainsFunc(origins, func(o Origin) bool { return o.Denies })
	level := None
	for _, o := range origins {
		if o.Decides && !denied {
			level = max(level, o.Level)
		}
	}
	for i, o := range origins {
		origins[i].Decides = o.Decides && o.Denies == denied && o.Level == level
	}
	slices.SortStableFunc(origins, func(a, b Origin) int {
		switch {
		case a.Decides == b.Decides:
			return 0
		case a.Decides:
			return -1
		}
		return 1
	})
	return level, origins
}

// of returns what one giver says of a path. What decides of it is said as if there were no others.
func (g giver) of(path string) []Origin {
	origins := g.denials(path)
	if g.withheld {
		return origins
	}
	var first []Origin // what the nearest of those say that name the deepest path
	for at, ok := path, true; ok; at, ok = parent(at) {
		for _, v := range g.voices {
			level, named := v.Gives.entry(at)
			if !named {
				continue
			}
			o := Origin{Grant: g.grant, Sets: v.sets, Entry: Entry{at, level}}
			if len(first) == 0 || at == first[0].Path && len(v.sets) == len(first[0].Sets) {
				o.Decides = true // if no other gives more
				first = append(first, o)
			} else {
				origins = append(origins, o)
			}
		}
	}
	return append(first, origins...)
}

// denials returns what one giver denies of a path.
func (g giver) denials(path string) []Origin {
	var origins []Origin
	for at, ok := path, true; ok; at, ok = above(at) {
		for _, v := range g.voices {
			if slices.Contains(v.Deny, at) {
				origins = append(origins, Origin{Grant: g.grant, Sets: v.sets, Entry: Entry{at, None}, Denies: true, Decides: true})
			}
		}
	}
	return origins
}
