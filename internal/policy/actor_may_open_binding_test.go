// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayOpenBinding(t *testing.T) {
	set, denying := testkit.Set("s", "shop"), testkit.Set("s", "shop", testkit.Deny("export"))
	bypass := testkit.Set("s", "shop", testkit.Bypasses("documents", "entities"))
	german, both := testkit.Filters(testkit.Only("entities", "de")), testkit.Filters(testkit.Only("entities", "de", "fr"))
	b := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("s"), testkit.ForUsers("ann", "bob")}, mods...)...)
	}
	change := func(old, obj *v1alpha1.RoleBinding, powers ...Power) BindingInput {
		in := BindingInput{Old: old, New: obj, Office: office(), Actor: lea(powers...)}
		if old != nil {
			in.OldSet = set
		}
		if obj != nil {
			in.NewSet = set
		}
		return in
	}
	with := func(in BindingInput, old, obj *v1alpha1.PermissionSet) BindingInput {
		in.OldSet, in.NewSet = old, obj
		return in
	}
	nowhere := change(nil, b(), inGermany())
	nowhere.Office = nil
	refused := func(field, why, wanted string) []string {
		return []string{closed(field, "binding shop/b", why, firstInGermany, wanted)}
	}
	unnarrowed := refused("spec.filters", "it is not narrowed", "rank: 5")
	lifted := refused("spec.deny", "what is no longer denied (export) is not narrowed", "rank: 5")
	window := testkit.Until(time.Unix(9, 0))
	ruleCases[BindingInput]{
		"a missing back office has no powers":         {nowhere, nil},
		"who may give access to all data":             {change(nil, b(), rank(5)), nil},
		"by one of its powers":                        {change(nil, b(), inGermany(), rank(5)), nil},
		"that reaches the set":                        {change(nil, b(), inGermany(), rank(6)), unnarrowed},
		"a binding that is narrowed may be made":      {change(nil, b(german), inGermany()), nil},
		"one that is not may not":                     {change(nil, b(), inGermany()), unnarrowed},
		"nor one that is narrowed less":               {change(nil, b(both), inGermany()), refused("spec.filters", "it is narrowed to entities Only [de, fr]", "rank: 5, filters: [{dimension: entities, mode: Only, values: [de, fr]}]")},
		"nor of a set that bypasses it":               {with(change(nil, b(german), inGermany()), nil, bypass), refused("spec.permissionSetRef", "set shop/s bypasses filters on documents, entities", "rank: 5")},
		"nor is such a binding changed otherwise":     {with(change(b(german), b(german, testkit.Denies("orders")), inGermany()), bypass, bypass), refused("spec.permissionSetRef", "set shop/s bypasses filters on documents, entities", "rank: 5")},
		"but deleted":                                 {with(change(b(german), nil, inGermany()), bypass, nil), nil},
		"to remove a filter":                          {change(b(german), b(), inGermany()), unnarrowed},
		"to widen a filter":                           {change(b(german), b(both), inGermany()), refused("spec.filters", "it is narrowed to entities Only [de, fr]", "rank: 5, filters: [{dimension: entities, mode: Only, values: [de, fr]}]")},
		"for other users":                             {change(b(), b(testkit.ForUsers("ann", "eve")), inGermany()), unnarrowed},
		"for a label":                                 {change(b(), b(testkit.ForLabels("team", "x")), inGermany()), unnarrowed},
		"for another time":                            {change(b(), b(window), inGermany()), unnarrowed},
		"to another set":                              {change(b(), b(testkit.ToSet("other")), inGermany()), unnarrowed},
		"with other grants":                           {change(b(), b(testkit.Grants("orders")), inGermany()), unnarrowed},
		"all of that where it is narrowed":            {change(b(german), b(german, testkit.ForUsers("eve"), window, testkit.Grants("orders")), inGermany()), nil},
		"to deny is to take":                          {change(b(), b(testkit.Denies("orders")), inGermany()), nil},
		"so is to leave somebody out":                 {change(b(), b(testkit.ForUsers("ann")), inGermany()), nil},
		"to narrow, to whatever it is":                {change(b(), b(both), inGermany()), nil},
		"and to delete":                               {change(b(), nil, inGermany()), nil},
		"to lift a denial is to give on all data":     {change(b(german, testkit.Denies("export")), b(german), inGermany()), lifted},
		"also by deleting it":                         {change(b(german, testkit.Denies("export")), nil, inGermany()), lifted},
		"also of the set":                             {with(change(b(german), nil, inGermany()), denying, nil), lifted},
		"also for somebody":                           {with(change(b(german), b(german, testkit.ForUsers("ann")), inGermany()), denying, denying), lifted},
		"which who may give access to all data may":   {with(change(b(german), nil, rank(5)), denying, nil), nil},
		"the filters that are wanted are well formed": {change(nil, b(testkit.Filters(v1alpha1.Filter{Dimension: "on", Mode: v1alpha1.FilterOnly, Access: v1alpha1.FilterReadOnly, Groups: []string{"a b"}}, testkit.Tagged("documents", "press"))), inGermany()), refused("spec.filters", "it is narrowed to documents Tagged tags [press] and on Only groups [a b] read-only", `rank: 5, filters: [{dimension: "on", mode: Only, access: ReadOnly, groups: ["a b"]}, {dimension: documents, mode: Tagged, tags: [press]}]`)},
	}.run(t, ActorMayOpenBinding)
}

func TestABindingThatIsWidenedGrantsAnew(t *testing.T) {
	set := testkit.Set("s", "shop")
	b := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("s"), testkit.ForUsers("ann"), testkit.Grants("stock"), testkit.Denies("export")}, mods...)...)
	}
	german := testkit.Filters(testkit.Only("entities", "de"))
	change := func(old, obj *v1alpha1.RoleBinding) BindingInput {
		return BindingInput{Old: old, New: obj, OldSet: set, NewSet: set, Office: office(), Actor: lea(rank(5))}
	}
	const anew = `Refuse NotAuthorized spec.grants[stock]: Forbidden: binding shop/b gives stock Read, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock]}`
	ruleCases[BindingInput]{
		"a filter is removed":             {change(b(german), b()), []string{anew}},
		"or lets more through":            {change(b(german), b(testkit.Filters(testkit.Only("entities", "de", "fr")))), []string{anew}},
		"or to write":                     {change(b(testkit.Filters(v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterAll, Access: v1alpha1.FilterReadOnly})), b()), []string{anew}},
		"to narrow grants nothing":        {change(b(), b(german)), nil},
		"nor does it to turn values":      {change(b(testkit.Filters(testkit.Only("entities", "de", "fr"))), b(testkit.Filters(testkit.Only("entities", "fr", "de")))), nil},
		"nor does it lift what it denies": {change(b(german), b(german, testkit.Filters(testkit.Owned("documents")))), nil},
	}.run(t, ActorMayGrant)
}

func TestABindingToASetForFewerAccountsDeniesNothingToTheOthers(t *testing.T) {
	b := func(set string) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", testkit.ToSet(set), testkit.ForUsers("ann"), testkit.Denies("export"))
	}
	change := func(old, obj []v1alpha1.AccountType) BindingInput {
		return BindingInput{
			Old: b("old"), New: b("new"), OldSet: testkit.Set("old", "shop"), NewSet: testkit.Set("new", "shop"), OldTypes: old, NewTypes: obj,
			Office: office(), Actor: lea(rank(5)),
		}
	}
	staff, both := []v1alpha1.AccountType{v1alpha1.AccountStaff}, []v1alpha1.AccountType{v1alpha1.AccountAPI, v1alpha1.AccountStaff}
	lifted := []string{`Refuse NotAuthorized spec.deny: Forbidden: binding shop/b, by no longer denying export, gives export Write, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [export]}`}
	ruleCases[BindingInput]{
		"from one for all accounts":  {change(nil, staff), lifted},
		"from one for more accounts": {change(both, staff), lifted},
		"to one for more accounts":   {change(staff, both), nil},
		"to one for all accounts":    {change(staff, nil), nil},
	}.run(t, ActorMayGrant)
}

func TestActorMayOpenBindingIsPartOfWhatOnePowerTakes(t *testing.T) {
	in := func(powers ...Power) BindingInput {
		boss := Subject{Name: "ann", AccountType: v1alpha1.AccountStaff, Protection: Protection{through("hq", "default", 1)}}
		return BindingInput{
			New:    testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("ann"), testkit.Filters(testkit.Owned("entities"))),
			NewSet: testkit.Set("s", "shop", testkit.Rank(8)), Office: office(), Actor: lea(powers...), Subjects: []Subject{boss},
		}
	}
	ruleCases[BindingInput]{
		"one power reaches the user, another the data": {in(rank(1).on(testkit.Only("entities", "de")), rank(8)), together("spec", "binding shop/b", "default", "rank: 1, families: [default], accountTypes: [Staff], filters: [{dimension: entities, mode: Owned}]")},
		"one power reaches both":                       {in(rank(1), rank(8).on(testkit.Only("entities", "de"))), nil},
	}.run(t, OnePowerForBinding)
}
