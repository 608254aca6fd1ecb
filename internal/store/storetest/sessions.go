// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func sessionCases() cases {
	return cases{
		"the table of sets":     func(w *world) { w.end(sessionsOfSets()) },
		"the table of bindings": func(w *world) { w.end(sessionsOfBindings()) },
		"the table of denials":  func(w *world) { w.end(sessionsOfDenials()) },
		"the table of users":    func(w *world) { w.end(sessionsOfUsers()) },
		"the table of orphans":  func(w *world) { w.end(sessionsOfOrphans()) },
		"the table of offices":  func(w *world) { w.end(sessionsOfOffices()) },
		"the texts that end sessions are those of the contract":    sessionTexts,
		"sessions end with a binding, though nobody writes":        sessionsEndWithBinding,
		"sessions end where a denial begins, though nobody writes": sessionsEndWithDenial,
		"sessions of other owners and back offices go on":          otherSessions,
		"an end is rounded up":                                     sessionsRoundedUp,
		"an end is after the change, as chance has it":             sessionsByChance,
	}
}

// moment is a time that a view tells: seconds since 1970, or a timestamp.
func (w *world) moment(cell string) time.Time {
	w.t.Helper()
	if seconds, err := strconv.ParseInt(cell, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	t, err := time.Parse(time.RFC3339Nano, cell)
	w.Expect(err).NotTo(HaveOccurred())
	return t.UTC()
}

// validAfter is the moment after which sessions of the users of a back office had to begin, by login.
func (w *world) validAfter(backOffice string) map[string]time.Time {
	w.t.Helper()
	moments := map[string]time.Time{}
	for _, row := range w.query(`SELECT login, sessions_valid_after FROM active_users WHERE back_office = $1`, backOffice) {
		w.Expect(moments).NotTo(HaveKey(row[0]), "listed twice")
		moments[row[0]] = w.moment(row[1])
	}
	return moments
}

// settle waits until all that happened is past, and returns the database's clock.
func (w *world) settle(backOffices ...string) time.Time {
	w.t.Helper()
	last := time.Time{}
	for _, backOffice := range backOffices {
		for _, at := range w.validAfter(backOffice) {
			last = slices.MaxFunc([]time.Time{last, at}, time.Time.Compare)
		}
	}
	clock := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "the-clock" })))
	var now time.Time
	w.Eventually(func() time.Time {
		now = clock.now()
		return now
	}).WithTimeout(patience).Should(BeTemporally(">", last))
	return now
}

// ended expects that the sessions which had begun by now are over, and no more than that.
func (w *world) ended(at, now time.Time, sentence string) {
	w.t.Helper()
	w.Expect(at).To(And(BeTemporally(">=", now.Add(time.Second)), BeTemporally("<", now.Add(patience))), sentence)
}

// told is the change that writes a record which gives this, whoever applied it.
func told(r store.Record, gives ...string) store.Change {
	slices.Sort(gives)
	return store.Put{Record: r, Admission: store.Admission{Actor: "eve", Gives: gives}}
}

// ending are changes after which sessions end, or do not. Before it ann has the binding "b" of the set "s", which inherits from "p", and bob has the
// binding "c" of the set "t". Their records give what stands in before.
type ending struct {
	// before is what is there as well, or instead.
	before []store.Change
	after  []store.Change
	// ends are those whose sessions end.
	ends []string
}

func sessionSet(changes ...func(*store.PermissionSet)) store.PermissionSet {
	return set("s", append([]func(*store.PermissionSet){inherits("p", 1), grants("a", write)}, changes...)...)
}

func (c ending) start() []store.Change {
	return append([]store.Change{
		told(office()), told(set("p"), "c Read"), told(sessionSet(), "a Write", "inherits p"), told(set("t"), "b Read"),
		told(user("ann"), "account of type Employee", "label team=x"), told(user("bob"), "account of type Employee"),
		told(forAnn("b", "s"), "set s", "subject ann"), told(binding("c", "t", []string{"bob"}), "set t", "subject bob"),
	}, c.before...)
}

// end makes each change of a table in a back office of its own, all of them in one database.
func (w *world) end(table map[string]ending) {
	there := map[string]*world{}
	offices := map[string]string{}
	for sentence, c := range table {
		backOffice := fmt.Sprintf("office-%d", len(offices))
		offices[sentence] = backOffice
		there[sentence] = w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = backOffice })))
		there[sentence].must(c.start()...)
	}
	now := w.settle(slices.Collect(maps.Values(offices))...)
	for sentence, c := range table {
		w.t.Run(sentence, func(t *testing.T) {
			w := there[sentence].of(t)
			before := w.validAfter(offices[sentence])
			w.must(c.after...)
			after := w.validAfter(offices[sentence])
			for login, at := range after {
				if slices.Contains(c.ends, login) {
					w.ended(at, now, login)
				} else {
					w.Expect(at).To(Equal(before[login]), "%s goes on", login)
				}
			}
			for _, login := range c.ends {
				w.Expect(after).To(HaveKey(login))
			}
		})
	}
}
