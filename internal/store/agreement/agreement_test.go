// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const seed = 20261122

// history is a world, and what leads to it.
type history struct {
	world
	batches [][]store.Change
}

// historyOf makes the nth world. Every third one replaces another one, of a former generation.
func historyOf(n int, now time.Time) history {
	d, name := newDice(seed, uint64(n), now), fmt.Sprintf("office-%04d", n)
	if n%3 > 0 {
		w := d.world(name, 1)
		return history{w, [][]store.Change{slices.Concat(w.changes(d, 1), w.fates(now))}}
	}
	former, w := d.world(name, 1), d.world(name, 2)
	return history{w, [][]store.Change{former.changes(d, 1), slices.Concat(former.without(w), w.changes(d, 2), w.fates(now))}}
}

// differ describes rows that are not the same, as multisets.
func differ(want, got []string) string {
	count := map[string]int{}
	for _, r := range want {
		count[r]++
	}
	for _, r := range got {
		count[r]--
	}
	text := ""
	for _, r := range slices.Sorted(maps.Keys(count)) {
		if n := count[r]; n > 0 {
			text += fmt.Sprintf("\n  missing %s", r)
		} else if n < 0 {
			text += fmt.Sprintf("\n  too many %s", r)
		}
	}
	return text
}

// answers are the rows of each view, by back office.
type answers map[string]map[string][]string

func (d *database) answers(t *testing.T) answers {
	t.Helper()
	found := answers{}
	for view := range views {
		found[view] = d.rows(t, view)
	}
	return found
}

// compare reports the first worlds with which a database does not agree, and returns how many rows there are.
func (d *database) compare(t *testing.T, found answers, histories []history, now time.Time) seen {
	t.Helper()
	const reported = 3
	counted, disagreements := seen{}, 0
	for _, h := range histories {
		want := h.rows(now, seen{})
		for _, view := range slices.Sorted(maps.Keys(views)) {
			counted["rows of "+view] += len(found[view][h.name])
			if text := differ(want[view], found[view][h.name]); text != "" {
				if disagreements++; disagreements <= reported {
					t.Errorf("%s, %s, %s:%s\n%s", d.name, view, h.name, text, h.describe())
				}
			}
		}
	}
	if disagreements > reported {
		t.Errorf("%s: %d disagreements in all", d.name, disagreements)
	}
	return counted
}

// describe tells a world as somebody who looks for a mistake needs it.
func (h history) describe() string {
	text := fmt.Sprintf("  office, stored %v: %+v\n", !h.unset, h.office)
	for _, name := range slices.Sorted(maps.Keys(h.sets)) {
		text += fmt.Sprintf("  %s: %+v\n", name, h.sets[name])
	}
	for _, b := range h.bindings {
		text += fmt.Sprintf("  %+v\n", b)
	}
	for _, u := range h.users {
		text += fmt.Sprintf("  %+v\n", u)
	}
	return text
}

// each calls f for every database at once.
func each(t *testing.T, databases []*database, f func(t *testing.T, d *database)) {
	t.Helper()
	t.Run("group", func(t *testing.T) {
		for _, d := range databases {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				f(t, d)
			})
		}
	})
}

func TestStoresSayWhatTheModelSays(t *testing.T) {
	start := time.Now()
	histories := make([]history, worlds)
	said := seen{"worlds": worlds}
	for n := range histories {
		histories[n] = historyOf(n, start)
		histories[n].rows(start, said)
		said["closed catalogues"] += min(len(histories[n].office.Catalog), 1)
	}
	var lock sync.Mutex
	all := databases(t)
	each(t, all, func(t *testing.T, d *database) {
		for _, h := range histories {
			d.apply(t, h.name, h.batches...)
		}
		counted := d.compare(t, d.answers(t), histories, start)
		lock.Lock()
		defer lock.Unlock()
		t.Logf("%s: %v", d.name, counted)
		maps.Copy(said, counted)
	})
	plain := make([]world, len(histories))
	for n, h := range histories {
		plain[n] = h.world
	}
	maps.Copy(said, all[1].logins(t, plain, newDice(seed, worlds, start)))
	for _, what := range slices.Sorted(maps.Keys(said)) {
		t.Logf("%8d %s", said[what], what)
	}
	g := NewWithT(t)
	for _, what := range []string{
		"users", "users who may not log in", "closed catalogues", "level None", "level Read", "level Write", "withheld bindings", "bindings to come",
		"bindings that are over", "grants", "grants to other account types", "grants of withheld sets", "grants of sets that inherit over several steps",
		"data", "denials", "orphans who may log in", "bypassed filters", "open dimensions", "defaults", "mode All", "mode Only", "mode Tagged", "mode Owned", "mode None", "access ReadWrite",
		"access ReadOnly", "log-ins, allowed: true", "log-ins, allowed: false", "rows of effective_permissions", "rows of effective_filters",
		"rows of active_users", "current passwords", "passwords beside the current one", "passwords that were reset",
	} {
		g.Expect(said[what]).To(BeNumerically(">=", worlds/25), "%s: chance made something of everything", what)
	}
}

// TestStoresSayWhatTheModelSaysAsTimePasses asks before and after a moment at which bindings begin and end.
func TestStoresSayWhatTheModelSaysAsTimePasses(t *testing.T) {
	start := time.Now()
	var histories []history
	for n := range passing {
		histories = append(histories, historyOf(worlds+n, start))
	}
	each(t, databases(t), func(t *testing.T, d *database) {
		g := NewWithT(t)
		for _, h := range histories {
			d.apply(t, h.name, h.batches...)
		}
		ending, moment, found := d.endSoon(t, histories)
		changed := 0
		for _, h := range ending {
			if differ(h.rows(moment.Add(-time.Second), seen{})["effective_filters"], h.rows(moment, seen{})["effective_filters"]) != "" {
				changed++
			}
		}
		g.Expect(changed).To(BeNumerically(">", passing/4), "chance made something of it")
		d.compare(t, found, ending, moment.Add(-time.Second))
		g.Eventually(func() time.Time { return d.now(t) }).WithTimeout(2 * time.Minute).WithPolling(50 * time.Millisecond).
			Should(BeTemporally(">=", moment))
		d.compare(t, d.answers(t), ending, moment)
	})
}

// endSoon lets bindings begin and end at a moment, and asks before it. Where writing and asking took longer than until then, it takes a later one.
func (d *database) endSoon(t *testing.T, histories []history) (ending []history, moment time.Time, found answers) {
	t.Helper()
	for lead := 3 * time.Second; lead < 2*time.Minute; lead *= 2 {
		ending, moment = nil, d.now(t).Add(lead)
		for _, h := range histories {
			h := h.ending(moment)
			ending = append(ending, h)
			d.apply(t, h.name, h.batches...)
		}
		if found = d.answers(t); d.now(t).Before(moment) {
			return ending, moment, found
		}
	}
	t.Fatalf("%s: writing and asking takes too long", d.name)
	return nil, time.Time{}, nil
}

// ending is the same world, of which the bindings begin or end at a moment.
func (h history) ending(moment time.Time) history {
	h.bindings, h.batches = slices.Clone(h.bindings), [][]store.Change{nil}
	for i := range h.bindings {
		b := &h.bindings[i]
		switch i % 3 {
		case 0:
			b.NotBefore, b.ExpiresAt = time.Time{}, moment
		case 1:
			b.NotBefore, b.ExpiresAt = moment, time.Time{}
		case 2:
			b.NotBefore, b.ExpiresAt = moment.Add(-margin), moment
		}
		h.batches[0] = append(h.batches[0], store.Put{Record: *b})
	}
	return h
}
