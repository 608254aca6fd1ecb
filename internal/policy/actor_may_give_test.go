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

func TestActorMayGive(t *testing.T) {
	s := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return testkit.Set("s", "shop", mods...) }
	gives := func(entries ...string) *v1alpha1.PermissionSet { return s(testkit.Permissions(entries...)) }
	base := testkit.Set("base", "shop", testkit.Permissions("stock=Write"), testkit.Deny("export"))
	orders, bindOnly := lea(rank(5).giving("orders")), lea(rank(5))
	const has = `spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: `
	const nothing = `spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: `
	refused := func(field, what, why string) []string {
		return []string{"Refuse NotAuthorized spec." + field + ": Forbidden: set shop/s" + what + `, which "lea" does not have to give: ` + why + "}"}
	}
	stock := refused("permissions[stock]", " gives stock Read", has+"[stock]")
	inherited := refused("extends", " gives stock Write", has+"[stock]")
	const lifts = ", by no longer denying export, gives export Write"
	lifted := refused("deny", lifts, has+"[export]")
	withoutOffice := changeOf(nil, gives("stock")).by(bindOnly)
	withoutOffice.Office = nil
	unlisted := changeOf(nil, gives("stock")).by(orders)
	unlisted.Sets = nil
	exceptRefund := lea(Power{Power: access.Power{Rank: 5, Permissions: access.ContentOf(
		access.Entry{Path: "orders", Level: access.Write}, access.Entry{Path: "orders/refund"})}})
	ruleCases[SetInput]{
		"a missing back office has no rules":                     {withoutOffice, nil},
		"what the actor has":                                     {changeOf(nil, gives("orders/edit=Write")).by(orders), nil},
		"everything":                                             {changeOf(nil, gives("orders", "stock=Write")).by(lea(rank(5).giving("*"))), nil},
		"nothing":                                                {changeOf(nil, s(testkit.Deny("stock"))).by(bindOnly), nil},
		"a set may be renamed and weakened":                      {changeOf(gives("stock"), s(testkit.Rank(9), testkit.Permissions("stock"))).by(bindOnly), nil},
		"what it has not":                                        {changeOf(nil, gives("orders", "stock")).by(orders), refused("permissions[stock]", " gives stock Read", has+"[orders, stock]")},
		"also where nobody has listed the set":                   {unlisted, stock},
		"nor by a change":                                        {changeOf(gives("orders"), gives("orders", "stock")).by(orders), stock},
		"nor a higher level":                                     {changeOf(gives("stock"), gives("stock=Write")).by(orders), refused("permissions[stock]", " gives stock Write", has+"[stock]")},
		"nor anything, who may only bind":                        {changeOf(nil, gives("orders")).by(bindOnly), refused("permissions[orders]", " gives orders Read", nothing+"[orders]")},
		"taking away is giving nothing":                          {changeOf(gives("orders=Write", "stock=Write"), gives("stock")).by(bindOnly), nil},
		"neither is adding a None":                               {changeOf(gives("stock=Write"), gives("stock=Write", "stock/items=None")).by(bindOnly), nil},
		"what is inherited is given":                             {changeOf(nil, s(testkit.Extends("base")), base).by(orders), inherited},
		"what was inherited before is not":                       {changeOf(s(testkit.Extends("base")), s(testkit.Extends("base"), testkit.Permissions("orders")), base).by(orders), nil},
		"what is written in place of being inherited":            {changeOf(s(testkit.Extends("base")), s(testkit.Permissions("stock=Write"), testkit.Deny("export")), base).by(bindOnly), nil},
		"a path that is no longer denied":                        {changeOf(s(testkit.Deny("export")), s()).by(orders), lifted},
		"nor denied by inheritance":                              {changeOf(s(testkit.Extends("base")), s(testkit.Permissions("stock=Write")), base).by(orders), refused("extends", lifts, has+"[export]")},
		"nor because it is deleted":                              {changeOf(s(testkit.Deny("export")), nil).by(orders), lifted},
		"who has it may lift a denial":                           {changeOf(s(testkit.Deny("orders/refund")), s()).by(orders), nil},
		"a set without denials may be deleted":                   {changeOf(gives("stock=Write", "stock/items=None"), nil).by(bindOnly), nil},
		"what None took out and does no longer":                  {changeOf(s(testkit.Extends("base"), testkit.Permissions("stock/items=None")), s(testkit.Extends("base")), base).by(orders), refused("permissions", " gives stock/items Write", has+"[stock/items]")},
		"also where the set itself gives nothing of it":          {changeOf(gives("stock=None"), gives()).by(orders), refused("permissions", " gives stock Write", has+"[stock]")},
		"a new entry below one that is there: others inherit it": {changeOf(gives("stock=Write"), gives("stock=Write", "stock/items=Write")).by(orders), refused("permissions[stock/items]", " gives stock/items Write", has+"[stock/items]")},
		"a denial of everything hides nothing":                   {changeOf(nil, s(testkit.Permissions("stock"), testkit.Deny("*"))).by(orders), stock},
		"what the set denies it does not give":                   {changeOf(nil, s(testkit.Permissions("stock=Write"), testkit.Deny("stock"))).by(bindOnly), nil},
		"until it denies it no longer":                           {changeOf(s(testkit.Permissions("stock=Write"), testkit.Deny("stock")), gives("stock=Write")).by(orders), refused("permissions[stock]", ", by no longer denying stock, gives stock Write", has+"[stock]")},
		"what the actor has but for an exception":                {changeOf(nil, gives("orders=Write", "orders/refund=None")).by(exceptRefund), nil},
		"a set that waits for another one gives what it says":    {changeOf(nil, s(testkit.Extends("gone"), testkit.Permissions("stock"))).by(orders), stock},
		"a circle gives what all its sets say":                   {changeOf(nil, s(testkit.Extends("base")), testkit.Set("base", "shop", testkit.Extends("s"), testkit.Permissions("stock=Write"))).by(orders), inherited},
		"the power that has it does not reach the set": {
			changeOf(nil, s(testkit.Rank(3), testkit.Permissions("orders", "stock"))).by(lea(rank(3).giving("stock"), rank(5).giving("orders"))),
			refused("permissions[orders]", " gives orders Read", `spec.rank.delegations[0] of BackOffice shop/shop lets it give stock Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 3, permissions: [orders, stock]`),
		},
		"who has no power is told all that it takes": {
			changeOf(nil, gives("stock")).by(lea()),
			refused("permissions[stock]", " gives stock Read", `no delegation of BackOffice shop/shop matches "lea". Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock], families: [default]`),
		},
	}.run(t, ActorMayGive)
}

func TestDeniesMore(t *testing.T) {
	s := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return testkit.Set("s", "shop", mods...) }
	base := testkit.Set("base", "shop", testkit.Deny("export"))
	for sentence, c := range map[string]struct {
		in   SetInput
		want bool
	}{
		"a new set that denies":            {changeOf(nil, s(testkit.Deny("stock"))), true},
		"a new set that inherits a denial": {changeOf(nil, s(testkit.Extends("base")), base), true},
		"a new set that denies nothing":    {changeOf(nil, s(testkit.Permissions("stock"))), false},
		"another denial":                   {changeOf(s(testkit.Deny("stock")), s(testkit.Deny("stock", "export"))), true},
		"one below another":                {changeOf(s(testkit.Deny("stock")), s(testkit.Deny("stock", "stock/items"))), false},
		"one that was inherited":           {changeOf(s(testkit.Extends("base")), s(testkit.Deny("export/all")), base), false},
		"one less":                         {changeOf(s(testkit.Deny("stock")), s()), false},
		"a deletion":                       {changeOf(s(testkit.Deny("stock")), nil), false},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.in.DeniesMore()).To(Equal(c.want)) })
	}
}
