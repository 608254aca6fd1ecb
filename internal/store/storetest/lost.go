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

// ranked says how strong a set is.
func ranked(rank int32, family string) func(*store.PermissionSet) {
	return func(s *store.PermissionSet) { s.Rank, s.RankFamily = rank, family }
}

// mighty is the change by which somebody of whom no power is asked in vain writes an account.
func mighty(u store.User) store.Change { return able(u, in(math.MinInt32)) }

// able is the change by which somebody with this power writes an account.
func able(u store.User, power ...store.Power) store.Change {
	return store.Put{Record: u, Admission: store.Admission{Power: power}}
}

// lostPowers are about accounts that were lost with the bindings that they had, and of which nobody has said anything.
func lostPowers(w *world) {
	type (
		power     = []store.Power
		modifiers = []func(*store.RoleBinding)
	)
	w.put(set("weak", ranked(5, "f")), set("strong", ranked(3, "f")), set("other", ranked(4, "g")), set("withheld", ranked(2, "f"), setWithheld),
		set("heir", ranked(9, "f"), inherits("strong", 1)))
	n := 0
	for sentence, test := range map[string]struct {
		sets     []string
		bindings modifiers
		power    power
		want     error
	}{
		"without bindings anybody may":                      {nil, nil, nil, nil},
		"without power nobody may":                          {[]string{"weak"}, nil, nil, store.ErrProtected},
		"an equal rank is enough":                           {[]string{"weak"}, nil, power{in(5, "f")}, nil},
		"a lower rank is not":                               {[]string{"weak"}, nil, power{in(6, "f")}, store.ErrProtected},
		"a rank in another family is not":                   {[]string{"weak"}, nil, power{in(0, "g")}, store.ErrProtected},
		"a rank in every family is enough":                  {[]string{"weak"}, nil, power{in(5)}, nil},
		"the strongest set counts":                          {[]string{"weak", "strong"}, nil, power{in(5, "f")}, store.ErrProtected},
		"the strongest set is reached":                      {[]string{"weak", "strong"}, nil, power{in(3, "f")}, nil},
		"each family counts":                                {[]string{"strong", "other"}, nil, power{in(3, "f")}, store.ErrProtected},
		"each family is reached":                            {[]string{"strong", "other"}, nil, power{in(3, "f"), in(4, "g")}, nil},
		"a set that is withheld counts":                     {[]string{"withheld"}, nil, power{in(3, "f")}, store.ErrProtected},
		"a binding that is withheld counts":                 {[]string{"strong"}, modifiers{bindingWithheld}, power{in(5, "f")}, store.ErrProtected},
		"what a set inherits asks for nothing":              {[]string{"heir"}, nil, power{in(9, "f")}, nil},
		"a binding whose set is not there asks for nothing": {[]string{"gone"}, nil, nil, nil},
	} {
		n++
		login := fmt.Sprintf("user-%d", n)
		w.t.Run(sentence, func(t *testing.T) {
			w := w.of(t)
			w.must(put(user(login)), issue(login, 1, "v"))
			for _, uid := range test.sets {
				w.put(binding(login+"-"+uid, uid, []string{login}, test.bindings...))
			}
			before := w.one(user(login))
			verdict := w.apply(able(user(login, remade("new-"+login)), test.power...))
			if test.want != nil {
				w.Expect(verdict).To(MatchError(test.want))
				w.Expect(w.one(user(login))).To(Equal(before))
				return
			}
			w.Expect(verdict).To(Succeed())
			w.Expect(w.credential("new-" + login).Verifier).To(Equal("v"))
			w.must(put(user(login, remade("new-"+login), atGeneration(2)))) // it is its own row
		})
	}
}

// lostProtection is kept with an account whose object is lost, before its bindings and sets are removed.
func lostProtection(w *world) {
	lost := func(login string, protection ...store.Need) store.Change {
		return store.Put{Record: user(login, withheld), Protection: protection}
	}
	w.must(put(set("s", ranked(5, "g"))), put(binding("b", "s", []string{"bob"})))
	for _, login := range []string{"ann", "bob"} {
		w.must(put(user(login)), issue(login, 1, "v"), lost(login, need("f", 3)))
		w.must(put(user(login, withheld, atGeneration(2)))) // who says nothing leaves it
		w.Expect(w.apply(put(user(login, remade("new-"+login))))).To(MatchError(store.ErrProtected))
		w.Expect(w.apply(able(user(login, remade("new-"+login)), in(4, "f"), in(0, "g")))).To(MatchError(store.ErrProtected))
	}
	w.Expect(w.apply(able(user("bob", remade("new-bob")), in(3, "f")))).To(MatchError(store.ErrProtected), "so do bindings that are there")
	w.must(store.Remove{Key: binding("b", "s", nil).Key()})
	for _, login := range []string{"ann", "bob"} {
		w.must(able(user(login, remade("new-"+login)), in(3, "f")))
		w.Expect(w.credential("new-" + login)).To(Equal(store.Credential{Version: 1, Source: store.SourceGenerated, Verifier: "v"}))
		w.must(put(user(login, remade("newer-"+login)))) // it is protected no more
	}
	w.Expect(w.users()).To(ConsistOf("ann", "bob"))
}
