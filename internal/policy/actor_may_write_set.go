// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// ActorMayWriteSet demands that the actor's power reaches the rank of the set, and of all sets that it inherits from, before and after
// the change. For an inherited set that does not exist the power in the set's stamp decides when it appears.
func ActorMayWriteSet(in SetInput) []Violation {
	if in.Office == nil {
		return nil
	}
	reported := map[string]bool{}
	var violations []Violation
	for _, need := range in.needs() {
		if in.Actor.allows(need.Need) {
			continue
		}
		if message := in.Actor.lacks(need.what, need.Need, in.Office); !reported[message] {
			reported[message] = true
			violations = append(violations, forbidden(need.path, message))
		}
	}
	return violations
}

// setNeed is what it takes to write a set because of one that it is or inherits from.
type setNeed struct {
	Need
	what string
	path *field.Path
}

// needs is what it takes to write the set, in both states.
func (in SetInput) needs() []setNeed {
	var needs []setNeed
	for _, state := range []struct {
		set      *v1alpha1.PermissionSet
		ancestry access.Ancestry
	}{{in.Old, in.OldAncestry}, {in.New, in.NewAncestry}} {
		if state.set == nil {
			continue
		}
		self := nameOf(state.set)
		needs = append(needs, setNeed{in.cappedNeed(state.set, state.set), "set " + self, field.NewPath("spec", "rank")})
		for _, id := range slices.Sorted(maps.Keys(state.ancestry.Distance)) {
			if id != self {
				what := fmt.Sprintf("set %s inherits from set %s, which", self, id)
				needs = append(needs, setNeed{in.cappedNeed(state.set, in.Sets[id]), what, field.NewPath("spec", "extends")})
			}
		}
	}
	return needs
}

// cappedNeed is what a state of the set takes because of a set that it is or inherits from. What exceeds the ceiling is not in force, and may be
// removed.
func (in SetInput) cappedNeed(state, ancestor *v1alpha1.PermissionSet) Need {
	if state == in.Old {
		return in.Terms.capped(needOf(ancestor))
	}
	return needOf(ancestor)
}
