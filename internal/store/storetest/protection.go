// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func protectionCases() cases {
	return cases{
		"the table of power":                                              powers,
		"a protected row stays as it is":                                  protectedRow,
		"protection ends with the take-over":                              protectionEnds,
		"the protection of a row that outlived its object is not changed": protectionKept,
		"the next removal protects anew":                                  protectedAnew,
		"an object needs no power over a row of its own":                  ownRow,
		"only a row that outlived its object is protected":                protectedDisposals,
		"a protected login is foreign or taken before it is protected":    protectedLast,
		"protection comes before the quota":                               protectedFirst,
	}
}

// disposed is the change that leaves a protected row.
func disposed(uid string, needs ...store.Need) store.Change {
	return store.RemoveUser{UID: uid, Disposal: store.Deactivate, Protection: needs}
}

// heir is the change by which another object wants the row of a login.
func heir(login string, power ...store.Power) store.Change {
	return store.Put{Record: user(login, withUID("heir-of-"+login)), Admission: store.Admission{Power: power}}
}

type needs = []store.Need

func need(family string, rank int32) store.Need { return store.Need{Family: family, Rank: rank} }

func in(rank int32, families ...string) store.Power {
	return store.Power{Rank: rank, Families: families}
}

// claim is what it takes to have a row, and what somebody has.
type claim struct {
	needs []store.Need
	power []store.Power
	want  error
}

func claims() map[string]claim {
	type power = []store.Power
	return map[string]claim{
		"without needs anybody may":                               {nil, nil, nil},
		"without power nobody may":                                {needs{need("f", 3)}, nil, store.ErrProtected},
		"an equal rank is enough":                                 {needs{need("f", 3)}, power{in(3, "f")}, nil},
		"a stronger rank is enough":                               {needs{need("f", 3)}, power{in(0, "f")}, nil},
		"a weaker rank is not":                                    {needs{need("f", 3)}, power{in(4, "f")}, store.ErrProtected},
		"another family is not":                                   {needs{need("f", 3)}, power{in(0, "g")}, store.ErrProtected},
		"families are compared bytewise":                          {needs{need("f", 3)}, power{in(0, "F", "ff", "f ")}, store.ErrProtected},
		"one of several families is enough":                       {needs{need("f", 3)}, power{in(3, "e", "f", "g")}, nil},
		"no family is every family":                               {needs{need("f", 3)}, power{in(3)}, nil},
		"no family with a weaker rank is not enough":              {needs{need("f", 3)}, power{in(4)}, store.ErrProtected},
		"a need of every family needs every family":               {needs{need("", 3)}, power{in(0, "f"), in(0, "g")}, store.ErrProtected},
		"the family without a name is not every family":           {needs{need("", 3)}, power{in(0, "")}, store.ErrProtected},
		"a need of every family, reached":                         {needs{need("", 3)}, power{in(3)}, nil},
		"a need of every family, with a weaker rank":              {needs{need("", 3)}, power{in(4)}, store.ErrProtected},
		"one of several powers is enough":                         {needs{need("f", 3)}, power{in(9), in(0, "g"), in(3, "f")}, nil},
		"a rank and a family come from one power":                 {needs{need("f", 3)}, power{in(9, "f"), in(0, "g")}, store.ErrProtected},
		"all needs are reached by one power":                      {needs{need("f", 3), need("g", 2)}, power{in(2, "f", "g")}, nil},
		"each need is reached by another power":                   {needs{need("f", 3), need("g", 2)}, power{in(3, "f"), in(2, "g")}, nil},
		"all needs count, not the first":                          {needs{need("f", 3), need("g", 2)}, power{in(3, "f", "g")}, store.ErrProtected},
		"all needs count, not the last":                           {needs{need("f", 2), need("g", 3)}, power{in(3, "f", "g")}, store.ErrProtected},
		"a need of every family beside one of a family":           {needs{need("", 5), need("f", 2)}, power{in(5), in(2, "f")}, nil},
		"a need of every family beside one, not reached":          {needs{need("", 5), need("f", 2)}, power{in(2, "f")}, store.ErrProtected},
		"ranks are numbers":                                       {needs{need("f", 9)}, power{in(10, "f")}, store.ErrProtected},
		"the strongest rank there is":                             {needs{need("f", math.MinInt32)}, power{in(math.MinInt32, "f")}, nil},
		"the strongest rank there is, not reached":                {needs{need("f", math.MinInt32)}, power{in(-math.MaxInt32)}, store.ErrProtected},
		"the weakest rank there is":                               {needs{need("f", math.MaxInt32)}, power{in(math.MaxInt32, "f")}, nil},
		"two needs of one family are both needs":                  {needs{need("f", 9), need("f", 1)}, power{in(5, "f")}, store.ErrProtected},
		"a family may have any text, and is no pattern":           {needs{need(`"%'\`, 3)}, power{in(3, `"%'\`)}, nil},
		"a family may have any text, and what is alike is not it": {needs{need("%", 3)}, power{in(0, "f")}, store.ErrProtected},
	}
}

func powers(w *world) {
	n := 0
	for sentence, test := range claims() {
		n++
		login := fmt.Sprintf("user-%d", n)
		w.t.Run(sentence, func(t *testing.T) {
			w := w.of(t)
			w.must(put(user(login)), disposed(login, test.needs...))
			if test.want == nil {
				w.must(heir(login, test.power...))
				return
			}
			w.Expect(w.apply(heir(login, test.power...))).To(MatchError(test.want))
		})
	}
}

func protectedRow(w *world) {
	before := w.employed()
	w.must(disposed("ann", need("f", 3)))
	rows := w.query(`SELECT * FROM users`)
	added := w.news(func() {
		w.Expect(w.apply(heir("ANN", in(4)))).To(MatchError(store.ErrProtected))
		w.Expect(w.apply(put(set("lost")), heir("ann"))).To(MatchError(store.ErrProtected))
	})
	w.Expect(added).To(BeEmpty())
	w.Expect(w.query(`SELECT * FROM users`)).To(Equal(rows))
	w.Expect(w.active()).To(BeEmpty())
	verdicts := w.batch(store.Group{heir("ann")}, store.Group{put(user("bob"))}, store.Group{heir("ann", in(3))})
	w.Expect(verdicts).To(HaveExactElements(MatchError(store.ErrProtected), Succeed(), Succeed()))
	w.Expect(w.one(user("ann", withUID("heir-of-ann"))).ID).To(Equal(before.ID))
}

func protectionEnds(w *world) {
	w.must(put(user("ann")), disposed("ann", need("f", 3)))
	w.must(heir("ann", in(0)))
	w.Expect(w.column(`SELECT protection FROM users WHERE login = 'ann'`)).To(HaveExactElements(BeElementOf("", "[]")))
	w.must(heir("ann")) // it is its own row now
	w.must(remove("heir-of-ann", store.Deactivate))
	w.must(put(user("ann", withUID("another"))))
}

func protectionKept(w *world) {
	w.must(put(user("ann")), disposed("ann", need("f", 3)))
	for _, d := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
		w.must(remove("ann", d)) // again: the object is gone
	}
	w.Expect(w.apply(heir("ann"))).To(MatchError(store.ErrProtected))
}

func protectedAnew(w *world) {
	w.must(put(user("ann")), disposed("ann", need("f", 3)))
	w.must(heir("ann", in(3)), disposed("heir-of-ann", need("g", 1)))
	w.Expect(w.apply(heir("ann", in(0, "f")))).To(MatchError(store.ErrProtected))
	w.must(heir("ann", in(1, "g")))
}

func ownRow(w *world) {
	w.must(put(user("ann")), disposed("ann", need("", 1)), heir("ann", in(1)))
	w.must(put(user("ann", withUID("heir-of-ann"), atGeneration(2), deactivated)))
	w.must(put(user("ann", withUID("heir-of-ann"), atGeneration(3))))
	w.Expect(w.active()).To(ConsistOf("ann"))
}

func protectedDisposals(w *world) {
	protection := needs{need("f", 0)}
	w.put(user("ann"), user("bob"))
	w.must(store.RemoveUser{UID: "ann", Disposal: store.Delete, Protection: protection})
	w.must(heir("ann"))
	w.must(store.RemoveUser{UID: "bob", Disposal: store.Orphan, Protection: protection})
	w.Expect(w.apply(heir("bob"))).To(MatchError(store.ErrForeignRow))
}

func protectedLast(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.must(put(user("ann")), disposed("ann", need("", 1)))
	w.Expect(w.apply(heir("ann"))).To(MatchError(store.ErrForeignRow))
	w.put(user("bob"), user("cy"))
	w.must(disposed("bob", need("", 1)))
	for _, power := range []store.Power{in(9), in(0)} { // who has a row takes over no other
		taking := store.Put{Record: user("bob", withUID("cy"), atGeneration(2)), Admission: store.Admission{Power: []store.Power{power}}}
		w.Expect(w.apply(taking)).To(MatchError(store.ErrTaken))
	}
}

func protectedFirst(w *world) {
	w.must(put(user("ann")), disposed("ann", need("", 1)), put(office(maxUsers(0))))
	w.Expect(w.apply(heir("ann"))).To(MatchError(store.ErrProtected))
	w.Expect(w.apply(heir("ann", in(1)))).To(MatchError(store.ErrQuota))
	w.Expect(w.apply(heir("ann"))).To(MatchError(store.ErrProtected), "it is protected still")
}
