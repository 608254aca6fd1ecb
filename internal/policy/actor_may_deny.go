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
	for _, h := range in.Holders {
		what := fmt.Sprintf("to deny more to the holders of set %s, one of whom has binding %s,", nameOf(in.New), h.Through)
		switch {
		case in.Actor.touches(h.Need, h.AccountType):
		case in.Actor.allows(h.Need):
			violations = append(violations, forbidden(field.NewPath("spec", "deny"), in.Actor.lacksType(what, h.AccountType, &h.Need)))
		default:
			violations = append(violations, forbidden(field.NewPath("spec", "deny"), in.Actor.lacks(what, h.Need, in.Office)))
		}
	}
	return violations
}
