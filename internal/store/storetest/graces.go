// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"slices"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func graceCases() cases {
	return cases{
		"a grace ends by the database's clock, though nobody writes": gracesEnd,
		"without grace the former password ends at once":             noGrace,
		"a grace that is over is no password to keep":                graceOver,
		"finishing is for a version that has a password":             finishNeedsPassword,
		"the first password may be finished with a grace":            graceOfNothing,
	}
}

// rotated are the changes by which v-2 takes the place of v-1.
func rotated(uid string) []store.Change {
	return []store.Change{issue(uid, 1, "v-1"), finish(uid, 1, "s"), issue(uid, 2, "v-2", keeping(store.KeepCurrent))}
}

// gracesEnd finishes passwords, and waits until a short grace is over.
func gracesEnd(w *world) {
	const short, long = 3 * time.Second, time.Hour
	finishes := func(graces ...time.Duration) func(uid string) []store.Change {
		return func(uid string) (changes []store.Change) {
			for _, grace := range graces {
				changes = append(changes, finishAfter(uid, 2, "s", grace))
			}
			return changes
		}
	}
	type after = func(uid string) []store.Change
	ends, lasts := map[string]after{
		"a short grace":                          finishes(short),
		"a short grace that somebody would have": finishes(short, long),
		"a short grace that was said twice":      finishes(short, short),
	}, map[string]after{
		"an issue that is not finished":        finishes(),
		"a long grace":                         finishes(long),
		"a long grace that somebody would cut": finishes(long, short),
		"a password that is kept for the next one": func(uid string) []store.Change {
			return append(finishes(short)(uid), issue(uid, 3, "v-2", keeping(store.KeepPrevious)))
		},
	}
	begin := w.clock()
	for _, group := range []map[string]after{ends, lasts} {
		for uid, finish := range group {
			w.must(slices.Concat([]store.Change{put(user(uid))}, rotated(uid), finish(uid))...)
		}
	}
	end := w.clock()
	w.Eventually(func() bool {
		for uid := range lasts {
			w.Expect(w.verifiers(uid)).To(Equal([2]string{"v-2", "v-1"}), uid)
		}
		over := true
		for uid := range ends {
			first, found, last := w.clock(), w.verifiers(uid), w.clock()
			observed := w.one(user(uid)).Credential
			if last.Before(begin.Add(short)) {
				w.Expect(found).To(Equal([2]string{"v-2", "v-1"}), "%s: a grace does not end early", uid)
			}
			if over = !first.Before(end.Add(short + time.Second)); over {
				w.Expect(found).To(Equal([2]string{"v-2", ""}), uid)
				w.Expect(observed.Previous).To(BeEmpty(), uid)
				w.Expect(observed.PreviousIssuedAt).To(BeZero(), uid)
			}
		}
		return over
	}).WithTimeout(patience).Should(BeTrue())
	for uid := range ends {
		w.must(issue(uid, 3, "v-3", keeping(store.KeepPrevious)))
		w.Expect(w.verifiers(uid)).To(Equal([2]string{"v-3", ""}), "%s: what is over does not come back", uid)
	}
}

func noGrace(w *world) {
	w.must(append([]store.Change{put(user("ann"))}, rotated("ann")...)...)
	w.must(finish("ann", 2, "s"))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", ""}))
	w.Expect(w.credential("ann").Previous).To(BeEmpty())
	w.must(finishAfter("ann", 2, "s", time.Hour))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", ""}), "it does not come back")
	w.must(issue("ann", 3, "v-3", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", "v-2"}), "the end of one grace is not that of the next")
}

func graceOver(w *world) {
	for i, keep := range []store.Keep{store.KeepPrevious, store.KeepNone} {
		uid := []string{"ann", "bob"}[i]
		w.must(append([]store.Change{put(user(uid))}, rotated(uid)...)...)
		w.must(finish(uid, 2, "s"), issue(uid, 3, "v-3", keeping(keep)))
		w.Expect(w.verifiers(uid)).To(Equal([2]string{"v-3", ""}))
		w.must(finishAfter(uid, 3, "s", time.Hour))
		w.Expect(w.verifiers(uid)).To(Equal([2]string{"v-3", ""}))
	}
}

func finishNeedsPassword(w *world) {
	w.put(user("ann"))
	w.must(invite("ann", 1, "t"))
	w.Expect(w.apply(finish("ann", 1, "s"))).To(MatchError(store.ErrStale))
	w.must(issue("ann", 2, "v"), finish("ann", 2, "s"), invite("ann", 3, "t"))
	w.Expect(w.apply(finish("ann", 2, "s"))).To(MatchError(store.ErrStale))
	w.must(finish("ann", 3, "t")) // the password is in force still
	w.Expect(w.credential("ann")).To(Equal(store.Credential{
		Version: 3, Source: store.SourceGenerated, Verifier: "v", SecretUID: "t", SecretResourceVersion: "t-rv",
	}))
	w.must(revoke("ann", 4))
	w.Expect(w.apply(finish("ann", 4, "s"))).To(MatchError(store.ErrStale))
}

func graceOfNothing(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v-1"), finishAfter("ann", 1, "s", time.Hour))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-1", ""}))
	w.must(issue("ann", 2, "v-2", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", "v-1"}))
}
