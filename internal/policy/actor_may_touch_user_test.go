// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayTouchUser(t *testing.T) {
	ann := testkit.User("ann", "shop")
	api := testkit.User("ann", "shop", testkit.AccountType(v1alpha1.AccountAPI))
	hq, weak := Protection{through("hq", "x", 1)}, Protection{through("weak", "x", 7)}
	both := Protection{through("hq", "x", 1), through("store", "y", 0)}
	staff := lea(rank(1).only("Staff"))
	const at = "Refuse NotAuthorized metadata."
	const ask = ` of BackOffice shop/shop). Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`
	const has = at + `name: Forbidden: user shop/ann has binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask
	const gets = `: Forbidden: user shop/ann would get binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 4 (spec.rank.delegations[0]` + ask
	const typed = `Refuse NotAuthorized spec.accountType: Forbidden: user shop/ann needs power over accounts of type API; "lea" has spec.rank.delegations[0] of BackOffice shop/shop for Staff only. Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], rank: `
	ruleCases[UserInput]{
		"a missing back office has no ranks":    {UserInput{New: ann, NewProtection: hq}, nil},
		"without bindings any power will do":    {UserInput{New: ann, Office: office(), Actor: lea(rank(9, "z"))}, nil},
		"also to delete":                        {UserInput{Old: ann, Office: office(), Actor: lea(rank(9, "z"))}, nil},
		"an equal rank may touch":               {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, NewProtection: hq, Actor: lea(rank(1))}, nil},
		"several delegations, each in its own":  {UserInput{New: ann, Office: office(), NewProtection: both, Actor: lea(rank(1, "x"), rank(0, "y"))}, nil},
		"without any power nothing may be done": {UserInput{New: ann, Office: office(), Actor: lea()}, []string{at + `name: Forbidden: user shop/ann needs a delegation of any rank; no delegation of BackOffice shop/shop matches "lea". Ask somebody who has one, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>}`}},
		"nor deleted":                           {UserInput{Old: ann, Office: office(), Actor: lea()}, []string{at + `name: Forbidden: user shop/ann needs a delegation of any rank; no delegation of BackOffice shop/shop matches "lea". Ask somebody who has one, or add a delegation: {subjects: [{kind: User, name: lea}], rank: <number>}`}},
		"the old user is stronger":              {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, Actor: lea(rank(4))}, []string{has}},
		"a label makes the new one stronger":    {UserInput{Old: ann, New: ann, Office: office(), NewProtection: hq, Actor: lea(rank(4))}, []string{at + "labels" + gets}},
		"a binding waits for a new user":        {UserInput{New: ann, Office: office(), NewProtection: hq, Actor: lea(rank(4))}, []string{at + "name" + gets}},
		"a stronger user may not be deleted":    {UserInput{Old: ann, Office: office(), OldProtection: hq, Actor: lea(rank(4))}, []string{has}},
		"what is missing is said once":          {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, NewProtection: hq, Actor: lea(rank(4))}, []string{has}},
		"a weaker label is no matter":           {UserInput{Old: ann, New: ann, Office: office(), OldProtection: hq, NewProtection: weak, Actor: lea(rank(4))}, []string{has}},
		"a stronger label is said, too": {UserInput{Old: ann, New: ann, Office: office(), OldProtection: weak, NewProtection: hq, Actor: lea(rank(8))}, []string{
			at + `name: Forbidden: user shop/ann has binding shop/weak, which needs rank 7 or stronger in family "x"; "lea" has rank 8 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0..7, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 7, families: [x]}`,
			at + `labels: Forbidden: user shop/ann would get binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has rank 8 (spec.rank.delegations[0]` + ask,
		}},
		"all families that are missing": {UserInput{Old: ann, Office: office(), OldProtection: both, Actor: lea(rank(0, "z"))}, []string{
			at + `name: Forbidden: user shop/ann has binding shop/hq, which needs rank 1 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: z). Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`,
			at + `name: Forbidden: user shop/ann has binding shop/store, which needs rank 0 in family "y"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: z). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: ["y"]}`,
		}},
		"a power for accounts of its type":               {UserInput{New: ann, Office: office(), NewProtection: hq, Actor: staff}, nil},
		"not for those of other types":                   {UserInput{New: api, Office: office(), Actor: staff}, []string{typed + "<number>, accountTypes: [API]}"}},
		"nor to delete":                                  {UserInput{Old: api, Office: office(), Actor: staff}, []string{typed + "<number>, accountTypes: [API]}"}},
		"nor to make one of another type":                {UserInput{Old: ann, New: api, Office: office(), Actor: staff}, []string{typed + "<number>, accountTypes: [API]}"}},
		"nor to make another type one of these":          {UserInput{Old: api, New: ann, Office: office(), Actor: staff}, []string{typed + "<number>, accountTypes: [API]}"}},
		"the rank that is missing for the type is named": {UserInput{New: api, Office: office(), NewProtection: hq, Actor: lea(rank(1).only("Staff"), rank(9).only("API"))}, []string{typed + "1, families: [x], accountTypes: [API]}"}},
		"a rank and a type": {UserInput{New: api, Office: office(), NewProtection: both, Actor: lea(rank(1).only("Staff"))}, []string{
			at + `name: Forbidden: user shop/ann would get binding shop/store, which needs rank 0 in family "y"; "lea" has rank 1 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: ["y"]}`,
			typed + "1, families: [x], accountTypes: [API]}",
		}},
	}.run(t, ActorMayTouchUser)
}
