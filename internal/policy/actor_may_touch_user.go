// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ActorMayTouchUser demands that the actor's power reaches the user's protection rank in every family, before and after the change: a
// label that makes a selector match hands out the set of that binding. A user without bindings may be touched with any power at all.
func ActorMayTouchUser(in UserInput) []Violation {
	if in.Office == nil {
		return nil
	}
	user := either(in.New, in.Old)
	name := user.Namespace + "/" + user.Name
	if len(in.Actor.Delegations) == 0 && len(in.OldProtection)+len(in.NewProtection) == 0 {
		return []Violation{forbidden(field.NewPath("metadata", "name"), in.Actor.lacksAny("user "+name, in.Office))}
	}
	var violations []Violation
	reported := map[string]int32{} // the strongest rank by family
	check := func(protection Protection, path *field.Path, why string) {
		for _, need := range protection {
			if rank, ok := reported[need.Family]; in.Actor.allows(need) || ok && rank <= need.Rank {
				continue
			}
			reported[need.Family] = need.Rank
			what := fmt.Sprintf("user %s %s binding %s, which", name, why, need.Through)
			violations = append(violations, forbidden(path, in.Actor.lacks(what, need, in.Office)))
		}
	}
	check(in.OldProtection, field.NewPath("metadata", "name"), "has")
	if in.Old == nil {
		check(in.NewProtection, field.NewPath("metadata", "name"), "would get")
	} else {
		check(in.NewProtection, field.NewPath("metadata", "labels"), "would get")
	}
	return violations
}
