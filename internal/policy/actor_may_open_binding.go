// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// ActorMayOpenBinding demands that a binding which is created or gives more has filters of its own within those of the actor's power, and that its
// set does not bypass them; who may not bind such a set may not change its bindings otherwise either. That its users are narrowed themselves is not
// enough: others may widen them. What is no longer denied is given by whatever else the users have, on all data.
func ActorMayOpenBinding(in BindingInput) []Violation {
	if in.Office == nil || !in.Actor.Narrowed() {
		return nil
	}
	return in.Actor.opens("binding "+nameOf(either(in.New, in.Old)), in.openings(), in.grants().powers)
}

// openings is the data to which the change gives access; nobody asks where no power is narrowed.
func (in BindingInput) openings() openings {
	if !in.Actor.Narrowed() {
		return nil
	}
	var all openings
	if lifted := access.NewlyDenied(in.sides()); len(lifted) > 0 {
		all = append(all, lifting(lifted))
	}
	if dimensions := bypassesOf(in.NewSet); in.New != nil && len(dimensions) > 0 {
		all = append(all, opening{
			path: field.NewPath("spec", "permissionSetRef"), dimensions: dimensions,
			why: fmt.Sprintf("set %s bypasses filters on %s", nameOf(in.NewSet), listed(dimensions)),
		})
	}
	if in.New == nil || in.Old != nil && !in.gains() && len(access.Gain(giving(in.Old), giving(in.New))) == 0 {
		return all
	}
	data := FiltersOf(in.New.Spec.Filters)
	return append(all, opening{path: field.NewPath("spec", "filters"), why: narrowedText("it", data), data: data})
}

// lifting is the opening of who lifts denials.
func lifting(lifted []string) opening {
	return opening{path: field.NewPath("spec", "deny"), why: "what is no longer denied (" + listed(lifted) + ") is not narrowed"}
}

// giving is what a binding grants, whatever it denies.
func giving(b *v1alpha1.RoleBinding) access.Rights {
	return access.Rights{Gives: rightsOfBinding(b).Gives}
}

// dataOfBinding are the filters of a binding that count beside its set.
func dataOfBinding(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) []access.Filter {
	return unbypassed(FiltersOf(b.Spec.Filters), bypassesOf(set))
}
