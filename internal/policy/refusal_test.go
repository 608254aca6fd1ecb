// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

const argo = "system:serviceaccount:argocd:controller"

func TestLacksSaysWhatHelps(t *testing.T) {
	for sentence, c := range map[string]struct {
		actor Actor
		need  Need
		want  string
	}{
		"a rank too weak": {
			lea(rank(7, "y"), rank(6), rank(4, "x")),
			Need{Family: "x", Rank: 1},
			`it needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[2] of BackOffice shop/shop). Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`,
		},
		"the strongest rank": {
			lea(rank(4)),
			Need{Family: "x", Rank: 0},
			`it needs rank 0 in family "x"; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`,
		},
		"power elsewhere": {
			lea(rank(0, "y", "v"), rank(0, "z")),
			Need{Family: "x", Rank: 2},
			`it needs rank 2 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: y, v; spec.rank.delegations[1] of BackOffice shop/shop: z). Ask somebody with rank 0..2, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 2, families: [x]}`,
		},
		"every family": {
			lea(rank(0, "y"), rank(3)),
			Need{},
			`it needs rank 0 in every family; "lea" has rank 3 (spec.rank.delegations[1] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0}`,
		},
		"power as a user of the back office": {
			Actor{Name: "ann@shop", Powers: []Power{{Power: access.Power{Rank: 4, Families: []string{"x"}}, Source: "spec.kubernetesUser of BackOfficeUser shop/ann"}}},
			Need{Family: "x", Rank: 3},
			`it needs rank 3 or stronger in family "x"; "ann@shop" has rank 4 (spec.kubernetesUser of BackOfficeUser shop/ann). Ask somebody with rank 0..3, or add a delegation: {subjects: [{kind: User, name: ann@shop}], rank: 3, families: [x]}`,
		},
		"no power, and a service account": {
			Actor{Name: argo},
			Need{Family: "x", Rank: 1},
			`it needs rank 1 or stronger in family "x"; no delegation of BackOffice shop/shop matches "system:serviceaccount:argocd:controller". Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: ServiceAccount, namespace: argocd, name: controller}], rank: 1, families: [x]}`,
		},
		"no power, and the glass was not to be broken": {
			Actor{Name: "lea", BreakGlass: true, Escalation: EscalationRefused},
			Need{Family: "x", Rank: 0},
			`it needs rank 0 in family "x"; no delegation of BackOffice shop/shop matches "lea", and the annotation access.backoffice-operator.io/break-glass counts only for who has the RBAC verb "escalate" on that BackOffice. Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.actor.lacks("it", c.need, office())).To(Equal(c.want))
		})
	}
}

func TestLacksAnySaysWhatHelps(t *testing.T) {
	NewWithT(t).Expect(lea().lacksAny("it", office())).To(Equal(
		`it needs a delegation of any rank; no delegation of BackOffice shop/shop matches "lea". Ask somebody who has one, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>}`))
}

func TestLacksTypeSaysWhatHelps(t *testing.T) {
	mixed := lea(rank(4, "x").only("Staff", "API"), rank(9, "x").only("Affiliate"))
	need := Need{Family: "x", Rank: 5}
	g := NewWithT(t)
	g.Expect(mixed.lacksType("it", v1alpha1.AccountAdministrator, nil)).To(Equal(
		`it needs power over accounts of type Administrator; "lea" has spec.rank.delegations[0] of BackOffice shop/shop for Staff, API only and spec.rank.delegations[1] of BackOffice shop/shop for Affiliate only. Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>, accountTypes: [Administrator]}`))
	g.Expect(mixed.lacksType("it", v1alpha1.AccountAffiliate, &need)).To(Equal(
		`it needs power over accounts of type Affiliate; "lea" has spec.rank.delegations[0] of BackOffice shop/shop for Staff, API only. Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, families: [x], accountTypes: [Affiliate]}`),
		"of the powers that reach the rank")
}

func TestLacksContentSaysWhatHelps(t *testing.T) {
	gain := ContentOf([]string{"orders", "stock", "*"})[1:]
	need := Need{Family: "x", Rank: 5}
	various := access.ContentOf(
		access.Entry{Path: "orders", Level: access.Read}, access.Entry{Path: "stock", Level: access.Write}, access.Entry{Path: "stock/old"})
	narrow := rank(4, "x").only("Staff")
	narrow.Permissions = various
	const may = `, which "lea" does not have to give: `
	for sentence, c := range map[string]struct {
		actor Actor
		need  *Need
		want  string
	}{
		"nothing is missing": {lea(rank(9, "x").giving("*"), rank(0).giving("stock", "orders")), &need, ""},
		"existing sets only": {
			lea(rank(4)), &need,
			`it gives orders Write, stock Write` + may + `spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 4, permissions: [orders, stock]}`,
		},
		"what one of the powers has is not missing, and is part of a delegation that would be enough alone": {
			lea(narrow), &need,
			`it gives orders Write, stock/old Write` + may + `spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Read, stock Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 4, permissions: [orders, stock], families: [x], accountTypes: [Staff]}`,
		},
		"each has something": {
			lea(rank(0).giving("orders"), rank(5).giving("stock")), &need,
			`it gives stock Write` + may + `spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write; spec.rank.delegations[1] of BackOffice shop/shop lets it give stock Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, permissions: [orders, stock]}`,
		},
		"who has too little rank is told what it takes": {
			lea(rank(9).giving("stock")), &need,
			`it gives orders Write` + may + `spec.rank.delegations[0] of BackOffice shop/shop lets it give stock Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [orders, stock], families: [x]}`,
		},
		"and if that is all, another rule tells": {lea(rank(9).giving("stock", "orders")), &need, ""},
		"no power": {
			lea(), &need,
			`it gives orders Write, stock Write` + may + `no delegation of BackOffice shop/shop matches "lea". Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [orders, stock], families: [x]}`,
		},
		"no power, and no set yet": {
			lea(), nil,
			`it gives orders Write, stock Write` + may + `no delegation of BackOffice shop/shop matches "lea". Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>, permissions: [orders, stock]}`,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.actor.lacksContent(c.actor.handout("it", c.need, gain), office())).To(Equal(c.want))
		})
	}
}

func TestLongListsAreCut(t *testing.T) {
	var paths []string
	for i := range 12 {
		paths = append(paths, fmt.Sprintf("p%02d", i))
	}
	g := NewWithT(t)
	g.Expect(listed(paths[:10])).To(Equal("p00, p01, p02, p03, p04, p05, p06, p07, p08, p09"))
	g.Expect(listed(paths)).To(Equal("p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 2 more"))
	actor := lea(rank(4))
	g.Expect(actor.lacksContent(actor.handout("it", nil, ContentOf(paths)), office())).To(And(
		ContainSubstring("p09 Write and 2 more, which"), HaveSuffix("permissions: [p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, …]}")))
	g.Expect(by(nil)).To(BeEmpty())
	g.Expect(by(paths[:2])).To(Equal(", by no longer denying p00, p01,"))
}
