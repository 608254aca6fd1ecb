// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Level is how much of a permission somebody has. The zero value is nothing.
type Level int

// The levels.
const (
	None Level = iota
	Read
	Write
)

var levelNames = [...]string{"None", "Read", "Write"}

// String is None, Read or Write.
func (l Level) String() string { return levelNames[l] }

// LevelOf is the level of that name. What is no level is [None].
func LevelOf(name string) Level {
	return Level(max(slices.Index(levelNames[:], name), 0))
}

// Everything is the path that covers all others.
const Everything = "*"

// Entry is the level of one path.
type Entry struct {
	Path  string
	Level Level
}

// String is the path and the level.
func (e Entry) String() string { return e.Path + " " + e.Level.String() }

// MarshalText implements [encoding.TextMarshaler]: the text is that of String. A path has no spaces.
func (e Entry) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (e *Entry) UnmarshalText(text []byte) error {
	path, level, ok := strings.Cut(string(text), " ")
	if !ok || !slices.Contains(levelNames[:], level) {
		return fmt.Errorf("no path and level: %q", text)
	}
	e.Path, e.Level = path, LevelOf(level)
	return nil
}

// Content is what a set, a grant or a delegation gives, sorted by path, each path once: see [ContentOf]. The deepest entry that covers a path
// decides, and a path that none covers is [None].
type Content []Entry

// ContentOf sorts entries. Of two for one path the higher level counts.
func ContentOf(entries ...Entry) Content {
	sorted := slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(b.Level, a.Level))
	})
	return slices.CompactFunc(sorted, func(a, b Entry) bool { return a.Path == b.Path })
}

// At is the level of a path.
func (c Content) At(path string) Level {
	for at, ok := path, len(c) > 0; ok; at, ok = parent(at) {
		if level, named := c.entry(at); named {
			return level
		}
	}
	return None
}

// entry is the level of the entry for exactly this path, if there is one.
func (c Content) entry(path string) (level Level, named bool) {
	i, found := slices.BinarySearchFunc(c, path, func(e Entry, path string) int { return strings.Compare(e.Path, path) })
	if !found {
		return None, false
	}
	return c[i].Level, true
}

// Lacks returns what of want is not within c, sorted by path: where want gives a path, or something below it, more than c does. What is below a
// missing path, and missing at no higher level, is left out.
func (c Content) Lacks(want Content) []Entry {
	var missing Content
	for _, path := range pathsOf(c, want) {
		if level := want.At(path); level > c.At(path) && level > missing.At(path) {
			missing = append(missing, Entry{path, level})
		}
	}
	return missing
}

// compact leaves out what the entries above say already.
func (c Content) compact() Content {
	var needed Content
	for _, e := range c {
		above := None
		if path, ok := parent(e.Path); ok {
			above = c.At(path)
		}
		if e.Level != above {
			needed = append(needed, e)
		}
	}
	return needed
}

// pathsOf are the paths that contents name, sorted, each once.
func pathsOf(contents ...Content) []string {
	var all []string
	for _, c := range contents {
		paths := make([]string, 0, len(c))
		for _, e := range c {
			paths = append(paths, e.Path)
		}
		all = merged(all, paths)
	}
	return all
}

// merged are the texts of two sorted lists, sorted, each once.
func merged(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	both := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch strings.Compare(a[0], b[0]) {
		case -1:
			both, a = append(both, a[0]), a[1:]
		case 1:
			both, b = append(both, b[0]), b[1:]
		default:
			both, a, b = append(both, a[0]), a[1:], b[1:]
		}
	}
	return append(append(both, a...), b...)
}

// above is the path above, where there is one.
func above(path string) (string, bool) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], i >= 0
}

// parent is the next path above; the last one is [Everything].
func parent(path string) (string, bool) {
	if up, ok := above(path); ok {
		return up, true
	}
	return Everything, path != Everything
}

// denials are paths that cover what is below them. Here [Everything] is a path like others, as in the store: nothing denies everything.
type denials map[string]bool

func denialsOf(paths ...[]string) denials {
	d := denials{}
	for _, path := range slices.Concat(paths...) {
		d[path] = true
	}
	return d
}

// cover tells whether one of these paths is the path or above it.
func (d denials) cover(path string) bool {
	for at, ok := path, len(d) > 0; ok; at, ok = above(at) {
		if d[at] {
			return true
		}
	}
	return false
}

// Rights are what an object gives to those who hold it, and what it keeps from them whatever others give.
type Rights struct {
	Gives Content
	Deny  []string
}

// Gain is what a change gives that was not given before: higher levels, and paths that are no longer denied. A path that was denied and is not
// any more counts as Write, for others may give that. What is still denied is not gained.
func Gain(before, after Rights) Content {
	denied, was := denialsOf(after.Deny), denialsOf(before.Deny)
	var gained Content
	for _, path := range merged(pathsOf(before.Gives, after.Gives), slices.Sorted(maps.Keys(denialsOf(before.Deny, after.Deny)))) {
		e := Entry{Path: path}
		switch level := after.Gives.At(path); {
		case !denied.cover(path) && was.cover(path):
			e.Level = Write
		case denied.cover(path) && path != Everything: // an entry for everything is about all paths, and a denial of that name is not
		case level > before.Gives.At(path):
			e.Level = level
		}
		gained = append(gained, e)
	}
	return gained.compact()
}

// Exposed is what a change of a set may give to holders and to those who inherit from it. To the latter an entry that is new is given even if the
// set has one above it, for it wins over what they have above it; and so is a path that [None] no longer takes out, of which nobody knows what
// others give.
func Exposed(before, after Rights) Content {
	denied := denialsOf(after.Deny)
	var exposed []Entry
	for _, e := range after.Gives {
		if _, named := before.Gives.entry(e.Path); named {
			e.Level = None
		}
		exposed = append(exposed, e)
	}
	for _, e := range before.Gives {
		if _, named := after.Gives.entry(e.Path); !named && e.Level == None {
			exposed = append(exposed, Entry{e.Path, Write})
		}
	}
	for i, e := range exposed {
		if denied.cover(e.Path) && e.Path != Everything {
			exposed[i].Level = None
		}
	}
	for path := range denied {
		if path != Everything {
			exposed = append(exposed, Entry{path, None})
		}
	}
	return union([]Content{Gain(before, after), ContentOf(exposed...)}, nil).compact()
}

// NewlyDenied returns the paths that a change denies and that were not denied before, sorted.
func NewlyDenied(before, after Rights) []string {
	known := denialsOf(before.Deny)
	var denied []string
	for _, path := range after.Deny {
		if !known.cover(path) {
			denied = append(denied, path)
		}
	}
	slices.Sort(denied)
	return denied
}
