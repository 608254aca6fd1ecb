// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayDeny(t *testing.T) {
	s := testkit.Set("s", "shop", testkit.Deny("stock"))
	of := func(actor Actor, holders ...Need) SetInput {
		in := changeOf(testkit.Set("s", "shop"), s).by(actor)
		in.Holders = staff(holders...)
		return in
	}
	strong, other := through("hq", "x", 1), through("store", "z", 3)
	deleted, nowhere := of(lea(), strong), of(lea(), strong)
	deleted.Old, deleted.New = deleted.New, nil
	nowhere.Office = nil
	const at = "Refuse NotAuthorized spec.deny: Forbidden: to deny more to the holders of set shop/s, one of whom has binding shop/"
	ruleCases[SetInput]{
		"nobody holds it":                    {of(lea()), nil},
		"a missing back office has no ranks": {nowhere, nil},
		"to delete is to deny nothing":       {deleted, nil},
		"the holders are not stronger":       {of(lea(rank(1, "x"), rank(3, "z")), strong, other), nil},
		"the stronger ones are named, in each family": {of(lea(rank(2)), strong, other, through("weak", "w", 2)), []string{
			at + `hq, needs rank 1 or stronger in family "x"; "lea" has rank 2 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`,
		}},
		"a power over accounts of another type does not count": {of(lea(rank(1).only("API")), strong), []string{
			at + `hq, needs power over accounts of type Staff; "lea" has spec.rank.delegations[0] of BackOffice shop/shop for API only. Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x], accountTypes: [Staff]}`,
		}},
		"by whom nobody is outranked": {of(lea(), strong, other), []string{
			at + `hq, needs rank 1 or stronger in family "x"; no delegation of BackOffice shop/shop matches "lea". Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: [x]}`,
			at + `store, needs rank 3 or stronger in family "z"; no delegation of BackOffice shop/shop matches "lea". Ask somebody with rank 0..3, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 3, families: [z]}`,
		}},
	}.run(t, ActorMayDeny)
}

// staff are holders whose accounts are of type Staff.
func staff(needs ...Need) []Holder {
	var holders []Holder
	for _, need := range needs {
		holders = append(holders, Holder{need, v1alpha1.AccountStaff})
	}
	return holders
}
