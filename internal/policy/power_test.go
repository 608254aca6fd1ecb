// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAllows(t *testing.T) {
	for sentence, c := range map[string]struct {
		actor Actor
		need  Need
		want  bool
	}{
		"nobody may do anything without a power":           {lea(), Need{Family: "x", Rank: 1000}, false},
		"a rank covers itself and weaker ones":             {lea(rank(4)), Need{Family: "x", Rank: 5}, true},
		"and no stronger one":                              {lea(rank(4)), Need{Family: "x", Rank: 3}, false},
		"families do not compare":                          {lea(rank(0, "x")), Need{Family: "y", Rank: 9}, false},
		"one of several powers is enough":                  {lea(rank(0, "y"), rank(4)), Need{Family: "x", Rank: 4}, true},
		"powers are not added up":                          {lea(rank(0, "y"), rank(4, "x")), Need{Family: "x", Rank: 3}, false},
		"a set that nobody knows takes everything":         {lea(rank(1)), needOf(nil), false},
		"and a power over some families is not everything": {lea(rank(0, "x", "default")), needOf(nil), false},
		"a power over everything is":                       {lea(rank(0)), needOf(nil), true},
		"a set without family is of the default one":       {lea(rank(5, "default")), needOf(testkit.Set("s", "shop")), true},
		"for whom a power is does not matter for sets":     {lea(rank(4).only("API")), Need{Family: "x", Rank: 4}, true},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.actor.allows(c.need)).To(Equal(c.want)) })
	}
}

func TestTouches(t *testing.T) {
	mixed := lea(rank(0, "x").only("API"), rank(4, "x").only("Staff", "Affiliate"))
	g := NewWithT(t)
	g.Expect(mixed.touches(Need{Family: "x", Rank: 4}, v1alpha1.AccountStaff)).To(BeTrue())
	g.Expect(mixed.touches(Need{Family: "x", Rank: 3}, v1alpha1.AccountStaff)).To(BeFalse(), "the stronger power is about others")
	g.Expect(mixed.touches(Need{Family: "x", Rank: 3}, v1alpha1.AccountAPI)).To(BeTrue())
	g.Expect(mixed.concerns(v1alpha1.AccountAffiliate)).To(BeTrue())
	g.Expect(mixed.concerns(v1alpha1.AccountAdministrator)).To(BeFalse())
	g.Expect(lea().concerns(v1alpha1.AccountStaff)).To(BeFalse(), "without a power")
}

func TestLacking(t *testing.T) {
	want := access.ContentOf(access.Entry{Path: "a", Level: access.Read}, access.Entry{Path: "b", Level: access.Write}, access.Entry{Path: "c"})
	g := NewWithT(t)
	g.Expect(texts(lacking(nil, want))).To(Equal([]string{"a Read", "b Write"}), "nobody has anything")
	g.Expect(texts(lacking([]Power{rank(0)}, want))).To(Equal([]string{"a Read", "b Write"}))
	g.Expect(texts(lacking([]Power{rank(0).giving("x"), rank(0).giving("a"), rank(0)}, want))).To(Equal([]string{"b Write"}), "the shortest list")
	g.Expect(lacking([]Power{rank(0).giving("a"), rank(0).giving("b")}, want)).NotTo(BeEmpty(), "powers are not added up")
	g.Expect(lacking([]Power{rank(0), rank(0).giving("*")}, want)).To(BeEmpty())
}

func TestProtectionOf(t *testing.T) {
	bound := func(binding string, mods ...testkit.Mod) Bound {
		return Bound{Binding: testkit.Binding(binding, "shop"), Set: testkit.Set("s", "shop", mods...)}
	}
	for sentence, c := range map[string]struct {
		terms    Terms
		bindings []Bound
		want     Protection
	}{
		"no binding protects from nobody": {},
		"the strongest in each family, in order": {
			Terms{},
			[]Bound{
				bound("a", testkit.Rank(5), testkit.Family("y")), bound("b", testkit.Rank(3), testkit.Family("x")),
				bound("c", testkit.Rank(2), testkit.Family("y")), bound("d", testkit.Rank(4), testkit.Family("x")),
			},
			Protection{through("b", "x", 3), through("c", "y", 2)},
		},
		"of several with the same rank the first by name": {
			Terms{}, []Bound{bound("b"), bound("a")}, Protection{through("a", "default", 5)},
		},
		"a set that does not exist protects nobody yet": {
			Terms{}, []Bound{{Binding: testkit.Binding("b", "shop")}, bound("a")}, Protection{through("a", "default", 5)},
		},
		"a set beyond the ceiling is not in force, and protects up to it": {
			ceiling(4),
			[]Bound{bound("a", testkit.Rank(0)), bound("b", testkit.Rank(7), testkit.Family("x"))},
			Protection{through("a", "default", 4), through("b", "x", 7)},
		},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(ProtectionOf(c.bindings, c.terms)).To(Equal(c.want)) })
	}
	NewWithT(t).Expect(Protection{through("a", "x", 3), through("b", "y", 0)}.Needs()).To(Equal([]access.Need{{Family: "x", Rank: 3}, {Family: "y"}}))
}

func TestMayHandOutToAll(t *testing.T) {
	set := testkit.Set("s", "shop", testkit.Rank(4), testkit.Family("x"))
	for sentence, c := range map[string]struct {
		actor Actor
		want  bool
	}{
		"nobody":                              {lea(), false},
		"who reaches it":                      {lea(rank(4)), true},
		"not who is too weak":                 {lea(rank(5)), false},
		"not who has power in other families": {lea(rank(0, "y")), false},
		"not who may for some types only":     {lea(rank(4).only("Staff")), false},
		"whatever comes first":                {lea(rank(9, "y").only("Staff"), rank(4)), true},
		"whatever power is elsewhere":         {lea(rank(4), rank(9, "y").only("Staff")), true},
		"not who might need another power of that family for the rest": {lea(rank(4), rank(9).giving("*")), false},
		"nor one for other types":                                      {lea(rank(4), rank(0).only("Staff")), false},
		"but whose other powers allow nothing besides":                 {lea(rank(4).giving("a"), rank(9).giving("a/b"), rank(4).only("Staff")), true},
		"who has the same power twice":                                 {lea(rank(4), rank(4)), true},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.actor.MayHandOutToAll(set)).To(Equal(c.want)) })
	}
	NewWithT(t).Expect(lea().MayHandOutToAll(nil)).To(BeTrue(), "a set that does not exist")
}

func TestSpecialised(t *testing.T) {
	g := NewWithT(t)
	g.Expect(lea(rank(0).only("Staff"), rank(3).only("API")).Specialised()).To(BeTrue())
	g.Expect(lea(rank(0).only("Staff"), rank(3)).Specialised()).To(BeFalse())
	g.Expect(lea().Specialised()).To(BeTrue(), "who has no power is about nobody")
}
