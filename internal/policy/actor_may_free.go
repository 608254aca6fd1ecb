// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// ActorMayFreeUser demands that the actor has what a user may have after its labels have changed, because a binding that denied it lets go.
func ActorMayFreeUser(in UserInput) []Violation {
	return in.gains("which a denying binding lets go", in.Freed)
}

// ActorMayGiveUser demands that the actor has what bindings grant, on top of their sets, to a user that they did not reach before: whoever makes
// a user that a binding names, or labels one so that it selects it, hands that out.
func ActorMayGiveUser(in UserInput) []Violation {
	return in.gains("to whom bindings grant more than their sets", in.Given)
}

// gains demands that the actor has all of the content that the user comes to, by one power over accounts of its type.
func (in UserInput) gains(how string, content access.Content) []Violation {
	if in.Office == nil || in.New == nil || len(content) == 0 {
		return nil
	}
	h := in.Actor.handout("user "+nameOf(in.New)+", "+how+",", nil, content)
	if accountType := in.New.EffectiveAccountType(); in.Actor.concerns(accountType) { // else ActorMayTouchUser refuses
		h.powers = slices.DeleteFunc(slices.Clone(h.powers), func(p Power) bool { return !p.Concerns(string(accountType)) })
	}
	message := in.Actor.lacksContent(h, in.Office)
	if message == "" {
		return nil
	}
	path := field.NewPath("metadata", "name")
	if in.Old != nil {
		path = field.NewPath("metadata", "labels")
	}
	return []Violation{forbidden(path, message)}
}
