// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayTouchSubjects(t *testing.T) {
	b := testkit.Binding("b", "shop")
	set := testkit.Set("s", "shop", testkit.Rank(5), testkit.Family("x"))
	in := func(actor Actor, subjects ...Subject) BindingInput {
		return BindingInput{New: b, NewSet: set, Office: office(), Subjects: subjects, Actor: actor}
	}
	old := func(in BindingInput) BindingInput {
		in.Old, in.OldSet, in.New, in.NewSet = in.New, in.NewSet, nil, nil
		return in
	}
	is := func(name string, accountType v1alpha1.AccountType, protection ...Need) Subject {
		return Subject{Name: name, AccountType: accountType, Protection: protection}
	}
	strong := func(name, family string, r int32) Subject {
		return is(name, v1alpha1.AccountStaff, through("hq", family, r))
	}
	var crowd []Subject
	for i := range 12 {
		crowd = append(crowd, strong(fmt.Sprintf("u%02d", i), "x", int32(i%2)))
	}
	nowhere := in(lea(), crowd...)
	nowhere.Office = nil
	rebound := in(lea(rank(0).only("Staff"), rank(5).only("API")), is("bob", v1alpha1.AccountAPI))
	rebound.Old, rebound.NewSet = b, testkit.Set("s", "shop", testkit.Rank(5), testkit.Family("w"))
	removed := old(in(lea(rank(4), rank(0).only("API")), is("ann", v1alpha1.AccountStaff)))
	removed.OldSet, removed.Terms = testkit.Set("boss", "shop", testkit.Rank(0), testkit.Family("x")), ceiling(4)
	const at = "Refuse NotAuthorized spec: Forbidden: a binding for "
	help := func(need, power, ask string, r int) string {
		return fmt.Sprintf(` needs %s; "lea" %s. Ask somebody with %s, or add a delegation: {subjects: [{kind: User, name: lea}], rank: %d, families: [x]}`, need, power, ask, r)
	}
	const four = "has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop)"
	typed := func(users, source, wanted string) string {
		return at + users + ` needs power over accounts of type API; "lea" has ` + source + `. Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], ` + wanted + `, accountTypes: [API]}`
	}
	ruleCases[BindingInput]{
		"a missing back office has no ranks": {nowhere, nil},
		"nobody is there":                    {in(lea(rank(9))), nil},
		"users without bindings":             {in(lea(rank(9)), Subject{Name: "ann"}), nil},
		"users who are not stronger":         {in(lea(rank(4)), strong("ann", "x", 4), strong("bob", "y", 7)), nil},
		"one who is stronger": {in(lea(rank(4)), strong("ann", "x", 9), strong("bob", "x", 3)), []string{
			at + "bob (rank 3 through binding shop/hq)" + help(`rank 3 or stronger in family "x"`, four, "rank 0..3", 3),
		}},
		"one who is stronger in another family": {in(lea(rank(4)), is("bob", v1alpha1.AccountStaff, through("store", "w", 5), through("hq", "x", 3))), []string{
			at + "bob (rank 3 through binding shop/hq)" + help(`rank 3 or stronger in family "x"`, four, "rank 0..3", 3),
		}},
		"a set that was to come takes nothing to let go": {rebound, nil},
		"nor may it be taken from one": {old(in(lea(rank(4)), strong("bob", "x", 3))), []string{
			at + "bob (rank 3 through binding shop/hq)" + help(`rank 3 or stronger in family "x"`, four, "rank 0..3", 3),
		}},
		"ten are named, the strongest first": {in(lea(rank(4)), crowd...), []string{
			at + "u00 (rank 0 through binding shop/hq), u02 (rank 0 through binding shop/hq), u04 (rank 0 through binding shop/hq), u06 (rank 0 through binding shop/hq), u08 (rank 0 through binding shop/hq), u10 (rank 0 through binding shop/hq), u01 (rank 1 through binding shop/hq), u03 (rank 1 through binding shop/hq), u05 (rank 1 through binding shop/hq), u07 (rank 1 through binding shop/hq) and 2 more" +
				help(`rank 0 in family "x"`, four, "rank 0", 0),
		}},
		"each family is said": {in(lea(rank(4, "z")), strong("ann", "y", 2), strong("bob", "x", 3)), []string{
			at + "bob (rank 3 through binding shop/hq)" + help(`rank 3 or stronger in family "x"`, "has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: z)", "rank 0..3", 3),
			at + `ann (rank 2 through binding shop/hq) needs rank 2 or stronger in family "y"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: z). Ask somebody with rank 0..2, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 2, families: ["y"]}`,
		}},
		"accounts of another type than the power is about": {
			in(lea(rank(0).only("Staff")), is("zoe", v1alpha1.AccountAPI), is("ann", v1alpha1.AccountStaff), is("bob", v1alpha1.AccountAPI, through("hq", "x", 7))),
			[]string{typed("bob, zoe", "spec.rank.delegations[0] of BackOffice shop/shop for Staff only", "rank: <number>")},
		},
		"a set that may be handed to other types only": {
			in(lea(rank(5).only("Staff"), rank(9).only("API")), is("bob", v1alpha1.AccountAPI)),
			[]string{typed("bob", "spec.rank.delegations[0] of BackOffice shop/shop for Staff only", "rank: 5, families: [x]")},
		},
		"nor may it be taken from them": {
			old(in(lea(rank(5).only("Staff"), rank(9).only("API")), is("bob", v1alpha1.AccountAPI))),
			[]string{typed("bob", "spec.rank.delegations[0] of BackOffice shop/shop for Staff only", "rank: 5, families: [x]")},
		},
		"users who may be touched by a power about other types only": {
			in(lea(rank(2).only("Staff"), rank(5)), is("bob", v1alpha1.AccountAPI, through("hq", "x", 2))),
			[]string{typed("bob", "spec.rank.delegations[0] of BackOffice shop/shop for Staff only", "rank: 2, families: [x]")},
		},
		"what exceeds the ceiling takes no more than the ceiling to remove": {removed, nil},
	}.run(t, ActorMayTouchSubjects)
}
