// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayWriteSet(t *testing.T) {
	s := func(r int32, family string) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", testkit.Rank(r), testkit.Family(family))
	}
	boss := map[string]*v1alpha1.PermissionSet{"shop/boss": testkit.Set("boss", "shop", testkit.Rank(0), testkit.Family("x")), "shop/mid": testkit.Set("mid", "shop", testkit.Rank(9), testkit.Family("x"))}
	far := access.Ancestry{Distance: map[string]int{"shop/s": 0, "shop/mid": 1, "shop/boss": 2}}
	missing := access.Ancestry{Distance: map[string]int{"shop/s": 0}, Missing: []string{"shop/boss"}}
	const at = "Refuse NotAuthorized spec."
	const rank0 = ` needs rank 0 in family "x"; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`
	ruleCases[SetInput]{
		"a missing back office has no ranks": {SetInput{New: s(0, "x")}, nil},
		"a weaker set may be made":           {SetInput{New: s(4, "x"), Office: office(), Actor: lea(rank(4))}, nil},
		"a stronger one may not":             {SetInput{New: s(0, "x"), Office: office(), Actor: lea(rank(4))}, []string{at + "rank: Forbidden: set shop/s" + rank0}},
		"nor made of a weaker one":           {SetInput{Old: s(9, "x"), New: s(0, "x"), Office: office(), Actor: lea(rank(4))}, []string{at + "rank: Forbidden: set shop/s" + rank0}},
		"nor weakened":                       {SetInput{Old: s(0, "x"), New: s(9, "x"), Office: office(), Actor: lea(rank(4))}, []string{at + "rank: Forbidden: set shop/s" + rank0}},
		"nor deleted":                        {SetInput{Old: s(0, "x"), Office: office(), Actor: lea(rank(4))}, []string{at + "rank: Forbidden: set shop/s" + rank0}},
		"nor moved out of its family":        {SetInput{Old: s(9, "x"), New: s(9, "y"), Office: office(), Actor: lea(rank(4, "y"))}, []string{at + `rank: Forbidden: set shop/s needs rank 9 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0..9, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 9, families: [x]}`}},
		"nor inherited from, however far":    {SetInput{New: s(9, "x"), NewAncestry: far, Sets: boss, Office: office(), Actor: lea(rank(4))}, []string{at + "extends: Forbidden: set shop/s inherits from set shop/boss, which" + rank0}},
		"nor no longer inherited from":       {SetInput{Old: s(9, "x"), OldAncestry: far, New: s(9, "x"), Sets: boss, Office: office(), Actor: lea(rank(4))}, []string{at + "extends: Forbidden: set shop/s inherits from set shop/boss, which" + rank0}},
		"what is missing is said once":       {SetInput{Old: s(9, "x"), OldAncestry: far, New: s(9, "x"), NewAncestry: far, Sets: boss, Office: office(), Actor: lea(rank(4))}, []string{at + "extends: Forbidden: set shop/s inherits from set shop/boss, which" + rank0}},
		"rank 0 may inherit from what comes": {SetInput{New: s(9, "x"), NewAncestry: missing, Office: office(), Actor: lea(rank(0))}, nil},
		"others may not":                     {SetInput{New: s(9, "x"), NewAncestry: missing, Office: office(), Actor: lea(rank(4))}, []string{at + `extends: Forbidden: set shop/s inherits from set shop/boss, whose rank nobody knows before it exists, which needs rank 0 in every family; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0}`}},
	}.run(t, ActorMayWriteSet)
}
