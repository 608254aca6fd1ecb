// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// germanShop lets ger give everything to others on what belongs to one entity, and ada on all data.
func germanShop() *v1alpha1.BackOffice {
	o := testkit.Office("shop", "shop",
		testkit.Delegates(4, testkit.Person("ada")), testkit.Giving("*"),
		testkit.Delegates(4, testkit.Person("ger")), testkit.Giving("*"), testkit.Narrowed(testkit.Only("entities", "de")),
		testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}))
	testkit.Stamp(o, "root", nil)
	return o
}

func TestWhatNobodyWasJudgedForIsOpenedByWhoeverChangesIt(t *testing.T) {
	viewer := testkit.Set("viewer", "shop", withUID("viewer"))
	bypass := testkit.Set("bypass", "shop", withUID("bypass"), testkit.Bypasses("entities"))
	knowing := func(sets ...*v1alpha1.PermissionSet) testkit.Mod {
		return func(o client.Object) { testkit.Stamp(o, "ada", []access.Power{testkit.Unlimited()}, sets...) }
	}
	user := func(mods ...testkit.Mod) client.Object { return testkit.User("ann", "shop", mods...) }
	binding := func(mods ...testkit.Mod) client.Object {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("viewer"), testkit.ForUsers("ann")}, mods...)...)
	}
	note, narrow := annotated(v1alpha1.AnnotationHold, "for a moment"), testkit.Filters(testkit.Only("entities", "de"))
	for sentence, c := range map[string]struct {
		old, obj client.Object
		missing  string // what ger may not do, and ada may
	}{
		"a user that somebody was judged for":               {user(knowing()), user(note), ""},
		"a user without a stamp":                            {user(), user(note), "needs power over more data: it is not narrowed"},
		"a user without a stamp who is narrowed":            {user(narrow), user(narrow, note), ""},
		"a binding that somebody was judged for":            {binding(knowing(viewer)), binding(note), ""},
		"a binding without a stamp":                         {binding(), binding(note), "needs power over more data: it is not narrowed"},
		"a binding that did not see its set":                {binding(knowing()), binding(note), "needs power over more data: it is not narrowed"},
		"a binding without a stamp that is narrowed":        {binding(narrow), binding(narrow, note), ""},
		"a binding whose set has come to bypass filters":    {binding(testkit.ToSet("bypass"), knowing(bypass)), binding(testkit.ToSet("bypass"), note), "set shop/bypass bypasses filters on entities"},
		"a set without a stamp that gives where it is held": {testkit.Set("viewer", "shop", withUID("viewer"), testkit.Permissions("orders")), testkit.Set("viewer", "shop", withUID("viewer"), testkit.Permissions("orders"), note), "binding shop/held, which hands it out, is not narrowed"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			held := testkit.Binding("held", "shop", testkit.ToSet("viewer"), testkit.ForUsers("bob"))
			cluster := clusterOf(t.Context(), germanShop(), viewer, bypass, held)
			_, response := admits(t, cluster, "ger", c.old, c.obj)
			g.Expect(refusal(response)).To(ContainSubstring(c.missing))
			g.Expect(response.Allowed).To(Equal(c.missing == ""), refusal(response))
			_, response = admits(t, cluster, "ada", c.old, c.obj)
			g.Expect(response.Allowed).To(BeTrue(), refusal(response))
		})
	}
}

func TestAStampCarriesOnWhichData(t *testing.T) {
	g := NewWithT(t)
	cluster := clusterOf(t.Context(), germanShop())
	stored, response := admits(t, cluster, "ger", nil, testkit.User("ann", "shop", testkit.Filters(testkit.Only("entities", "de"))))
	g.Expect(response.Allowed).To(BeTrue(), refusal(response))
	s, fits := stamp.Fitting(stored)
	g.Expect(fits).To(BeTrue())
	g.Expect(s.Power).To(HaveLen(1))
	g.Expect(s.Power[0].Filters).To(Equal([]access.Filter{{Dimension: "entities", Mode: access.FilterOnly, Values: []string{"de"}}}))
}

func TestASetThatBypassesMoreIsConsideredAnew(t *testing.T) {
	set := func(mods ...testkit.Mod) client.Object { return testkit.Set("s", "shop", mods...) }
	long := func(o client.Object) {
		s := testkit.Stamp(o, "ada", []access.Power{testkit.Unlimited()})
		s.At = 1
		testkit.Carry(o, s)
	}
	both, one := testkit.Bypasses("entities", "documents"), testkit.Bypasses("entities")
	for sentence, c := range map[string]struct {
		old, obj client.Object
		anew     bool
	}{
		"one that bypasses nothing":      {set(long), set(testkit.Permissions("orders")), false},
		"one that bypasses the same":     {set(one, long), set(one, testkit.Permissions("orders")), false},
		"one that bypasses less":         {set(both, long), set(one), false},
		"one that bypasses a filter":     {set(long), set(one), true},
		"one that bypasses another, too": {set(one, long), set(both), true},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			stored, response := admits(t, clusterOf(t.Context(), germanShop()), "ada", c.old, c.obj)
			g.Expect(response.Allowed).To(BeTrue(), refusal(response))
			s, fits := stamp.Fitting(stored)
			g.Expect(fits).To(BeTrue())
			if c.anew {
				g.Expect(s.At).To(BeNumerically(">", 1))
			} else {
				g.Expect(s.At).To(BeEquivalentTo(1))
			}
		})
	}
}
