// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ActorMayDeny demands that who lets a set deny more has power over its strongest holder: no other set gives back what is denied. Holders is
// gathered for such changes alone.
func ActorMayDeny(in SetInput) []Violation {
	if in.Office == nil || in.New == nil {
		return nil
	}
	var violations []Violation
	for _, need := range in.Holders {
		if !in.Actor.allows(need) {
			what := fmt.Sprintf("to deny more to the holders of set %s, one of whom has binding %s,", nameOf(in.New), need.Through)
			violations = append(violations, forbidden(field.NewPath("spec", "deny"), in.Actor.lacks(what, need, in.Office)))
		}
	}
	return violations
}
