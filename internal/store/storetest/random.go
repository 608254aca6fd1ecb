// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// model is a back office, and the rules by which its permissions are resolved, in the plainest words. Other than package access, it knows the states
// between two writes: a set that is in force while one that it inherits from is withheld, or is not stored.
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

// randomSets are those of a back office; one more is never stored.
const randomSets = 10

func randomSetUID(dice *rand.Rand) string { return fmt.Sprintf("set-%d", dice.IntN(randomSets+1)) }

func randomPaths() []string {
	return []string{"a", "a/b", "a/b/c", "a/b/d", "a/bc", "a-b", "ab", "b", "b/a", "b/a/c", "A", "é", "é/a", "éa"}
}

func randomPath(dice *rand.Rand) string {
	paths := randomPaths()
	return paths[dice.IntN(len(paths))]
}

// randomLevels are less than n levels by path.
func randomLevels(dice *rand.Rand, n int) map[string]string {
	levels := map[string]string{}
	for range dice.IntN(n) {
		levels[randomPath(dice)] = []string{none, read, write}[dice.IntN(3)]
	}
	return levels
}

func randomModel(dice *rand.Rand, users int) model {
	const bindings = 15
	m := model{sets: map[string]store.PermissionSet{}}
	for _, path := range randomPaths() {
		if dice.IntN(2) == 0 {
			m.leaves = append(m.leaves, path+"/leaf", path)
		}
	}
	for i := range randomSets {
		s := randomSet(dice, fmt.Sprintf("set-%d", i))
		m.sets[s.UID] = s
	}
	for i := range bindings {
		m.bindings = append(m.bindings, randomBinding(dice, fmt.Sprintf("binding-%d", i), users))
	}
	return m
}

func randomSet(dice *rand.Rand, uid string) store.PermissionSet {
	s := set(uid, func(s *store.PermissionSet) { s.InForce = dice.IntN(6) > 0 })
	distances := map[string]int{}
	for range dice.IntN(4) {
		distances[randomSetUID(dice)] = 1 + dice.IntN(3)
	}
	distances[uid] = 0
	s.Ancestors = nil
	for ancestor, distance := range distances {
		inherits(ancestor, distance)(&s)
	}
	if dice.IntN(6) == 0 {
		forTypes([]string{"Employee", "Staff"}[dice.IntN(2)], "StoreApp")(&s)
	}
	for path, level := range randomLevels(dice, 7) {
		grants(path, level)(&s)
	}
	if dice.IntN(4) == 0 {
		denies(randomPath(dice))(&s)
	}
	return s
}

func randomBinding(dice *rand.Rand, uid string, users int) store.RoleBinding {
	b := binding(uid, randomSetUID(dice), nil, func(b *store.RoleBinding) { b.InForce = dice.IntN(6) > 0 })
	for range dice.IntN(4) {
		b.Subjects = append(b.Subjects, store.Subject{UserUID: fmt.Sprintf("user-%d", dice.IntN(users)), LabelsHash: labels})
	}
	if dice.IntN(5) == 0 {
		b.ExpiresAt = longAgo
	}
	for path, level := range randomLevels(dice, 4) {
		gives(path, level)(&b)
	}
	if dice.IntN(5) == 0 {
		takes(randomPath(dice))(&b)
	}
	return b
}

func covers(path, candidate string) bool {
	return candidate == path || strings.HasPrefix(candidate, path+"/")
}

// bound are the bindings that are in force for a user.
func (m model) bound(login string) (bound []store.RoleBinding) {
	for _, b := range m.bindings {
		names := slices.ContainsFunc(b.Subjects, func(s store.Subject) bool { return s.UserUID == login })
		excludes := slices.ContainsFunc(m.sets[b.PermissionSetUID].Ancestors, func(a store.Ancestor) bool {
			types := m.sets[a.UID].AccountTypes
			return len(types) > 0 && !slices.Contains(types, user(login).AccountType)
		})
		if names && b.InForce && b.ExpiresAt.IsZero() && !excludes {
			bound = append(bound, b)
		}
	}
	return bound
}

// held are the sets that bindings hand out, in force or not.
func (m model) held(bound []store.RoleBinding) map[string]bool {
	held := map[string]bool{}
	for _, b := range bound {
		if _, stored := m.sets[b.PermissionSetUID]; stored {
			held[b.PermissionSetUID] = true
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

// denials are the paths that bindings and the sets that they hand out deny, withheld or not.
func (m model) denials(bound []store.RoleBinding) (paths []string) {
	for _, b := range bound {
		paths = append(paths, b.Deny...)
	}
	for uid := range m.held(bound) {
		for _, a := range m.sets[uid].Ancestors {
			paths = append(paths, m.sets[a.UID].Deny...)
		}
	}
	return paths
}

// candidates are the paths that are asked for.
func (m model) candidates(bound []store.RoleBinding) map[string]bool {
	candidates := map[string]bool{}
	for _, leaf := range m.leaves {
		candidates[leaf] = true
	}
	if len(m.leaves) > 0 {
		return candidates
	}
	for uid := range m.held(bound) {
		for source := range m.sources(uid) {
			for _, e := range m.sets[source].Entries {
				candidates[e.Path] = true
			}
		}
	}
	for _, b := range bound {
		for _, e := range b.Grants {
			candidates[e.Path] = true
		}
	}
	for _, path := range m.denials(bound) {
		candidates[path] = true
	}
	return candidates
}

// permissions are what the view must say.
func (m model) permissions(login string) levels {
	found := levels{}
	bound := m.bound(login)
	for candidate := range m.candidates(bound) {
		best := -1
		for uid := range m.held(bound) {
			best = max(best, m.level(uid, candidate))
		}
		for _, b := range bound {
			best = max(best, ownLevel(b, candidate))
		}
		switch {
		case slices.ContainsFunc(m.denials(bound), func(path string) bool { return covers(path, candidate) }):
			found[candidate] = none
		case best >= 0:
			found[candidate] = []string{none, read, write}[best]
		}
	}
	return found
}

// rankOf orders levels: 0 None, 1 Read, 2 Write.
func rankOf(level string) int { return slices.Index([]string{none, read, write}, level) }

// level is the rank that one held set says, or -1 where it says nothing.
func (m model) level(uid, candidate string) int {
	decisive, nearest, level := "", 0, -1
	for source, distance := range m.sources(uid) {
		for _, e := range m.sets[source].Entries {
			given := rankOf(e.Level)
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

// ownLevel is the rank that one binding says itself, or -1 where it says nothing.
func ownLevel(b store.RoleBinding, candidate string) int {
	decisive, level := "", -1
	for _, e := range b.Grants {
		if covers(e.Path, candidate) && len(e.Path) > len(decisive) {
			decisive, level = e.Path, rankOf(e.Level)
		}
	}
	return level
}
