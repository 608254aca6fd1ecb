// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func ownerCases() cases {
	return cases{
		"a second BackOffice may not use the owner and name":     inUse,
		"of two BackOffices at once one gets the owner and name": inUseAtOnce,
		"a released owner and name is free":                      released,
		"closing waits for the calls that run":                   closedAtWork,
		"closing gives up nothing":                               closed,
		"what was stored is there when it is opened again":       openedAgain,
		"stores that open an empty database at once all work":    openedAtOnce,
	}
}

func usedByAnother(o *store.Options) { o.UsedBy = "other/shop" }

func inUse(w *world) {
	w.put(user("ann"))
	_, err := w.tryOpen(w.options(usedByAnother))
	w.Expect(err).To(MatchError(store.ErrInUse))
	w.Expect(ping(w.t.Context(), w.st)).To(Succeed(), "the attempt raised no fence")
	w.put(user("bob"))
	w.open(w.options(usedByAnother, func(o *store.Options) { o.Owner = "owner-2" }))
	w.open(w.options(usedByAnother, func(o *store.Options) { o.BackOffice = "wiki" }))
	w.put(user("cy"))
}

func inUseAtOnce(w *world) {
	users := []string{"a/shop", "b/shop", "c/shop", "d/shop"}
	outcomes := parallel(len(users), func(i int) error {
		_, err := w.tryOpen(w.options(func(o *store.Options) { o.BackOffice, o.UsedBy = "wiki", users[i] }))
		return err
	})
	w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrInUse)).To(Equal(len(users)-1), "%v", outcomes)
}

func released(w *world) {
	w.put(office(catalog("a")), user("ann"))
	w.must(issue("ann", 1, "v"))
	before := w.all()
	wiki := func(o *store.Options) { o.BackOffice = "wiki" }
	w.open(w.options(wiki))
	w.must(store.Release{})
	_, err := w.tryOpen(w.options(wiki, usedByAnother))
	w.Expect(err).To(MatchError(store.ErrInUse), "another name of the owner")
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.active()).To(ConsistOf("ann"))
	next := w.at(w.open(w.options(usedByAnother)))
	w.Expect(next.all()).To(Equal(before))
	_, err = w.tryOpen(w.options())
	w.Expect(err).To(MatchError(store.ErrInUse))
	w.Expect(ping(w.t.Context(), w.st)).To(MatchError(store.ErrFenced))

	// A release which is left out with its group releases nothing.
	w.Expect(next.apply(store.Release{}, issue("never", 1, "v"))).To(MatchError(store.ErrNotFound))
	_, err = w.tryOpen(w.options())
	w.Expect(err).To(MatchError(store.ErrInUse))
}

func closed(w *world) {
	w.put(user("ann"))
	w.Expect(w.st.Close()).To(Succeed())
	_, err := w.st.Apply(w.t.Context(), []store.Group{{put(user("bob"))}})
	w.Expect(err).To(HaveOccurred())
	w.Expect(ping(w.t.Context(), w.st)).NotTo(Succeed())
	w.expectBrokenRead(w.t.Context())
	_, err = w.tryOpen(w.options(usedByAnother))
	w.Expect(err).To(MatchError(store.ErrInUse))
	again := w.at(w.open(w.options()))
	w.Expect(again.users()).To(ConsistOf("ann"))
}

func closedAtWork(w *world) {
	const writers, each = 8, 200
	acknowledged := make([]int, writers)
	outcomes := parallel(writers+1, func(c int) error {
		if c == writers {
			return w.st.Close()
		}
		for i := range each {
			verdicts, err := w.st.Apply(w.t.Context(), []store.Group{{put(user(fmt.Sprintf("user-%d-%d", c, i)))}})
			if err != nil {
				return nil // closed
			}
			if verdicts[0] == nil {
				acknowledged[c]++
			}
		}
		return nil
	})
	w.Expect(outcomes).To(HaveEach(BeNil()))
	want := 0
	for _, n := range acknowledged {
		want += n
	}
	w.Expect(w.at(w.open(w.options())).users()).To(HaveLen(want))
}

func openedAgain(w *world) {
	w.put(fullRecords()...)
	w.must(issue("user", 1, "v"), finish("user", 1, "s"))
	before := w.all()
	w.Expect(w.st.Close()).To(Succeed())
	again := w.at(w.open(w.options()))
	w.Expect(again.all()).To(Equal(before))
}

func openedAtOnce(w *world) {
	const all = 6
	backOffices := []string{"shop-1", "shop-2"}
	stores := make([]store.Store, all)
	outcomes := parallel(all, func(i int) error {
		st, err := w.tryOpen(w.options(func(o *store.Options) { o.BackOffice = backOffices[i%2] }))
		stores[i] = st
		return err
	})
	w.Expect(outcomes).To(HaveEach(BeNil()))
	working := 0
	for _, st := range stores {
		if err := ping(w.t.Context(), st); err == nil {
			w.at(st).put(user("ann"))
			working++
		} else {
			w.Expect(err).To(MatchError(store.ErrFenced))
		}
	}
	w.Expect(working).To(Equal(len(backOffices)), "the last one to open each back office")
}
