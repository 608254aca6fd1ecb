// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func groupCases() cases {
	return cases{
		"a group with a verdict is left out as a whole":              groupLeftOut,
		"the changes of a group are written in their order":          groupOrder,
		"a group sees the groups before it":                          groupsInOrder,
		"the first verdict of a group is its verdict":                firstVerdict,
		"a verdict never affects its neighbours":                     neighbours,
		"a batch of many groups has the verdicts of each":            manyGroups,
		"calls at once lose nothing":                                 callsAtOnce,
		"a group that is left out gives back what it had taken over": takeOverUndone,
	}
}

func groupLeftOut(w *world) {
	w.put(user("ann"), set("s", grants("a", read)))
	w.must(issue("ann", 1, "v"))
	before := w.all()
	for _, last := range []store.Change{
		put(user("ANN", withUID("other"))), put(set("s", otherSet)),
		issue("ann", 7, "x"), issue("never", 1, "x"),
		store.FinishCredential{UserUID: "ann", Version: 7},
	} {
		w.Expect(w.apply(
			admitted(binding("granting", "", []string{"ann"}, gives("a", write), takes("b")), "stamp", "eve", "a"), put(user("bob")), put(set("t")), put(binding("b", "t", []string{"ann"})), put(office(maxUsers(1))), issue("bob", 1, "w"),
			put(user("ann", atGeneration(2), deactivated)), issue("ann", 2, "w"), put(set("s", grants("z", write))),
			store.Remove{Key: set("t").Key()}, remove("bob", store.Delete), last,
		)).To(HaveOccurred(), "%T", last)
		w.Expect(w.all()).To(Equal(before), "%T", last)
	}
}

func groupOrder(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v-1"), issue("ann", 2, "v-2"), put(set("s")), store.Remove{Key: set("s").Key()})
	w.Expect(w.users()).To(ConsistOf("ann"))
	w.Expect(w.all()).To(HaveLen(1))
	w.Expect(w.one(user("ann")).Credential.Verifier).To(Equal("v-2"))
	w.Expect(w.apply(issue("bob", 1, "v"), put(user("bob")))).To(MatchError(store.ErrNotFound))
	w.must(remove("ann", store.Delete), put(user("ann", withUID("new"))))
}

func groupsInOrder(w *world) {
	verdicts := w.batch(store.Group{issue("ann", 1, "v")}, store.Group{put(user("ann"))}, store.Group{issue("ann", 1, "v")},
		store.Group{put(user("ann", atGeneration(3)))}, store.Group{put(user("ann", atGeneration(2)))})
	w.Expect(verdicts[0]).To(MatchError(store.ErrNotFound))
	w.Expect(verdicts[1:4]).To(HaveEach(BeNil()))
	w.Expect(verdicts[4]).To(MatchError(store.ErrStale))
}

func firstVerdict(w *world) {
	w.put(office(maxUsers(1)), user("ann"))
	w.Expect(w.apply(put(user("bob")), put(user("ANN", withUID("other"))))).To(MatchError(store.ErrQuota))
	w.Expect(w.apply(put(user("ANN", withUID("other"))), put(user("bob")))).To(MatchError(store.ErrTaken))
}

func neighbours(w *world) {
	w.put(user("ann"))
	bad := store.Group{put(set("lost")), put(user("lost")), issue("lost", 1, "v"), put(user("ANN", withUID("other")))}
	verdicts := w.batch(bad, store.Group{put(user("bob"))}, bad, store.Group{put(user("lost", withUID("cy")))}, bad)
	for i, verdict := range verdicts {
		if i%2 == 1 {
			w.Expect(verdict).To(Succeed())
		} else {
			w.Expect(verdict).To(MatchError(store.ErrTaken))
		}
	}
	w.Expect(w.users()).To(ConsistOf("ann", "bob", "lost"))
	w.Expect(w.all()).To(HaveLen(3))
}

func manyGroups(w *world) {
	const n = 300
	groups := make([]store.Group, n)
	for i := range groups {
		login := fmt.Sprintf("user-%d", i/2)
		groups[i] = store.Group{put(user(login, withUID(fmt.Sprintf("uid-%d", i)))), issue(fmt.Sprintf("uid-%d", i), 1, "v")}
	}
	for i, verdict := range w.batch(groups...) {
		if i%2 == 0 {
			w.Expect(verdict).To(Succeed())
		} else {
			w.Expect(verdict).To(MatchError(store.ErrTaken))
		}
	}
	w.Expect(w.users()).To(HaveLen(n / 2))
}

func callsAtOnce(w *world) {
	const callers, each = 16, 10
	outcomes := parallel(callers, func(c int) error {
		for i := range each {
			login := fmt.Sprintf("user-%d-%d", c, i)
			if err := w.applyTo(w.st, put(user(login)), issue(login, 1, "v"), put(set("shared", grants("a", read)))); err != nil {
				return err
			}
			if err := ping(w.t.Context(), w.st); err != nil {
				return err
			}
			for _, err := range w.st.Observe(w.t.Context(), user(login).Key()) {
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	w.Expect(outcomes).To(HaveEach(BeNil()))
	w.Expect(w.active()).To(HaveLen(callers * each))
}

func takeOverUndone(w *world) {
	w.put(user("ann"))
	id := w.one(user("ann")).ID
	w.must(remove("ann", store.Deactivate))
	w.Expect(w.apply(put(user("ann", withUID("new"))), issue("new", 7, "v"))).To(MatchError(store.ErrStale))
	w.Expect(w.all()).To(BeEmpty())
	w.Expect(w.active()).To(BeEmpty())
	w.put(user("ann", withUID("newer")))
	w.Expect(w.one(user("ann", withUID("newer"))).ID).To(Equal(id))
}
