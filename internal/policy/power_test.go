// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAllows(t *testing.T) {
	for sentence, c := range map[string]struct {
		actor Actor
		need  Need
		want  bool
	}{
		"nobody may do anything without a delegation":               {lea(), Need{"x", 1000, ""}, false},
		"a rank covers itself":                                      {lea(rank(4)), Need{"x", 4, ""}, true},
		"and weaker ones":                                           {lea(rank(4)), Need{"x", 5, ""}, true},
		"and no stronger one":                                       {lea(rank(4)), Need{"x", 3, ""}, false},
		"families do not compare":                                   {lea(rank(0, "x")), Need{"y", 9, ""}, false},
		"one of several delegations is enough":                      {lea(rank(0, "y"), rank(4)), Need{"x", 4, ""}, true},
		"delegations are not added up":                              {lea(rank(0, "y"), rank(4, "x")), Need{"x", 3, ""}, false},
		"every family takes a delegation without families":          {lea(rank(0)), Need{"", 0, ""}, true},
		"and not one with many":                                     {lea(rank(0, "x", "y", "default")), Need{"", 0, ""}, false},
		"what nobody knows takes rank 0":                            {lea(rank(1)), needOf(nil), false},
		"a set without family is of the default one":                {lea(rank(5, "default")), needOf(testkit.Set("s", "shop")), true},
		"a family that is named like the wildcard is only a family": {lea(rank(0, "*")), Need{"x", 9, ""}, false},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.actor.allows(c.need)).To(Equal(c.want)) })
	}
}

func TestLacksSaysWhatHelps(t *testing.T) {
	shop := office()
	argo := Actor{Name: "system:serviceaccount:argocd:controller"}
	for sentence, c := range map[string]struct {
		actor Actor
		need  Need
		want  string
	}{
		"a rank too weak": {
			lea(rank(7, "y"), rank(6), rank(4, "x")),
			Need{"x", 1, ""},
			`it needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[2] of BackOffice shop/shop). Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`,
		},
		"the strongest rank": {
			lea(rank(4)),
			Need{"x", 0, ""},
			`it needs rank 0 in family "x"; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`,
		},
		"power elsewhere": {
			lea(rank(0, "y"), rank(0, "z")),
			Need{"x", 2, ""},
			`it needs rank 2 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0], spec.rank.delegations[1] of BackOffice shop/shop). Ask somebody with rank 0..2, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 2, families: [x]}`,
		},
		"every family": {
			lea(rank(0, "y"), rank(3)),
			Need{},
			`it needs rank 0 in every family; "lea" has rank 3 (spec.rank.delegations[1] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0}`,
		},
		"no power, and a service account": {
			argo,
			Need{"x", 1, ""},
			`it needs rank 1 or stronger in family "x"; no delegation of BackOffice shop/shop matches "system:serviceaccount:argocd:controller". Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: ServiceAccount, namespace: argocd, name: controller}], rank: 1, families: [x]}`,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.actor.lacks("it", c.need, shop)).To(Equal(c.want))
		})
	}
}

func TestProtectionOf(t *testing.T) {
	bound := func(binding string, mods ...testkit.Mod) Bound {
		return Bound{testkit.Binding(binding, "shop"), testkit.Set("s", "shop", mods...)}
	}
	for sentence, c := range map[string]struct {
		bindings []Bound
		want     Protection
	}{
		"no binding protects from nobody": {nil, nil},
		"the strongest in each family, in order": {
			[]Bound{
				bound("a", testkit.Rank(5), testkit.Family("y")), bound("b", testkit.Rank(3), testkit.Family("x")),
				bound("c", testkit.Rank(2), testkit.Family("y")), bound("d", testkit.Rank(4), testkit.Family("x")),
			},
			Protection{through("b", "x", 3), through("c", "y", 2)},
		},
		"of several with the same rank the first by name": {
			[]Bound{bound("b"), bound("a")}, Protection{through("a", "default", 5)},
		},
		"a set that does not exist protects from all but the strongest": {
			[]Bound{{testkit.Binding("b", "shop"), nil}}, Protection{through("b", "", 0)},
		},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(ProtectionOf(c.bindings)).To(Equal(c.want)) })
	}
}
