// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func fenceCases() cases {
	return cases{
		"a store that another manager opened again is fenced and writes nothing": fenced,
		"a fence is one back office's":                                           fenceOfOne,
		"writers who lose the fence write all or nothing":                        fencedWhileWriting,
		"a cancelled write is an error":                                          cancelledWrite,
		"a cancelled read is never an empty success":                             cancelledRead,
		"a read that is cancelled half way says so":                              cancelledHalfWay,
		"a cancelled ping and a cancelled open say so":                           cancelledPing,
	}
}

func fenced(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v"))
	second := w.at(w.open(w.options()))
	before, logged := second.all(), second.everything()
	for _, change := range append(second.allChanges(), store.Release{}) {
		verdicts, err := w.st.Apply(w.t.Context(), []store.Group{{change}})
		w.Expect(err).To(MatchError(store.ErrFenced), "%T", change)
		w.Expect(verdicts).To(BeEmpty())
	}
	w.Expect(ping(w.t.Context(), w.st)).To(MatchError(store.ErrFenced))
	w.Expect(second.all()).To(Equal(before))
	w.Expect(second.everything()).To(Equal(logged))
	w.Expect(ping(w.t.Context(), second.st)).To(Succeed())
	second.put(user("bob"))
	third := w.at(w.open(w.options()))
	third.put(user("cy"))
	for _, st := range []store.Store{w.st, second.st} {
		w.Expect(ping(w.t.Context(), st)).To(MatchError(store.ErrFenced))
	}
	w.Expect(third.users()).To(ConsistOf("ann", "bob", "cy"))
}

func fenceOfOne(w *world) {
	w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" }))
	w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" }))
	w.Expect(ping(w.t.Context(), w.st)).To(Succeed())
	w.put(user("ann"))
}

func fencedWhileWriting(w *world) {
	const writers, atLeast = 4, 10
	acknowledged := make([]int, writers)
	opened := make(chan struct{})
	outcomes := parallel(writers+1, func(c int) error {
		if c == writers {
			defer close(opened)
			_, err := w.tryOpen(w.options())
			return err
		}
		for i, late := 0, 0; late < atLeast; i++ {
			select {
			case <-opened:
				late++
			default:
			}
			a, b := fmt.Sprintf("a-%d-%d", c, i), fmt.Sprintf("b-%d-%d", c, i)
			if err := w.applyTo(w.st, put(user(a)), put(user(b))); err != nil {
				return err
			}
			acknowledged[c]++
		}
		return nil
	})
	w.Expect(outcomes[writers]).To(Succeed())
	w.Expect(count(outcomes, store.ErrFenced)).To(Equal(writers), "%v", outcomes)
	want := 0
	for _, n := range acknowledged {
		want += 2 * n
	}
	w.Expect(w.active()).To(HaveLen(want))
}

func (w *world) cancelled() context.Context {
	ctx, cancel := context.WithCancel(w.t.Context())
	cancel()
	return ctx
}

func cancelledWrite(w *world) {
	w.put(user("ann"))
	_, err := w.st.Apply(w.cancelled(), []store.Group{{put(user("bob"))}})
	w.Expect(err).To(HaveOccurred())
	for _, wrong := range []error{store.ErrRejected, store.ErrFenced, store.ErrConfig} {
		w.Expect(err).NotTo(MatchError(wrong))
	}
	w.put(user("cy")) // and the store works on
	w.Expect(w.users()).To(ContainElements("ann", "cy"))
}

// expectBrokenRead expects that a read ends in an error, which is its last element.
func (w *world) expectBrokenRead(ctx context.Context, keys ...store.Key) {
	w.t.Helper()
	var failure error
	for _, err := range w.st.Observe(ctx, keys...) {
		w.Expect(failure).NotTo(HaveOccurred(), "an element after the error")
		failure = err
	}
	w.Expect(failure).To(HaveOccurred())
}

func cancelledRead(w *world) {
	w.expectBrokenRead(w.cancelled())
	w.expectBrokenRead(w.cancelled(), user("ann").Key())
	w.put(user("ann"))
	w.expectBrokenRead(w.cancelled())
	w.Expect(w.users()).To(ConsistOf("ann"))
}

func cancelledHalfWay(w *world) {
	const all = 2500
	w.putMany(all)
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	seen, failures := 0, 0
	for _, err := range w.st.Observe(ctx) {
		cancel()
		if err != nil {
			failures++
			continue
		}
		seen++
	}
	w.Expect(seen).To(BeNumerically(">", 0))
	if seen < all {
		w.Expect(failures).To(Equal(1))
	}
}

func cancelledPing(w *world) {
	err := ping(w.cancelled(), w.st)
	w.Expect(err).To(HaveOccurred())
	w.Expect(err).NotTo(MatchError(store.ErrFenced))
	_, err = w.db.Driver.Open(w.cancelled(), w.options())
	w.Expect(err).To(HaveOccurred())
	w.Expect(err).NotTo(Or(MatchError(store.ErrConfig), MatchError(store.ErrInUse)))
	w.put(user("ann"))
}
