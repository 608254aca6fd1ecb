// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBreakGlass(t *testing.T) {
	because := func(reason string) testkit.Mod { return testkit.Annotations(v1alpha1.AnnotationBreakGlass, reason) }
	asking := func(answer Escalation, powers ...Power) Actor {
		actor := lea(powers...)
		actor.BreakGlass, actor.Escalation = true, answer
		return actor
	}
	in := func(actor Actor, mods ...testkit.Mod) UserInput {
		return UserInput{New: testkit.User("ann", "shop", mods...), Office: office(), Actor: actor}
	}
	deleted := in(asking(EscalationPermitted, rank(0)), because(""))
	deleted.Old, deleted.New = deleted.New, nil
	const at = "metadata.annotations[access.backoffice-operator.io/break-glass]: "
	empty := []string{"Refuse PolicyViolated " + at + "Required value: write why the glass is broken: the value is the reason"}
	users := ruleCases[UserInput]{
		"nobody asks":                          {in(lea()), nil},
		"it was broken before":                 {in(lea(rank(4)), because("fire")), nil},
		"with a reason":                        {in(asking(EscalationPermitted, rank(0)), because("fire")), nil},
		"without the verb, other rules refuse": {in(asking(EscalationRefused), because("fire")), nil},
		"without a reason":                     {in(asking(EscalationPermitted, rank(0)), because("")), empty},
		"with blanks for a reason":             {in(asking(EscalationRefused), because(" \t")), empty},
		"on a deletion, too":                   {deleted, empty},
		"where it has no effect": {in(asking(EscalationNotAsked, rank(4)), because("fire")), []string{
			"Warn PolicyViolated " + at + `Forbidden: this has no effect: "lea" has power of its own (spec.rank.delegations[0] of BackOffice shop/shop), and is judged by that`,
		}},
	}
	users.run(t, UserBreaksGlass)
	ruleCases[BindingInput]{
		"of bindings": {BindingInput{New: testkit.Binding("b", "shop", because("")), Actor: asking(EscalationPermitted)}, empty},
	}.run(t, BindingBreaksGlass)
	ruleCases[SetInput]{
		"of sets": {SetInput{Old: testkit.Set("s", "shop", because("")), Actor: asking(EscalationPermitted)}, empty},
	}.run(t, SetBreaksGlass)
}
