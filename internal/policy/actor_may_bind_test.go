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
	ruleCases[BindingInput]{
		"a missing back office has no ranks":  {BindingInput{New: toBoss, NewSet: boss}, nil},
		"a weaker set may be bound":           {BindingInput{New: toViewer, NewSet: viewer, Office: office(), Actor: lea(rank(4))}, nil},
		"a stronger one may not":              {BindingInput{New: toBoss, NewSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"not by a change either":              {BindingInput{Old: toViewer, OldSet: viewer, New: toBoss, NewSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"a stronger one may not be taken":     {BindingInput{Old: toBoss, OldSet: boss, New: toViewer, NewSet: viewer, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"nor deleted":                         {BindingInput{Old: toBoss, OldSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"what is missing is said once":        {BindingInput{Old: toBoss, OldSet: boss, New: toBoss, NewSet: boss, Office: office(), Actor: lea(rank(4))}, []string{bossRefused}},
		"rank 0 may bind what does not exist": {BindingInput{New: toBoss, Office: office(), Actor: lea(rank(0))}, nil},
		"others may not": {BindingInput{New: toBoss, Office: office(), Actor: lea(rank(1))}, []string{
			at + `boss, whose rank nobody knows before it exists, needs rank 0 in every family; "lea" has rank 1 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0}`,
		}},
	}.run(t, ActorMayBind)
}
