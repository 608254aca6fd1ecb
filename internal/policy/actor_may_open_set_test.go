// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayOpenSet(t *testing.T) {
	s := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return testkit.Set("s", "shop", mods...) }
	orders, stock := testkit.Permissions("orders"), testkit.Permissions("stock")
	change := func(old, obj *v1alpha1.PermissionSet, powers ...Power) SetInput {
		return changeOf(old, obj).by(lea(powers...))
	}
	handed := func(in SetInput, filters ...v1alpha1.Filter) SetInput {
		in.Handed = []Handed{{Binding: "shop/german", Data: FiltersOf([]v1alpha1.Filter{testkit.Only("entities", "de")})}, {Binding: "shop/b", Data: FiltersOf(filters)}}
		return in
	}
	nowhere := change(nil, s(testkit.Bypasses("entities")), inGermany())
	nowhere.Office = nil
	beside := change(s(), nil, inGermany())
	beside.DeniedBeside = []string{"export"}
	refused := func(field, why string) []string {
		return []string{closed(field, "set shop/s", why, firstInGermany, "rank: 5")}
	}
	bypasses := refused("spec.bypassFilters", "it bypasses filters on entities")
	lifted := refused("spec.deny", "what is no longer denied (export) is not narrowed")
	unnarrowed := refused("spec", "binding shop/b, which hands it out, is not narrowed")
	ruleCases[SetInput]{
		"a missing back office has no powers":         {nowhere, nil},
		"a set that bypasses filters may not be made": {change(nil, s(testkit.Bypasses("entities")), inGermany()), bypasses},
		"nor changed":                                   {change(s(testkit.Bypasses("entities")), s(testkit.Bypasses("entities"), testkit.Rank(7)), inGermany()), bypasses},
		"nor made of another one":                       {change(s(), s(testkit.Bypasses("entities")), inGermany()), bypasses},
		"but narrowed":                                  {change(s(testkit.Bypasses("entities")), s(), inGermany()), nil},
		"and deleted":                                   {change(s(testkit.Bypasses("entities")), nil, inGermany()), nil},
		"one that bypasses others may":                  {change(nil, s(testkit.Bypasses("documents")), inGermany()), nil},
		"by who may give access to all data":            {change(nil, s(testkit.Bypasses("entities")), inGermany(), rank(5)), nil},
		"by a power that reaches it":                    {change(nil, s(testkit.Bypasses("entities"), testkit.Rank(3)), rank(3).on(testkit.Only("entities", "de")), rank(5)), []string{closed("spec.bypassFilters", "set shop/s", "it bypasses filters on entities", firstInGermany, "rank: 3")}},
		"what is given where nobody has it yet":         {change(nil, s(orders), inGermany()), nil},
		"what is given where all bindings are narrowed": {handed(change(s(), s(orders), inGermany()), testkit.Only("entities", "de"), testkit.Owned("documents")), nil},
		"and where one is not":                          {handed(change(s(), s(orders), inGermany())), unnarrowed},
		"also where it waits for the set":               {handed(change(nil, s(orders), inGermany())), unnarrowed},
		"or is narrowed otherwise":                      {handed(change(s(orders), s(orders, stock), inGermany()), testkit.Owned("entities")), []string{closed("spec", "set shop/s", "binding shop/b, which hands it out, is narrowed to entities Owned", firstInGermany, "rank: 5")}},
		"where nothing is given they do not matter":     {handed(change(s(orders, stock), s(orders), inGermany())), nil},
		"what is no longer denied is given on all data": {change(s(testkit.Deny("export")), s(), inGermany()), lifted},
		"also by deleting it":                           {change(s(testkit.Deny("export")), nil, inGermany()), lifted},
		"and what bindings denied with it":              {beside, lifted},
		"to deny more is to take":                       {handed(change(s(orders), s(orders, testkit.Deny("stock")), inGermany())), nil},
	}.run(t, ActorMayOpenSet)
}

func TestActorMayPermit(t *testing.T) {
	s := func(types ...v1alpha1.AccountType) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", testkit.HeldBy(types...), testkit.Permissions("orders"))
	}
	heir := testkit.Set("s", "shop", testkit.Extends("base"), testkit.Permissions("orders"))
	base := testkit.Set("base", "shop", testkit.HeldBy(v1alpha1.AccountStaff))
	staff, api := v1alpha1.AccountStaff, v1alpha1.AccountAPI
	change := func(actor Actor, old, obj *v1alpha1.PermissionSet) SetInput {
		return changeOf(old, obj, base).by(actor)
	}
	nowhere := change(lea(rank(5).only("Staff")), s(staff), s())
	nowhere.Office = nil
	refused := func(types ...string) []string {
		var all []string
		for _, t := range types {
			all = append(all, "Refuse NotAuthorized spec.accountTypes: Forbidden: to let accounts of type "+t+` hold set shop/s needs power over accounts of type `+t+
				`; "lea" has spec.rank.delegations[0] of BackOffice shop/shop for Staff only. Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, families: [default], accountTypes: [`+t+"]}")
		}
		return all
	}
	ofStaff := lea(rank(5).only("Staff"))
	ruleCases[SetInput]{
		"a missing back office has no powers":     {nowhere, nil},
		"who has power over all accounts":         {change(lea(rank(5)), s(staff), s()), nil},
		"who has it over some":                    {change(ofStaff, s(api), s(api, staff)), nil},
		"who has it not":                          {change(ofStaff, s(staff), s(staff, api)), refused("API")},
		"for each type, where it is for all":      {change(ofStaff, s(staff), s()), refused("Administrator", "Affiliate", "StoreApp", "API")},
		"by a power that reaches the set":         {change(lea(rank(5).only("Staff"), rank(6)), s(staff), s(staff, api)), refused("API")},
		"where no power does another rule tells":  {change(lea(rank(6).only("Staff")), s(staff), s(staff, api)), nil},
		"by not inheriting the types any more":    {change(ofStaff, heir, s()), refused("Administrator", "Affiliate", "StoreApp", "API")},
		"to inherit them takes":                   {change(ofStaff, s(), heir), nil},
		"to narrow them takes":                    {change(ofStaff, s(), s(api)), nil},
		"a set that is made is held by nobody":    {change(ofStaff, nil, s()), nil},
		"nor is one that is deleted":              {change(ofStaff, s(staff), nil), nil},
		"what does not change permits nothing":    {change(ofStaff, s(api), s(api)), nil},
		"a type that the other state has is none": {change(ofStaff, s(api, staff), s(staff, api)), nil},
	}.run(t, ActorMayPermit)
}

// What accounts get that could not hold the set, and what they are rid of that may not hold it any more.
func TestToChangeWhoMayHoldASetIsToGive(t *testing.T) {
	staff, api := v1alpha1.AccountStaff, v1alpha1.AccountAPI
	s := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", append([]testkit.Mod{testkit.Permissions("orders"), testkit.Deny("export")}, mods...)...)
	}
	change := func(old, obj *v1alpha1.PermissionSet, powers ...Power) SetInput {
		in := changeOf(old, obj, testkit.Set("base", "shop", testkit.Permissions("clients"), testkit.HeldBy(staff))).by(lea(powers...))
		in.GivenBeside, in.DeniedBeside = ContentOf([]string{"stock"}), []string{"refunds"}
		return in
	}
	alone := func(in SetInput) SetInput {
		in.GivenBeside, in.DeniedBeside = nil, nil
		return in
	}
	fresh := change(nil, s(testkit.HeldBy(staff)), rank(5).giving("orders", "stock"))
	refused := func(field, what, wanted string) []string {
		return []string{"Refuse NotAuthorized spec." + field + ": Forbidden: set shop/s" + what + `, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [` + wanted + "]}"}
	}
	ruleCases[SetInput]{
		"more types get what it gives":             {alone(change(s(testkit.HeldBy(staff)), s(), rank(5))), refused("permissions[orders]", " gives orders Read", "orders")},
		"and what bindings and heirs give":         {change(s(testkit.HeldBy(staff)), s(testkit.HeldBy(staff, api)), rank(5)), refused("permissions[orders]", " gives orders Read, stock Write", "orders, stock")},
		"and what it inherits":                     {alone(change(s(testkit.HeldBy(staff), testkit.Extends("base")), s(), rank(5))), refused("permissions[orders]", " gives orders Read", "orders")},
		"who has that may":                         {change(s(testkit.HeldBy(staff)), s(), rank(5).giving("orders", "stock")), nil},
		"fewer types are denied nothing any more":  {alone(change(s(), s(testkit.HeldBy(staff)), rank(5).giving("orders"))), []string{"Refuse NotAuthorized spec.deny: Forbidden: set shop/s, by no longer denying export, gives export Write, which \"lea\" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [export]}"}},
		"nor by bindings and heirs":                {change(s(), s(testkit.Extends("base")), rank(5).giving("orders", "clients", "export", "stock")), []string{"Refuse NotAuthorized spec.extends: Forbidden: set shop/s, by no longer denying export, refunds, gives refunds Write, which \"lea\" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it give clients Write, export Write, orders Write, stock Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [clients, export, refunds, stock]}"}},
		"nor where the set comes that they await":  {fresh, []string{"Refuse NotAuthorized spec.extends: Forbidden: set shop/s, by no longer denying refunds, gives refunds Write, which \"lea\" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write, stock Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [orders, refunds, stock]}"}},
		"filters that are bypassed give anew":      {alone(change(s(), s(testkit.Bypasses("entities")), rank(5))), refused("permissions[orders]", " gives orders Read", "orders")},
		"with what is inherited":                   {alone(change(s(testkit.Extends("base")), s(testkit.Extends("base"), testkit.Bypasses("entities")), rank(5))), refused("extends", " gives clients Read, orders Read", "clients, orders")},
		"and what bindings grant":                  {change(s(), s(testkit.Bypasses("entities")), rank(5)), refused("permissions[orders]", " gives orders Read, stock Write", "orders, stock")},
		"not those that are bypassed no longer":    {alone(change(s(testkit.Bypasses("entities")), s(), rank(5))), nil},
		"nor those that were":                      {alone(change(s(testkit.Bypasses("entities")), s(testkit.Bypasses("entities"), testkit.Rank(7)), rank(5))), nil},
		"types and filters that stay give nothing": {alone(change(s(testkit.HeldBy(staff, api)), s(testkit.HeldBy(api, staff)), rank(5))), nil},
	}.run(t, ActorMayGive)
}

func TestASetDeniesMoreToAccountsThatMayHoldItNow(t *testing.T) {
	staff := testkit.Set("s", "shop", testkit.HeldBy(v1alpha1.AccountStaff), testkit.Deny("export"))
	all := testkit.Set("s", "shop", testkit.Deny("export"))
	silent, open := testkit.Set("s", "shop", testkit.HeldBy(v1alpha1.AccountStaff)), testkit.Set("s", "shop")
	beside := changeOf(silent, open)
	beside.DeniedBeside = []string{"export"}
	for sentence, c := range map[string]struct {
		in   SetInput
		want bool
	}{
		"accounts of more types":            {changeOf(staff, all), true},
		"by what bindings deny":             {beside, true},
		"of fewer types":                    {changeOf(all, staff), false},
		"where it denies nothing":           {changeOf(silent, open), false},
		"a set that is there for all types": {changeOf(all, all), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := c.in.DeniesMore(); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestOnePowerForSetOnData(t *testing.T) {
	s := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", append([]testkit.Mod{testkit.Rank(5)}, mods...)...)
	}
	stock := testkit.Permissions("stock=Write")
	ruleCases[SetInput]{
		"one power has the content, another the data": {changeOf(nil, s(stock, testkit.Bypasses("entities"))).by(lea(inGermany().giving("stock"), rank(6))), nil}, // ActorMayOpenSet tells
		"one power for the old set, another for the data of the new one": {
			changeOf(s(testkit.Rank(1)), s(testkit.Bypasses("entities"))).by(lea(rank(1).on(testkit.Only("entities", "de")), rank(5))),
			together("spec", "set shop/s", "default", "rank: 1, families: [default]"),
		},
		"one power for the types, another for the content": {
			changeOf(s(testkit.HeldBy(v1alpha1.AccountStaff)), s(stock, testkit.HeldBy(v1alpha1.AccountStaff, v1alpha1.AccountAPI))).by(lea(rank(5).giving("stock").only("Staff"), rank(5).only("API"))),
			together("spec", "set shop/s", "default", "rank: 5, permissions: [stock], families: [default], accountTypes: [API]"),
		},
		"one power for both": {
			changeOf(s(testkit.HeldBy(v1alpha1.AccountStaff)), s(stock, testkit.HeldBy(v1alpha1.AccountStaff, v1alpha1.AccountAPI))).by(lea(rank(5).giving("stock"), rank(5).only("API"))), nil,
		},
	}.run(t, OnePowerForSet)
}

func TestNobodyIsJudgedInTheBackgroundForMoreData(t *testing.T) {
	german := access.Power{Filters: FiltersOf([]v1alpha1.Filter{testkit.Only("entities", "de")}), Permissions: ContentOf([]string{"*"})}
	all := access.Power{Permissions: ContentOf([]string{"*"})}
	const wayOut = "; somebody with the power has to apply it again, or to annotate it with access.backoffice-operator.io/reconcile-requested-at=<time>"
	unjudged := func(powers ...access.Power) Author { return Author{Known: true, Powers: powers} }
	narrow := testkit.Filters(testkit.Only("entities", "de"))
	user := func(author Author, mods ...testkit.Mod) UserInput {
		return UserInput{New: testkit.User("ann", "shop", mods...), Office: office(), Author: author}
	}
	ruleCases[UserInput]{
		"a user who is narrowed":                 {user(unjudged(german), narrow), nil},
		"a user by who may give all":             {user(unjudged(german, all)), nil},
		"one who is not":                         {user(unjudged(german)), []string{"Refuse NotAuthorized spec.filters: Forbidden: it was applied before BackOffice shop/shop was there, by somebody who may not give access to as much data" + wayOut}},
		"one who was judged at admission before": {user(Author{Known: true, Judged: true, Powers: []access.Power{german}}), nil},
	}.run(t, UserAuthorized)
	binding := func(author Author, set *v1alpha1.PermissionSet, mods ...testkit.Mod) BindingInput {
		return BindingInput{New: testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("s")}, mods...)...), NewSet: set, Office: office(), Author: author}
	}
	set, bypass := testkit.Set("s", "shop"), testkit.Set("s", "shop", testkit.Bypasses("entities"))
	const beyond = "Refuse NotAuthorized spec.filters: Forbidden: whoever applied this may not hand out set shop/s on as much data"
	ruleCases[BindingInput]{
		"a binding that is narrowed":     {binding(unjudged(german), set, narrow), nil},
		"a binding by who may give all":  {binding(unjudged(german, all), set), nil},
		"one that is not":                {binding(unjudged(german), set), []string{beyond + ", and did so before the BackOffice was there" + wayOut}},
		"one whose set bypasses filters": {binding(unjudged(german), bypass, narrow), []string{beyond + " (set shop/s bypasses filters on entities), and did so before the BackOffice was there" + wayOut}},
		"one that did not see its set":   {binding(Author{Known: true, Judged: true, Powers: []access.Power{german}}, set), []string{beyond + ", which appeared afterwards" + wayOut}},
	}.run(t, BindingAuthorized)
	subject := func(bypass []string, at int64, powers ...access.Power) SubjectInput {
		return SubjectInput{
			Binding: Author{Known: true, At: 5, Powers: []access.Power{german, all}}, User: Author{Known: true, At: at, Powers: powers},
			Need: access.Need{Family: "x", Rank: 4}, Bypass: bypass, AccountType: v1alpha1.AccountStaff,
		}
	}
	refused := []string{"Refuse NotAuthorized spec: Forbidden: the user was changed, after this binding, by somebody who may not hand out its set to such an account" + wayOut}
	ruleCases[SubjectInput]{
		"a set that bypasses what the user's author may give": {subject([]string{"documents"}, 9, german), nil},
		"and what it may not":     {subject([]string{"entities"}, 9, german), refused},
		"by another power it may": {subject([]string{"entities"}, 9, german, all), nil},
		"whoever bound it after the user was changed looked at it": {subject([]string{"entities"}, 1, german), nil},
	}.run(t, SubjectAuthorized)
	boundBy := func(setAt int64, bypass []string, powers ...access.Power) SubjectInput {
		in := subject(bypass, 1, all)
		in.Binding.Powers, in.SetAt = powers, setAt
		return in
	}
	bound := []string{"Refuse NotAuthorized spec.permissionSetRef: Forbidden: the set bypasses filters, and this was changed by somebody who may not hand out so much data" + wayOut}
	weak := access.Power{Rank: 5}
	ruleCases[SubjectInput]{
		"a set that bypasses what its binder may give":     {boundBy(0, []string{"documents"}, german), nil},
		"and what the binder may not":                      {boundBy(0, []string{"entities"}, german), bound},
		"also at the same time":                            {boundBy(5, []string{"entities"}, german), bound},
		"by a power that does not reach the set":           {boundBy(0, []string{"entities"}, german, weak), bound},
		"that was considered after it was bound":           {boundBy(6, []string{"entities"}, german), nil},
		"without a bypass admission has judged the binder": {boundBy(0, nil, german), nil},
	}.run(t, SubjectAuthorized)
	heir := testkit.Set("s", "shop", testkit.Extends("base"))
	inherits := changeOf(nil, heir, testkit.Set("base", "shop", testkit.Permissions("orders")))
	by := func(author Author) SetInput {
		in := inherits
		in.Author = author
		return in
	}
	later := []string{"Refuse NotAuthorized spec.extends[0]: Forbidden: whoever applied this may not give what set shop/base gives, which appeared afterwards" + wayOut}
	ruleCases[SetInput]{
		"what a set inherits from later is not narrowed": {by(Author{Known: true, Judged: true, Powers: []access.Power{german}}), later},
		"so that it takes power over all data":           {by(Author{Known: true, Judged: true, Powers: []access.Power{german, all}}), nil},
	}.run(t, SetAuthorized)
}

func TestChainsJudgeOnWhichData(t *testing.T) {
	german := lea(rank(0).on(testkit.Only("entities", "de")).giving("*"))
	user := UserInput{New: testkit.User("ann", "shop"), Office: office(), Terms: Terms{Admitted: true}, Actor: german}
	set := testkit.Set("s", "shop", testkit.Deny("export"))
	binding := BindingInput{
		Old: testkit.Binding("b", "shop", testkit.ToSet("s")), OldSet: set, Office: office(), Terms: Terms{Admitted: true}, Actor: german,
	}
	bound := binding
	bound.Old, bound.New, bound.OldSet, bound.NewSet = nil, binding.Old, nil, set
	bypass := changeOf(testkit.Set("s", "shop", testkit.HeldBy(v1alpha1.AccountStaff)), testkit.Set("s", "shop", testkit.Bypasses("entities"))).by(german)
	bypass.Terms = Terms{Admitted: true}
	permits := bypass
	permits.Actor = lea(rank(0).only("Staff").giving("*"))
	gone := changeOf(set, nil).by(german)
	for sentence, c := range map[string]struct {
		violations []Violation
		want       string
	}{
		"users":             {UserAdmission.Evaluate(user), "Refuse NotAuthorized spec.filters"},
		"bindings":          {BindingAdmission.Evaluate(bound), "Refuse NotAuthorized spec.filters"},
		"deleted bindings":  {BindingDeletion.Evaluate(binding), "Refuse NotAuthorized spec.deny"},
		"sets":              {SetAdmission.Evaluate(bypass), "Refuse NotAuthorized spec.bypassFilters"},
		"sets and accounts": {SetAdmission.Evaluate(permits), "Refuse NotAuthorized spec.accountTypes"},
		"deleted sets":      {SetDeletion.Evaluate(gone), "Refuse NotAuthorized spec.deny"},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(findings(c.violations)).To(ContainElement(c.want))
		})
	}
}
