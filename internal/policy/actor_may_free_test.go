// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayFreeUser(t *testing.T) {
	ann := testkit.User("ann", "shop")
	frees := func(actor Actor, paths ...string) UserInput {
		return UserInput{Old: ann, New: ann, Office: office(), Freed: ContentOf(paths), Actor: actor}
	}
	nowhere, deleted := frees(lea(), "stock"), frees(lea(), "stock")
	nowhere.Office, deleted.New = nil, nil
	ruleCases[UserInput]{
		"no denial lets go":                   {frees(lea(rank(5))), nil},
		"who has it may let it be had":        {frees(lea(rank(5).giving("stock")), "stock/items"), nil},
		"a missing back office has no rules":  {nowhere, nil},
		"a deleted user has nothing any more": {deleted, nil},
		"not by a power for accounts of another type": {frees(lea(rank(5).only("Staff"), rank(5).only("API").giving("stock")), "stock"), []string{
			`Refuse NotAuthorized metadata.labels: Forbidden: user shop/ann, which a denying binding lets go, gives stock Write, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock], accountTypes: [Staff]}`,
		}},
		"what the actor has not": {frees(lea(rank(5).giving("orders")), "orders", "stock"), []string{
			`Refuse NotAuthorized metadata.labels: Forbidden: user shop/ann, which a denying binding lets go, gives stock Write, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [orders, stock]}`,
		}},
	}.run(t, ActorMayFreeUser)
}

func TestActorMayGiveUser(t *testing.T) {
	ann := testkit.User("ann", "shop")
	gives := func(old bool, actor Actor, paths ...string) UserInput {
		in := UserInput{New: ann, Office: office(), Given: ContentOf(paths), Actor: actor}
		if old {
			in.Old = ann
		}
		return in
	}
	const ask = `Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [orders, stock]}`
	const why = `Forbidden: user shop/ann, to whom bindings grant more than their sets, gives stock Write, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write. `
	ruleCases[UserInput]{
		"nothing is granted":                 {gives(true, lea(rank(5))), nil},
		"who has it may have it granted":     {gives(true, lea(rank(5).giving("stock")), "stock/items"), nil},
		"what the actor has not, by a label": {gives(true, lea(rank(5).giving("orders")), "orders", "stock"), []string{"Refuse NotAuthorized metadata.labels: " + why + ask}},
		"what the actor has not, by a name":  {gives(false, lea(rank(5).giving("orders")), "orders", "stock"), []string{"Refuse NotAuthorized metadata.name: " + why + ask}},
	}.run(t, ActorMayGiveUser)
}
