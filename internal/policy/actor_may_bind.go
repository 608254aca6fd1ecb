// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// ActorMayBind demands that the actor's power reaches the rank of the set that the binding hands out, before and after the change. A set that
// does not exist takes any power at all: when it appears, the power in the binding's stamp decides.
func ActorMayBind(in BindingInput) []Violation {
	if in.Office == nil {
		return nil
	}
	path := field.NewPath("spec", "permissionSetRef")
	if len(in.Actor.Powers) == 0 && in.set() == nil {
		return []Violation{forbidden(path, in.Actor.lacksAny(bindingWith(either(in.New, in.Old)), in.Office))}
	}
	var violations []Violation
	var reported []Need
	check := func(b *v1alpha1.RoleBinding, need Need) {
		if !in.Actor.allows(need) && !slices.Contains(reported, need) {
			reported = append(reported, need)
			violations = append(violations, forbidden(path, in.Actor.lacks(bindingWith(b), need, in.Office)))
		}
	}
	if in.Old != nil && in.OldSet != nil { // what exceeds the ceiling is not in force, and may be removed
		check(in.Old, in.Terms.capped(needOf(in.OldSet)))
	}
	if in.New != nil && in.NewSet != nil {
		check(in.New, needOf(in.NewSet))
	}
	return violations
}

func bindingWith(b *v1alpha1.RoleBinding) string {
	return "binding " + nameOf(b) + " to set " + b.Spec.PermissionSetRef.In(b.Namespace).String()
}
