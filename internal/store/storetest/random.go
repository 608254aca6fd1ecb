// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// model is a back office, and the rules by which its permissions are resolved, in the plainest words.
type model struct {
	leaves   []string
	sets     map[string]store.PermissionSet
	bindings []store.RoleBinding
}

// agreesWithModel asks for the permissions of users of back offices that chance has made.
func agreesWithModel(w *world) {
	const offices, users = 8, 12
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: the same offices every time
	seen := map[string]int{}
	for i := range offices {
		backOffice := fmt.Sprintf("random-%d", i)
		there := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = backOffice })))
		m := randomModel(dice, users)
		if i%2 == 0 {
			m.leaves = nil
		}
		records := []store.Record{office(catalog(m.leaves...))}
		for _, s := range m.sets {
			records = append(records, s)
		}
		for _, b := range m.bindings {
			records = append(records, b)
		}
		for n := range users {
			records = append(records, user(fmt.Sprintf("user-%d", n)))
		}
		dice.Shuffle(len(records), func(a, b int) { records[a], records[b] = records[b], records[a] })
		there.put(records...)
		for n := range users {
			login := fmt.Sprintf("user-%d", n)
			want := m.permissions(login)
			w.Expect(there.permissions(backOffice, login)).To(Equal(want), "%s of %s: %+v", login, backOffice, m)
			for _, level := range want {
				seen[level]++
			}
		}
	}
	w.Expect(seen).To(And(HaveKeyWithValue(none, BeNumerically(">", 20)), HaveKeyWithValue(read, BeNumerically(">", 20)),
		HaveKeyWithValue(write, BeNumerically(">", 20))), "chance made something of everything")
}

func randomModel(dice *rand.Rand, users int) model {
	const sets, bindings = 10, 15
	paths := []string{"a", "a/b", "a/b/c", "a/b/d", "a/bc", "a-b", "ab", "b", "b/a", "b/a/c", "A", "é", "é/a", "éa"}
	setUID := func() string { return fmt.Sprintf("set-%d", dice.IntN(sets+1)) } // the last one is never stored
	some := func(n int, add func()) {
		for range dice.IntN(n) {
			add()
		}
	}
	m := model{sets: map[string]store.PermissionSet{}}
	for _, path := range paths {
		if dice.IntN(2) == 0 {
			m.leaves = append(m.leaves, path+"/leaf", path)
		}
	}
	for i := range sets {
		uid := fmt.Sprintf("set-%d", i)
		s := set(uid, func(s *store.PermissionSet) { s.InForce = dice.IntN(6) > 0 })
		distances, levels, denied := map[string]int{uid: 0}, map[string]string{}, map[string]bool{}
		some(4, func() { distances[setUID()] = 1 + dice.IntN(3) })
		distances[uid] = 0
		some(7, func() { levels[paths[dice.IntN(len(paths))]] = []string{none, read, write}[dice.IntN(3)] })
		some(2, func() { denied[paths[dice.IntN(len(paths))]] = dice.IntN(2) == 0 })
		s.Ancestors = nil
		for ancestor, distance := range distances {
			inherits(ancestor, distance)(&s)
		}
		for path, level := range levels {
			grants(path, level)(&s)
		}
		for path, is := range denied {
			if is {
				s.Deny = append(s.Deny, path)
			}
		}
		m.sets[uid] = s
	}
	for i := range bindings {
		b := binding(fmt.Sprintf("binding-%d", i), setUID(), nil, func(b *store.RoleBinding) { b.InForce = dice.IntN(6) > 0 })
		some(4, func() {
			b.Subjects = append(b.Subjects, store.Subject{UserUID: fmt.Sprintf("user-%d", dice.IntN(users)), LabelsHash: labels})
		})
		if dice.IntN(5) == 0 {
			b.ExpiresAt = longAgo
		}
		m.bindings = append(m.bindings, b)
	}
	return m
}

func covers(path, candidate string) bool {
	return candidate == path || strings.HasPrefix(candidate, path+"/")
}

// held are the sets that a user holds, in force or not.
func (m model) held(login string) map[string]bool {
	held := map[string]bool{}
	for _, b := range m.bindings {
		for _, s := range b.Subjects {
			if _, stored := m.sets[b.PermissionSetUID]; stored && s.UserUID == login && b.InForce && b.ExpiresAt.IsZero() {
				held[b.PermissionSetUID] = true
			}
		}
	}
	return held
}

// sources are the sets that a set inherits something from, with their distances: none where it is withheld itself.
func (m model) sources(uid string) map[string]int {
	sources := map[string]int{}
	for _, a := range m.sets[uid].Ancestors {
		if m.sets[uid].InForce && m.sets[a.UID].InForce {
			sources[a.UID] = a.Distance
		}
	}
	return sources
}

// denials are the paths that a held set denies, withheld or not.
func (m model) denials(uid string) (paths []string) {
	for _, a := range m.sets[uid].Ancestors {
		paths = append(paths, m.sets[a.UID].Deny...)
	}
	return paths
}

// candidates are the paths that are asked for.
func (m model) candidates(held map[string]bool) map[string]bool {
	candidates := map[string]bool{}
	for _, leaf := range m.leaves {
		candidates[leaf] = true
	}
	if len(m.leaves) > 0 {
		return candidates
	}
	for uid := range held {
		for source := range m.sources(uid) {
			for _, e := range m.sets[source].Entries {
				candidates[e.Path] = true
			}
		}
		for _, path := range m.denials(uid) {
			candidates[path] = true
		}
	}
	return candidates
}

// permissions are what the view must say.
func (m model) permissions(login string) levels {
	found := levels{}
	held := m.held(login)
	for candidate := range m.candidates(held) {
		best := -1
		for uid := range held {
			best = max(best, m.level(uid, candidate))
		}
		switch {
		case m.denied(held, candidate):
			found[candidate] = none
		case best >= 0:
			found[candidate] = map[int]string{0: none, 1: read, 2: write}[best]
		}
	}
	return found
}

func (m model) denied(held map[string]bool, candidate string) bool {
	for uid := range held {
		for _, path := range m.denials(uid) {
			if covers(path, candidate) {
				return true
			}
		}
	}
	return false
}

// level is what one held set says: 0 None, 1 Read, 2 Write, or -1 where it says nothing.
func (m model) level(uid, candidate string) int {
	decisive, nearest, level := "", 0, -1
	for source, distance := range m.sources(uid) {
		for _, e := range m.sets[source].Entries {
			given := map[string]int{none: 0, read: 1, write: 2}[e.Level]
			switch {
			case !covers(e.Path, candidate):
			case level < 0, len(e.Path) > len(decisive),
				e.Path == decisive && distance < nearest,
				e.Path == decisive && distance == nearest && given > level:
				decisive, nearest, level = e.Path, distance, given
			}
		}
	}
	return level
}
