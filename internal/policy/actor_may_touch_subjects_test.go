// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayTouchSubjects(t *testing.T) {
	b := testkit.Binding("b", "shop")
	in := func(actor Actor, subjects ...Subject) BindingInput {
		return BindingInput{New: b, Office: office(), Subjects: subjects, Actor: actor}
	}
	strong := func(name, family string, r int32) Subject { return Subject{name, Protection{through("hq", family, r)}} }
	var crowd []Subject
	for i := range 12 {
		crowd = append(crowd, strong(fmt.Sprintf("u%02d", i), "x", int32(i%2)))
	}
	const at = "Refuse NotAuthorized spec: Forbidden: a binding for "
	help := func(need, power, ask string, r int) string {
		return fmt.Sprintf(` needs %s; "lea" %s of BackOffice shop/shop). Ask somebody with %s, or add a delegation: {subjects: [{kind: User, name: lea}], rank: %d, families: [x]}`, need, power, ask, r)
	}
	ruleCases[BindingInput]{
		"a missing back office has no ranks": {BindingInput{New: b, Subjects: crowd}, nil},
		"nobody is there":                    {in(lea(rank(9))), nil},
		"users without bindings":             {in(lea(rank(9)), Subject{Name: "ann"}), nil},
		"users who are not stronger":         {in(lea(rank(4)), strong("ann", "x", 4), strong("bob", "y", 7)), nil},
		"one who is stronger": {in(lea(rank(4)), strong("ann", "x", 9), strong("bob", "x", 3)), []string{
			at + "bob (rank 3 through binding shop/hq)" + help(`rank 3 or stronger in family "x"`, "has rank 4 (spec.rank.delegations[0]", "rank 0..3", 3),
		}},
		"ten are named, the strongest first": {in(lea(rank(4)), crowd...), []string{
			at + "u00 (rank 0 through binding shop/hq), u02 (rank 0 through binding shop/hq), u04 (rank 0 through binding shop/hq), u06 (rank 0 through binding shop/hq), u08 (rank 0 through binding shop/hq), u10 (rank 0 through binding shop/hq), u01 (rank 1 through binding shop/hq), u03 (rank 1 through binding shop/hq), u05 (rank 1 through binding shop/hq), u07 (rank 1 through binding shop/hq), 2 more" +
				help(`rank 0 in family "x"`, "has rank 4 (spec.rank.delegations[0]", "rank 0", 0),
		}},
		"each family is said": {in(lea(rank(4, "z")), strong("ann", "y", 2), strong("bob", "x", 3)), []string{
			at + "bob (rank 3 through binding shop/hq)" + help(`rank 3 or stronger in family "x"`, "has power in other families only (spec.rank.delegations[0]", "rank 0..3", 3),
			at + `ann (rank 2 through binding shop/hq) needs rank 2 or stronger in family "y"; "lea" has power in other families only (spec.rank.delegations[0] of BackOffice shop/shop). Ask somebody with rank 0..2, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 2, families: [y]}`,
		}},
	}.run(t, ActorMayTouchSubjects)
}
