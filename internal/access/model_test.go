// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// The model says the same as the package does, of one path at a time and without any cleverness. Between the paths that somebody names nothing
// happens: it is enough to ask for all of them, and for one that nobody names below each.

// named are the paths that generated objects name; "a-b" sorts between "a" and "a/a".
var named = []string{"a", "a/a", "a/a/a", "a/a/b", "a/b", "a-b", "b", "b/a", "b/a/b", "c"}

// asked are the paths that the model is asked for.
var asked = func() []string {
	paths := []string{"other"}
	for _, path := range named {
		paths = append(paths, path, path+"/other")
	}
	return paths
}()

// above tells whether a path is the other one or above it, by its parts.
func above(path, other string) bool {
	parts, others := strings.Split(path, "/"), strings.Split(other, "/")
	return len(parts) <= len(others) && slices.Equal(parts, others[:len(parts)])
}

// depth orders the entries that cover a path.
func depth(path string) int {
	if path == access.Everything {
		return 0
	}
	return len(strings.Split(path, "/"))
}

func level(c access.Content, path string) access.Level {
	deepest, found := -1, access.None
	for _, e := range c {
		if (e.Path == access.Everything || above(e.Path, path)) && depth(e.Path) > deepest {
			deepest, found = depth(e.Path), e.Level
		}
	}
	return found
}

func denied(paths []string, path string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return above(p, path) })
}

// gained is what a holder may have of a path that it could not have before: others may give what is denied no more.
func gained(before, after access.Rights, path string) access.Level {
	switch {
	case denied(after.Deny, path):
		return access.None
	case denied(before.Deny, path):
		return access.Write
	case level(after.Gives, path) > level(before.Gives, path):
		return level(after.Gives, path)
	}
	return access.None
}

// inherited is what a set gives of a path: the deepest entry decides, of several the nearest set's, of several the highest.
func inherited(w access.World, name, path string) access.Level {
	depths, nearest, highest := -1, 0, access.None
	for id, distance := range distances(w, name) {
		if w[id].Withheld {
			return access.None
		}
		for _, e := range w[id].Gives {
			if !above(e.Path, path) {
				continue
			}
			better := depth(e.Path) > depths ||
				depth(e.Path) == depths && (distance < nearest || distance == nearest && e.Level > highest)
			if better {
				depths, nearest, highest = depth(e.Path), distance, e.Level
			}
		}
	}
	return highest
}

// distances are the sets that a set inherits from, found by making ways longer until nothing is shorter.
func distances(w access.World, name string) map[string]int {
	if _, known := w[name]; !known {
		return nil
	}
	found := map[string]int{name: 0}
	for range w {
		for id, distance := range found {
			for _, parent := range w[id].Extends {
				_, known := w[parent]
				if d, seen := found[parent]; known && (!seen || distance+1 < d) {
					found[parent] = distance + 1
				}
			}
		}
	}
	return found
}

func inheritedDenials(w access.World, name string) []string {
	var paths []string
	for id := range distances(w, name) {
		paths = append(paths, w[id].Deny...)
	}
	return paths
}

// effective is what grants give of a path at a time.
func effective(w access.World, grants []access.Grant, now time.Time, path string) access.Level {
	highest := access.None
	for _, g := range grants {
		if now.Before(g.NotBefore) || !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt) {
			continue
		}
		if denied(g.Deny, path) || denied(inheritedDenials(w, g.Set), path) {
			return access.None
		}
		highest = max(highest, inherited(w, g.Set, path), level(g.Gives, path))
	}
	return highest
}

// The generators.

func drawContent(t *rapid.T, label string, also ...string) access.Content {
	paths := append(slices.Clone(named), also...)
	entry := rapid.Custom(func(t *rapid.T) access.Entry {
		return access.Entry{Path: rapid.SampledFrom(paths).Draw(t, "path"), Level: access.Level(rapid.IntRange(0, 2).Draw(t, "level"))}
	})
	return access.ContentOf(rapid.SliceOfN(entry, 0, 6).Draw(t, label)...)
}

func drawRights(t *rapid.T, label string) access.Rights {
	return access.Rights{
		Gives: drawContent(t, label+" gives"),
		Deny:  rapid.SliceOfNDistinct(rapid.SampledFrom(named), 0, 3, rapid.ID[string]).Draw(t, label+" deny"),
	}
}

var (
	accountTypes = []string{"API", "Staff"}
	dimensions   = []string{"brands", "entities"}
)

var setNames = []string{"s", "t", "u", "v", "w"}

// drawWorld draws sets which extend each other in circles, and sets that are not there.
func drawWorld(t *rapid.T) access.World {
	w := access.World{}
	for _, name := range setNames[:rapid.IntRange(1, len(setNames)).Draw(t, "sets")] {
		w[name] = access.Set{
			Rank:         rapid.Int32Range(0, 3).Draw(t, name+" rank"),
			Family:       rapid.SampledFrom([]string{"x", "y"}).Draw(t, name+" family"),
			Withheld:     rapid.IntRange(0, 7).Draw(t, name+" withheld") == 0,
			Rights:       drawRights(t, name),
			AccountTypes: rapid.SliceOfNDistinct(rapid.SampledFrom(accountTypes), 0, 2, rapid.ID[string]).Draw(t, name+" types"),
			Bypass:       rapid.SliceOfNDistinct(rapid.SampledFrom(dimensions), 0, 2, rapid.ID[string]).Draw(t, name+" bypass"),
			Extends:      rapid.SliceOfNDistinct(rapid.SampledFrom(append(slices.Clone(setNames), "gone")), 0, 3, rapid.ID[string]).Draw(t, name+" extends"),
		}
	}
	return w
}

var epoch = time.Unix(1_000_000, 0)

func drawTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is open") {
		return time.Time{}
	}
	return epoch.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, label)) * time.Second)
}

func drawGrants(t *rapid.T) []access.Grant {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) access.Grant {
		return access.Grant{
			Set:       rapid.SampledFrom(append(slices.Clone(setNames), "gone")).Draw(t, "set"),
			Rights:    drawRights(t, "grant"),
			NotBefore: drawTime(t, "notBefore"),
			ExpiresAt: drawTime(t, "expiresAt"),
			Filters:   drawFilters(t, "grant"),
		}
	}), 0, 4).Draw(t, "grants")
}
