// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func together(field, what, family, wanted string) []string {
	return []string{"Refuse NotAuthorized " + field + ": Forbidden: " + what + ` takes several powers of "lea" together in family "` + family +
		`", and each is judged alone (spec.rank.delegations[0] of BackOffice shop/shop; spec.rank.delegations[1] of BackOffice shop/shop). Make one change for each, or add a delegation: {subjects: [{kind: User, name: lea}], ` + wanted + "}"}
}

func TestOnePowerForUser(t *testing.T) {
	staff, api := testkit.User("ann", "shop"), testkit.User("ann", "shop", testkit.AccountType(v1alpha1.AccountAPI))
	hq, weak := Protection{through("hq", "x", 1)}, Protection{through("weak", "x", 7)}
	divided := lea(rank(1).only("Staff"), rank(5).only("API"))
	promoted := UserInput{Old: staff, OldProtection: hq, New: api, NewProtection: weak, Office: office()}
	by := func(in UserInput, actor Actor) UserInput {
		in.Actor = actor
		return in
	}
	nowhere := by(promoted, divided)
	nowhere.Office = nil
	ruleCases[UserInput]{
		"one power takes for the old and another for the new account": {by(promoted, divided), together("metadata.name", "user shop/ann", "x", "rank: 1, families: [x], accountTypes: [API, Staff]")},
		"one power takes for both":                                    {by(promoted, lea(rank(1), rank(5).only("API"))), nil},
		"in the second of its families": {
			by(UserInput{Old: staff, OldProtection: Protection{through("store", "w", 9), through("hq", "x", 1)}, New: api, NewProtection: weak, Office: office()},
				lea(rank(1, "x").only("Staff"), rank(5))),
			together("metadata.name", "user shop/ann", "x", "rank: 1, families: [x], accountTypes: [API, Staff]"),
		},
		"there is but one power":                                       {by(promoted, lea(rank(1).only("Staff"))), nil},
		"where no power is enough another rule tells":                  {by(promoted, lea(rank(2).only("Staff"), rank(5).only("API"))), nil},
		"a missing back office has no powers":                          {nowhere, nil},
		"in each family another power may be enough":                   {by(UserInput{Old: staff, OldProtection: Protection{through("hq", "x", 1), through("store", "z", 2)}, Office: office()}, lea(rank(1, "x"), rank(2, "z"))), nil},
		"one power for the user, another for what the account becomes": {by(UserInput{Old: staff, OldProtection: hq, New: api, Office: office()}, divided), together("metadata.name", "user shop/ann", "x", "rank: 1, families: [x], accountTypes: [API, Staff]")},
		"without bindings there is no family to divide":                {by(UserInput{Old: staff, New: api, Office: office()}, divided), nil},
	}.run(t, OnePowerForUser)
}

func TestOnePowerForBinding(t *testing.T) {
	boss, viewer := testkit.Set("boss", "shop", testkit.Rank(1)), testkit.Set("viewer", "shop", testkit.Rank(8))
	b := func(set string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet(set), testkit.ForUsers("ann")}, mods...)...)
	}
	divided := lea(rank(1), rank(8).giving("stock"))
	typed := lea(rank(1).only("Staff"), rank(8))
	of := func(actor Actor, obj *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet, subjects ...Subject) BindingInput {
		return BindingInput{New: obj, NewSet: set, Office: office(), Subjects: subjects, Actor: actor}
	}
	ann := func(accountType v1alpha1.AccountType, protection ...Need) Subject {
		return Subject{Name: "ann", AccountType: accountType, Protection: protection}
	}
	rebound := of(lea(rank(1), rank(8).giving("stock")), b("viewer", testkit.Grants("stock")), viewer)
	rebound.Old, rebound.OldSet = b("boss"), boss
	capped := rebound
	capped.Terms = ceiling(8, "stock")
	const wanted = "rank: 1, permissions: [stock], families: [default]"
	nowhere := rebound
	nowhere.Office = nil
	ruleCases[BindingInput]{
		"one power for the grants, another for the user": {
			of(divided, b("viewer", testkit.Grants("stock=Write")), viewer, ann(v1alpha1.AccountStaff, through("hq", "default", 1))),
			together("spec", "binding shop/b", "default", wanted+", accountTypes: [Staff]"),
		},
		"the user is of another family": {
			of(divided, b("viewer", testkit.Grants("stock=Write")), viewer, ann(v1alpha1.AccountStaff, through("hq", "x", 1))), nil,
		},
		"one power for the old set, another for the new one": {rebound, together("spec", "binding shop/b", "default", wanted)},
		"what exceeds the ceiling does not count":            {capped, nil},
		"one power for the rank of a user, another for the type of another": {
			of(typed, b("viewer"), viewer, ann(v1alpha1.AccountStaff, through("hq", "default", 1)), ann(v1alpha1.AccountAPI)),
			together("spec", "binding shop/b", "default", "rank: 1, families: [default], accountTypes: [API, Staff]"),
		},
		"a binding that waits for its set is judged without it": {of(divided, b("gone", testkit.Grants("stock")), nil), nil},
		"one power is enough":                         {of(lea(rank(8), rank(1).giving("stock")), b("viewer", testkit.Grants("stock")), viewer, ann(v1alpha1.AccountStaff, through("hq", "default", 1))), nil},
		"where no power is enough another rule tells": {of(divided, b("viewer", testkit.Grants("orders")), viewer, ann(v1alpha1.AccountStaff, through("hq", "default", 1))), nil},
		"a missing back office has no powers":         {nowhere, nil},
	}.run(t, OnePowerForBinding)
}

func TestOnePowerForSet(t *testing.T) {
	s := func(r int32, mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", append([]testkit.Mod{testkit.Rank(r)}, mods...)...)
	}
	base := testkit.Set("base", "shop", testkit.Rank(1))
	divided := lea(rank(1), rank(8).giving("stock"))
	weakened := changeOf(s(1), s(8, testkit.Permissions("stock"))).by(divided)
	denying := changeOf(s(8), s(8, testkit.Permissions("stock"), testkit.Deny("orders"))).by(divided)
	denying.Holders = staff(through("hq", "default", 1))
	capped, nowhere := weakened, weakened
	capped.Terms, nowhere.Office = ceiling(8, "stock"), nil
	const wanted = "rank: 1, permissions: [stock], families: [default]"
	refused := together("spec", "set shop/s", "default", wanted)
	refusedForStaff := together("spec", "set shop/s", "default", wanted+", accountTypes: [Staff]")
	ruleCases[SetInput]{
		"one power for what it was, another for what it gives":     {weakened, refused},
		"one power for what it gives, another for what it extends": {changeOf(nil, s(8, testkit.Permissions("stock"), testkit.Extends("base")), base).by(divided), refused},
		"one power for what it gives, another for its holders":     {denying, refusedForStaff},
		"what exceeds the ceiling does not count":                  {capped, nil},
		"in another family another power may be enough":            {changeOf(s(1, testkit.Family("x")), s(8, testkit.Permissions("stock"))).by(divided), nil},
		"one power is enough":                                      {changeOf(s(1), s(8, testkit.Permissions("stock"))).by(lea(rank(1).giving("stock"), rank(8))), nil},
		"what nobody may give another rule tells":                  {changeOf(s(1), s(8, testkit.Permissions("orders"))).by(divided), nil},
		"a set that gives nothing new needs only the rank":         {changeOf(s(1), s(8)).by(divided), nil},
		"a missing back office has no powers":                      {nowhere, nil},
	}.run(t, OnePowerForSet)
}
