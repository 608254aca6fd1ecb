// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayTouchUser(t *testing.T) {
	ann := testkit.User("ann", "shop")
	hq := Protection{through("hq", "x", 1)}
	both := Protection{through("hq", "x", 1), through("store", "y", 0)}
	const at = "Refuse NotAuthorized metadata."
	const ask = ` of BackOffice shop/shop). Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`
	ruleCases[UserInput]{
		"a missing back office has no ranks":     {UserInput{New: ann, NewProtection: hq}, nil},
		"without bindings any power will do":     {UserInput{New: ann, Office: office(), Actor: lea(rank(9, "z"))}, nil},
		"an equal rank may touch":                {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, NewProtection: hq, Actor: lea(rank(1))}, nil},
		"several delegations, each in its own":   {UserInput{New: ann, Office: office(), NewProtection: both, Actor: lea(rank(1, "x"), rank(0, "y"))}, nil},
		"without any power nothing may be done":  {UserInput{New: ann, Office: office(), Actor: lea()}, []string{at + `name: Forbidden: user shop/ann needs a delegation of any rank; no delegation of BackOffice shop/shop matches "lea". Ask somebody who has one, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>}`}},
		"the old user is stronger":               {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, Actor: lea(rank(4))}, []string{at + `name: Forbidden: user shop/ann has binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask}},
		"a label makes the new one stronger":     {UserInput{Old: ann, New: ann, Office: office(), NewProtection: hq, Actor: lea(rank(4))}, []string{at + `labels: Forbidden: user shop/ann would get binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask}},
		"a binding waits for a new user":         {UserInput{New: ann, Office: office(), NewProtection: hq, Actor: lea(rank(4))}, []string{at + `name: Forbidden: user shop/ann would get binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask}},
		"a stronger user may not be deleted":     {UserInput{Old: ann, Office: office(), OldProtection: hq, Actor: lea(rank(4))}, []string{at + `name: Forbidden: user shop/ann has binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask}},
		"what is missing is said once":           {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, NewProtection: hq, Actor: lea(rank(4))}, []string{at + `name: Forbidden: user shop/ann has binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask}},
		"a weaker label does not hide the other": {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, Actor: lea(rank(1))}, nil},
		"all families that are missing": {UserInput{Old: ann, Office: office(), OldProtection: both, Actor: lea(rank(0, "z"))}, []string{
			at + `name: Forbidden: user shop/ann has binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0]` + ask,
			at + `name: Forbidden: user shop/ann has binding shop/store, which needs rank 0 in family "y"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [y]}`,
		}},
	}.run(t, ActorMayTouchUser)
}
