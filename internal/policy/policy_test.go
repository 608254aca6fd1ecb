// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// ruleCases are inputs of one rule, keyed by a sentence, and what it says of each: "Severity Reason field: Kind: message".
type ruleCases[In any] map[string]struct {
	in   In
	want []string
}

func (cases ruleCases[In]) run(t *testing.T, rule Rule[In]) {
	t.Helper()
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(said(rule(c.in))).To(Equal(c.want))
		})
	}
}

func said(violations []Violation) []string {
	var lines []string
	for _, v := range violations {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s: %s", v.Severity, v.Reason, v.Field, v.Kind, v.Message))
	}
	return lines
}

func office(mods ...testkit.Mod) *v1alpha1.BackOffice { return testkit.Office("shop", "shop", mods...) }

// lea has these powers by the delegations of BackOffice shop/shop, in this order.
func lea(powers ...Power) Actor {
	for i := range powers {
		powers[i].Source = fmt.Sprintf("spec.rank.delegations[%d] of BackOffice shop/shop", i)
	}
	return Actor{Name: "lea", Powers: powers}
}

// rank is a power that may bind existing sets and nothing else.
func rank(r int32, families ...string) Power {
	return Power{Power: access.Power{Rank: r, Families: families}}
}

// giving lets a power put these paths, with all below them, into sets and grants.
func (p Power) giving(paths ...string) Power {
	p.Permissions = ContentOf(paths)
	return p
}

// only narrows a power to accounts of these types.
func (p Power) only(types ...string) Power {
	p.AccountTypes = types
	return p
}

func through(binding, family string, r int32) Need {
	return Need{Family: family, Rank: r, Through: "shop/" + binding}
}

// ceiling are the terms of a namespace that may hand out this rank and, of its own, these paths.
func ceiling(r int32, paths ...string) Terms {
	return Terms{Admitted: true, Rank: &r, Permissions: ContentOf(paths), Sources: []string{"spec.namespaces[1]"}}
}

func setsOf(sets ...*v1alpha1.PermissionSet) map[string]*v1alpha1.PermissionSet {
	byName := map[string]*v1alpha1.PermissionSet{}
	for _, s := range sets {
		byName[nameOf(s)] = s
	}
	return byName
}

// changeOf are the facts about a change of a set, among others; nil is a set that is not there.
func changeOf(old, obj *v1alpha1.PermissionSet, others ...*v1alpha1.PermissionSet) SetInput {
	in := SetInput{Old: old, New: obj, Office: office(), Sets: setsOf(others...)}
	for _, state := range []struct {
		set      *v1alpha1.PermissionSet
		ancestry *access.Ancestry
	}{{old, &in.OldAncestry}, {obj, &in.NewAncestry}} {
		if state.set == nil {
			continue
		}
		in.Sets[nameOf(state.set)] = state.set
		world := WorldOf(in.Sets)
		*state.ancestry = access.Ancestors(nameOf(state.set), func(id string) ([]string, bool) {
			set, known := world[id]
			return set.Extends, known
		})
	}
	return in
}

func (in SetInput) by(actor Actor) SetInput {
	in.Actor = actor
	return in
}
