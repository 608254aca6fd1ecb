// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayWriteSet(t *testing.T) {
	s := func(r int32, family string, extends ...string) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", testkit.Rank(r), testkit.Family(family), testkit.Extends(extends...))
	}
	boss := testkit.Set("boss", "shop", testkit.Rank(0), testkit.Family("x"))
	mid := testkit.Set("mid", "shop", testkit.Rank(9), testkit.Family("x"), testkit.Extends("boss"))
	far := s(9, "x", "mid")
	four := lea(rank(4))
	under := func(in SetInput, terms Terms) SetInput {
		in.Terms = terms
		return in
	}
	nowhere := changeOf(nil, s(0, "x")).by(lea())
	nowhere.Office = nil
	unknown := changeOf(nil, s(9, "x")).by(four)
	unknown.NewAncestry.Distance = map[string]int{"shop/s": 0, "shop/unread": 1}
	const at = "Refuse NotAuthorized spec."
	const rank0 = ` needs rank 0 in family "x"; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`
	strong, inherits := []string{at + "rank: Forbidden: set shop/s" + rank0}, []string{at + "extends: Forbidden: set shop/s inherits from set shop/boss, which" + rank0}
	ruleCases[SetInput]{
		"a missing back office has no ranks":    {nowhere, nil},
		"a weaker set may be made":              {changeOf(nil, s(4, "x")).by(four), nil},
		"a stronger one may not":                {changeOf(nil, s(0, "x")).by(four), strong},
		"nor made of a weaker one":              {changeOf(s(9, "x"), s(0, "x")).by(four), strong},
		"nor weakened":                          {changeOf(s(0, "x"), s(9, "x")).by(four), strong},
		"nor deleted":                           {changeOf(s(0, "x"), nil).by(four), strong},
		"nor moved out of its family":           {changeOf(s(9, "x"), s(9, "y")).by(lea(rank(4, "y"))), []string{at + `rank: Forbidden: set shop/s needs rank 9 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: y). Ask somebody with rank 0..9, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 9, families: [x]}`}},
		"nor moved into another":                {changeOf(s(9, "y"), s(9, "x")).by(lea(rank(4, "y"))), []string{at + `rank: Forbidden: set shop/s needs rank 9 or stronger in family "x"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop: y). Ask somebody with rank 0..9, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 9, families: [x]}`}},
		"nor inherited from, however far":       {changeOf(nil, far, mid, boss).by(four), inherits},
		"nor no longer inherited from":          {changeOf(far, s(9, "x"), mid, boss).by(four), inherits},
		"nor deleted while it inherits":         {changeOf(far, nil, mid, boss).by(four), inherits},
		"what is missing is said once":          {changeOf(far, far.DeepCopy(), mid, boss).by(four), inherits},
		"what is to come may be inherited from": {changeOf(nil, s(9, "x", "boss")).by(four), nil},
		"a circle is no way around":             {changeOf(nil, s(9, "x", "mid"), boss, testkit.Set("mid", "shop", testkit.Rank(9), testkit.Family("x"), testkit.Extends("s", "boss"))).by(four), inherits},
		"what exceeds a ceiling may be removed": {under(changeOf(far, nil, mid, boss).by(four), ceiling(4)), nil},
		"and weakened":                          {under(changeOf(s(0, "x"), s(9, "x")).by(four), ceiling(4)), nil},
		"and not made":                          {under(changeOf(nil, s(0, "x")).by(four), ceiling(4)), strong},
		"an inherited set that nobody has read takes everything": {unknown, []string{
			at + `extends: Forbidden: set shop/s inherits from set shop/unread, which needs rank 0 in every family; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0}`,
		}},
		"all that is missing is said at once": {changeOf(s(1, "y"), far, mid, boss).by(lea()), []string{
			at + `rank: Forbidden: set shop/s needs rank 1 or stronger in family "y"; no delegation of BackOffice shop/shop matches "lea". Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, families: ["y"]}`,
			at + `rank: Forbidden: set shop/s needs rank 9 or stronger in family "x"; no delegation of BackOffice shop/shop matches "lea". Ask somebody with rank 0..9, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 9, families: [x]}`,
			at + `extends: Forbidden: set shop/s inherits from set shop/boss, which needs rank 0 in family "x"; no delegation of BackOffice shop/shop matches "lea". Ask somebody with rank 0, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 0, families: [x]}`,
			at + `extends: Forbidden: set shop/s inherits from set shop/mid, which needs rank 9 or stronger in family "x"; no delegation of BackOffice shop/shop matches "lea". Ask somebody with rank 0..9, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 9, families: [x]}`,
		}},
	}.run(t, ActorMayWriteSet)
}

func TestActorMayWriteSetOfWhatIsMissingSeesTheRest(t *testing.T) {
	in := SetInput{
		New: testkit.Set("s", "shop", testkit.Rank(9)), Office: office(), Actor: lea(rank(9)),
		NewAncestry: access.Ancestry{Distance: map[string]int{"shop/s": 0}, Missing: []string{"shop/boss"}},
	}
	ruleCases[SetInput]{"the power in the stamp decides when it appears": {in, nil}}.run(t, ActorMayWriteSet)
}
