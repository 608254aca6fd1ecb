// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// on narrows a power to some data.
func (p Power) on(filters ...v1alpha1.Filter) Power {
	p.Filters = FiltersOf(filters)
	return p
}

// inGermany is a power of rank 5 over what belongs to one entity.
func inGermany() Power { return rank(5).on(testkit.Only("entities", "de")) }

// closed says that data is beyond the power of lea.
func closed(field, what, why, bounds, wanted string) string {
	return "Refuse NotAuthorized " + field + ": Forbidden: " + what + ` needs power over more data: ` + why + `; "lea" has ` + bounds +
		`. Narrow it to that, ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], ` + wanted + "}"
}

const firstInGermany = "spec.rank.delegations[0] of BackOffice shop/shop for entities Only [de] only"

func TestActorMayOpenUser(t *testing.T) {
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	german := testkit.Filters(testkit.Only("entities", "de"))
	french := testkit.Filters(testkit.Only("entities", "fr"))
	readOnly := testkit.Filters(v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterAll, Access: v1alpha1.FilterReadOnly})
	nothing := testkit.Filters(v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterNone})
	change := func(old, obj *v1alpha1.BackOfficeUser, powers ...Power) UserInput {
		return UserInput{Old: old, New: obj, Office: office(), Actor: lea(powers...)}
	}
	nowhere := change(nil, ann(), inGermany())
	nowhere.Office = nil
	bypassing := func(in UserInput, dimensions ...string) UserInput {
		in.Bypasses = []Bypass{{Binding: "shop/hq", Set: "shop/boss", Dimensions: dimensions}}
		return in
	}
	refused := func(why, wanted string) []string {
		return []string{closed("spec.filters", "user shop/ann", why, firstInGermany, wanted)}
	}
	unnarrowed := refused("it is not narrowed", "rank: 5")
	bypasses := func(field string) string {
		return closed(field, "user shop/ann", "binding shop/hq hands out set shop/boss, which bypasses filters on entities", firstInGermany, "rank: 5")
	}
	ruleCases[UserInput]{
		"a missing back office has no powers":              {nowhere, nil},
		"without any power another rule tells":             {change(nil, ann()), nil},
		"who may give access to all data":                  {change(nil, ann(), rank(5)), nil},
		"who may for one of its powers":                    {change(nil, ann(), inGermany(), rank(5)), nil},
		"but not for accounts of another type":             {change(nil, ann(), inGermany(), rank(5).only("API")), unnarrowed},
		"a user that is narrowed may be made":              {change(nil, ann(german), inGermany()), nil},
		"one that is not may not":                          {change(nil, ann(), inGermany()), unnarrowed},
		"nor one who sees everything":                      {change(nil, ann(testkit.Filters(testkit.Everything("entities"))), inGermany()), refused("it is narrowed to entities All", "rank: 5, filters: [{dimension: entities, mode: All}]")},
		"nor one who may read everything":                  {change(nil, ann(readOnly), inGermany()), refused("it is narrowed to entities All read-only", "rank: 5, filters: [{dimension: entities, mode: All, access: ReadOnly}]")},
		"nor something else":                               {change(nil, ann(french), inGermany()), refused("it is narrowed to entities Only [fr]", "rank: 5, filters: [{dimension: entities, mode: Only, values: [fr]}]")},
		"nor of another kind":                              {change(nil, ann(testkit.Filters(testkit.Only("documents", "de"))), inGermany()), refused("it is narrowed to documents Only [de]", "rank: 5, filters: [{dimension: documents, mode: Only, values: [de]}]")},
		"nor by a label":                                   {change(ann(), ann(testkit.Labels("team", "x")), inGermany()), unnarrowed},
		"a label of who is narrowed":                       {change(ann(german), ann(german, testkit.Labels("team", "x")), inGermany()), nil},
		"nor by another type of account":                   {change(ann(), ann(testkit.AccountType(v1alpha1.AccountAPI)), inGermany()), unnarrowed},
		"nor by removing a filter":                         {change(ann(german), ann(), inGermany()), unnarrowed},
		"nor by widening one":                              {change(ann(french), ann(testkit.Filters(testkit.Only("entities", "de", "fr"))), inGermany()), refused("it is narrowed to entities Only [de, fr]", "rank: 5, filters: [{dimension: entities, mode: Only, values: [de, fr]}]")},
		"nor by widening one on which nothing is said":     {change(ann(testkit.Filters(testkit.Owned("documents"))), ann(), inGermany()), unnarrowed},
		"to change is not to give":                         {change(ann(), ann(testkit.State(v1alpha1.StateBlocked)), inGermany()), nil},
		"to narrow is to take":                             {change(ann(), ann(french), inGermany()), nil},
		"to remove a filter that lets all through is none": {change(ann(testkit.Filters(testkit.Everything("entities"))), ann(), inGermany()), nil},
		"to delete is to take":                             {change(ann(), nil, inGermany()), nil},
		"who may give access to nothing gives none":        {change(nil, ann(nothing), rank(5).on(v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterNone})), nil},
		"a set that bypasses filters comes by a label":     {bypassing(change(ann(german), ann(german, testkit.Labels("team", "x")), inGermany()), "entities"), []string{bypasses("metadata.labels")}},
		"or waits for the user":                            {bypassing(change(nil, ann(german), inGermany()), "entities"), []string{bypasses("metadata.name")}},
		"nor is who holds one changed otherwise":           {bypassing(change(ann(german), ann(german, testkit.State(v1alpha1.StateBlocked)), inGermany()), "entities"), []string{bypasses("metadata.name")}},
		"but deleted":                                      {bypassing(change(ann(german), nil, inGermany()), "entities"), nil},
		"where it bypasses something else, it may":         {bypassing(change(nil, ann(german), inGermany()), "documents"), nil},
		"or the power is about all data":                   {bypassing(change(nil, ann(german), rank(5)), "entities"), nil},
		"all that is wrong is said at once": {bypassing(change(nil, ann(), inGermany().giving("orders", "stock"), rank(7).on(testkit.Owned("entities"), testkit.Tagged("documents", "press"))), "entities", "documents"), []string{
			closed("spec.filters", "user shop/ann", "it is not narrowed",
				firstInGermany+" and spec.rank.delegations[1] of BackOffice shop/shop for documents Tagged tags [press] and entities Owned only", "rank: 5, permissions: [orders, stock]"),
			closed("metadata.name", "user shop/ann", "binding shop/hq hands out set shop/boss, which bypasses filters on entities, documents",
				firstInGermany+" and spec.rank.delegations[1] of BackOffice shop/shop for documents Tagged tags [press] and entities Owned only", "rank: 5, permissions: [orders, stock]"),
		}},
	}.run(t, ActorMayOpenUser)
}

func TestActorMayOpenUserIsPartOfWhatOnePowerTakes(t *testing.T) {
	german := testkit.User("ann", "shop", testkit.Filters(testkit.Only("entities", "fr")))
	hq := Protection{through("hq", "x", 1)}
	in := func(powers ...Power) UserInput {
		return UserInput{New: german, NewProtection: hq, Office: office(), Actor: lea(powers...)}
	}
	ruleCases[UserInput]{
		"one power reaches the user, another its data": {in(rank(1).on(testkit.Only("entities", "de")), rank(5)), together("metadata.name", "user shop/ann", "x", "rank: 1, families: [x], accountTypes: [Staff], filters: [{dimension: entities, mode: Only, values: [fr]}]")},
		"one power reaches both":                       {in(rank(1).on(testkit.Only("entities", "de")), rank(1)), nil},
		"where none reaches the data another rule":     {in(rank(1).on(testkit.Only("entities", "de")), rank(5).on(testkit.Owned("entities"))), nil},
	}.run(t, OnePowerForUser)
}

func TestWhatAUserComesToIsGivenByAPowerOverItsData(t *testing.T) {
	in := func(powers ...Power) UserInput {
		return UserInput{
			Old: testkit.User("ann", "shop", testkit.Filters(testkit.Only("entities", "fr"))), New: testkit.User("ann", "shop"),
			Given: ContentOf([]string{"stock"}), Office: office(), Actor: lea(powers...),
		}
	}
	const refused = `Refuse NotAuthorized spec.filters: Forbidden: user shop/ann, to whom bindings grant more than their sets, gives stock Write, which "lea" does not have to give: spec.rank.delegations[1] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock]}`
	ruleCases[UserInput]{
		"one has the content, another the data": {in(inGermany().giving("stock"), rank(5)), []string{refused}},
		"one has both":                          {in(inGermany(), rank(5).giving("stock")), nil},
		"who has the content alone is refused":  {in(inGermany().giving("stock")), nil}, // by ActorMayOpenUser
	}.run(t, ActorMayGiveUser)
}
