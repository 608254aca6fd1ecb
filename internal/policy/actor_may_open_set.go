// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// Handed is a binding of a set, or of one that inherits from it, and the filters that narrow what it hands out.
type Handed struct {
	Binding string
	Data    []access.Filter
}

// HandedBy is a binding of a set.
func HandedBy(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) Handed {
	return Handed{Binding: nameOf(b), Data: dataOfBinding(b, set)}
}

// ActorMayOpenSet demands that a set does not bypass the filters of the actor's power, and that what it gives more lies within them wherever
// bindings hand it out. What it no longer denies is given by whatever else its holders have, on all data.
func ActorMayOpenSet(in SetInput) []Violation {
	if in.Office == nil || !in.Actor.Narrowed() {
		return nil
	}
	return in.Actor.opens("set "+nameOf(either(in.New, in.Old)), in.openings(), in.gives().powers)
}

// openings is the data to which the change gives access; nobody asks where no power is narrowed.
func (in SetInput) openings() openings {
	if !in.Actor.Narrowed() {
		return nil
	}
	after, before := in.sides()
	var all openings
	if lifted := access.NewlyDenied(after, before); len(lifted) > 0 {
		all = append(all, lifting(lifted))
	}
	if in.New == nil {
		return all
	}
	if dimensions := in.New.Spec.BypassFilters; len(dimensions) > 0 {
		all = append(all, opening{
			path: field.NewPath("spec", "bypassFilters"), dimensions: dimensions, why: "it bypasses filters on " + listed(dimensions),
		})
	}
	if len(in.Handed) == 0 || len(in.gain(after, before)) == 0 {
		return all
	}
	for _, h := range in.Handed {
		all = append(all, opening{path: field.NewPath("spec"), why: narrowedText("binding "+h.Binding+", which hands it out,", h.Data), data: h.Data})
	}
	return all
}
