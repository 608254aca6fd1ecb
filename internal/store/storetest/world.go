// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	owner  = "owner-1"
	shop   = "shop"
	usedBy = "default/shop"
)

// world is a database with one store that is open, and the assertions of one test.
type world struct {
	*WithT
	t  *testing.T
	db Database
	st store.Store
}

func newWorld(t *testing.T, db Database) *world {
	t.Helper()
	w := &world{WithT: NewWithT(t), t: t, db: db}
	w.st = w.open(w.options())
	return w
}

func (w *world) options(changes ...func(*store.Options)) store.Options {
	o := w.db.Options
	o.Owner, o.BackOffice, o.UsedBy = owner, shop, usedBy
	for _, change := range changes {
		change(&o)
	}
	return o
}

// open opens one more store, which must succeed.
func (w *world) open(o store.Options) store.Store {
	w.t.Helper()
	st, err := w.tryOpen(o)
	w.Expect(err).NotTo(HaveOccurred())
	return st
}

// tryOpen opens one more store and closes it after the test.
func (w *world) tryOpen(o store.Options) (store.Store, error) {
	st, err := w.db.Driver.Open(w.t.Context(), o)
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(func() { _ = st.Close() }) // a test may have closed it
	return st, nil
}

// at is the same world seen by another store.
func (w *world) at(st store.Store) *world { return &world{WithT: w.WithT, t: w.t, db: w.db, st: st} }

// of is the same world asserted by a subtest.
func (w *world) of(t *testing.T) *world {
	return &world{WithT: NewWithT(t), t: t, db: w.db, st: w.st}
}

// batch applies groups and returns their verdicts.
func (w *world) batch(groups ...store.Group) []error {
	w.t.Helper()
	verdicts, err := w.st.Apply(w.t.Context(), groups)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(verdicts).To(HaveLen(len(groups)), "one verdict a group")
	return verdicts
}

// apply applies one group and returns its verdict.
func (w *world) apply(changes ...store.Change) error {
	w.t.Helper()
	return w.batch(changes)[0]
}

// must applies one group, which must not get a verdict.
func (w *world) must(changes ...store.Change) {
	w.t.Helper()
	w.Expect(w.apply(changes...)).To(Succeed())
}

// put writes records, each in a group of its own.
func (w *world) put(records ...store.Record) {
	w.t.Helper()
	for chunk := range slices.Chunk(records, 500) {
		groups := make([]store.Group, len(chunk))
		for i, r := range chunk {
			groups[i] = store.Group{store.Put{Record: r}}
		}
		w.Expect(w.batch(groups...)).To(HaveEach(BeNil()))
	}
}

// observe reads records as a list.
func (w *world) observe(keys ...store.Key) []store.Observed {
	w.t.Helper()
	var list []store.Observed
	for o, err := range w.st.Observe(w.t.Context(), keys...) {
		w.Expect(err).NotTo(HaveOccurred())
		list = append(list, o)
	}
	return list
}

// all reads every record.
func (w *world) all() map[store.Key]store.Observed {
	w.t.Helper()
	all := map[store.Key]store.Observed{}
	for _, o := range w.observe() {
		if _, twice := all[o.Record.Key()]; twice {
			w.t.Fatalf("yielded twice: %v", o.Record.Key())
		}
		all[o.Record.Key()] = o
	}
	return all
}

// one reads the record with the key of r.
func (w *world) one(r store.Record) store.Observed {
	w.t.Helper()
	list := w.observe(r.Key())
	w.Expect(list).To(HaveLen(1))
	return list[0]
}

// users are the logins of the observed users, sorted.
func (w *world) users() []string {
	w.t.Helper()
	logins := map[string]bool{}
	for _, o := range w.all() {
		if u, ok := o.Record.(store.User); ok {
			logins[u.Login] = true
		}
	}
	return slices.Sorted(maps.Keys(logins))
}

// query asks the tables and views.
func (w *world) query(query string, args ...any) [][]string {
	w.t.Helper()
	rows, err := w.db.Query(w.t.Context(), query, args...)
	w.Expect(err).NotTo(HaveOccurred())
	return rows
}

// column is the first column of an answer.
func (w *world) column(query string, args ...any) []string {
	w.t.Helper()
	var cells []string
	for _, row := range w.query(query, args...) {
		cells = append(cells, row[0])
	}
	return cells
}

// permissions asks for a login of a back office: levels by path.
func (w *world) permissions(backOffice, login string) map[string]string {
	w.t.Helper()
	levels := map[string]string{}
	for _, row := range w.query(`SELECT path, level FROM effective_permissions WHERE back_office = $1 AND login = $2`, backOffice, login) {
		w.Expect(levels).NotTo(HaveKey(row[0]), "listed twice")
		levels[row[0]] = row[1]
	}
	return levels
}

// active are the logins of the shop that may log in, sorted.
func (w *world) active() []string {
	w.t.Helper()
	return slices.Sorted(slices.Values(w.column(`SELECT login FROM active_users WHERE back_office = $1`, shop)))
}

// parallel runs f n times at once and returns what each returned.
func parallel(n int, f func(i int) error) []error {
	outcomes := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			outcomes[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return outcomes
}

// applyTo applies one group as its author would: an outcome that is unknown is asked for again.
func (w *world) applyTo(st store.Store, changes ...store.Change) error {
	const attempts = 10
	var last error
	for range attempts {
		verdicts, err := st.Apply(w.t.Context(), []store.Group{changes})
		switch {
		case err == nil:
			return verdicts[0]
		case errors.Is(err, store.ErrRejected), errors.Is(err, store.ErrFenced):
			return err
		}
		last = err
	}
	return last
}

// count is the number of outcomes that are target; nil counts the successes.
func count(outcomes []error, target error) int {
	n := 0
	for _, err := range outcomes {
		if errors.Is(err, target) {
			n++
		}
	}
	return n
}
