// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayBind(t *testing.T) {
	toBoss := testkit.Binding("b", "shop", testkit.ToSet("boss"))
	toViewer := testkit.Binding("b", "shop", testkit.ToSet("viewer"))
	boss := testkit.Set("boss", "shop", testkit.Rank(0), testkit.Family("x"))
	viewer := testkit.Set("viewer", "shop", testkit.Rank(9), testkit.Family("x"))
	const at = "Refuse NotAuthorized spec.permissionSetRef: Forbidden: binding shop/b to set shop/"
	const bossRefused = at + `boss needs rank 0 in family "x"; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`
	const anyRefused = at + `boss needs a delegation of any rank; no delegation of BackOffice shop/shop matches "lea". Ask somebody who has one, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>}`
	ruleCases[BindingInput]{
		"a missing back office has no ranks":    {BindingInput{New: toBoss, NewSet: boss}, nil},
		"a weaker set may be bound":             {BindingInput{New: toViewer, NewSet: viewer, Office: office(), Actor: lea(rank(4))}, nil},
		"a stronger one may not":                {BindingInput{New: toBoss, NewSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"not by a change either":                {BindingInput{Old: toViewer, OldSet: viewer, New: toBoss, NewSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"a stronger one may not be taken":       {BindingInput{Old: toBoss, OldSet: boss, New: toViewer, NewSet: viewer, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"nor for one that does not exist":       {BindingInput{Old: toBoss, OldSet: boss, New: toViewer, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"nor deleted":                           {BindingInput{Old: toBoss, OldSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"what is missing is said once":          {BindingInput{Old: toBoss, OldSet: boss, New: toBoss, NewSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"any power may bind what is to come":    {BindingInput{New: toBoss, Office: office(), Actor: lea(rank(1000, "y"))}, nil},
		"and take back what never came":         {BindingInput{Old: toBoss, Office: office(), Actor: lea(rank(1000, "y"))}, nil},
		"nobody else may":                       {BindingInput{New: toBoss, Office: office(), Actor: lea()}, []string{anyRefused}},
		"nor take it back":                      {BindingInput{Old: toBoss, Office: office(), Actor: lea()}, []string{anyRefused}},
		"what exceeds a ceiling may be removed": {BindingInput{Old: toBoss, OldSet: boss, Office: office(), Terms: ceiling(4), Actor: lea(rank(4))}, nil},
		"but not by who is weaker than the ceiling": {BindingInput{Old: toBoss, OldSet: boss, Office: office(), Terms: ceiling(4), Actor: lea(rank(5))}, []string{
			at + `boss needs rank 4 or stronger in family "x"; "lea" has rank 5 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0..4, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 4, families: [x]}`,
		}},
		"nor is it bound": {BindingInput{New: toBoss, NewSet: boss, Office: office(), Terms: ceiling(4), Actor: lea(rank(4))}, []string{bossRefused}},
		"both sets are named at once": {BindingInput{Old: toBoss, OldSet: boss, New: toViewer, NewSet: viewer, Office: office(), Actor: lea(rank(10))}, []string{
			at + `boss needs rank 0 in family "x"; "lea" has rank 10 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`,
			at + `viewer needs rank 9 or stronger in family "x"; "lea" has rank 10 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0..9, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 9, families: [x]}`,
		}},
	}.run(t, ActorMayBind)
}
