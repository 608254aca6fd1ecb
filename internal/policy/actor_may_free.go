// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/backoffice-operator/backoffice-operator/internal/access"

// ActorMayFreeUser demands that the actor has what a user may have after its labels or account type have changed, because a binding that denied it lets go.
func ActorMayFreeUser(in UserInput) []Violation {
	return in.gains("which a denying binding lets go", in.Freed)
}

// ActorMayGiveUser demands that the actor has what bindings grant, on top of their sets, to a user that they did not reach before, or not on
// all data: whoever makes a user that a binding names, labels one so that it selects it, or removes a filter, hands that out.
func ActorMayGiveUser(in UserInput) []Violation {
	return in.gains("to whom bindings grant more than their sets", in.Given)
}

// gains demands that the actor has all of the content that the user comes to, by one power over accounts of its type.
func (in UserInput) gains(how string, content access.Content) []Violation {
	if in.Office == nil || in.New == nil || len(content) == 0 {
		return nil
	}
	h := in.Actor.handout("user "+nameOf(in.New)+", "+how+",", nil, content)
	h.powers = in.openings().enough(in.concerning())
	message := in.Actor.lacksContent(h, in.Office)
	if message == "" {
		return nil
	}
	return []Violation{forbidden(in.comingPath(), message)}
}
