// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Bypass is a binding of a user whose set bypasses filters on some dimensions.
type Bypass struct {
	Binding, Set string
	Dimensions   []string
}

// ActorMayOpenUser demands that a user who is created, or comes to more by its filters, labels or account type, has filters of its own within
// those of the actor's power, and no binding whose set bypasses them. Such a binding also keeps who may not give access to that data from any
// other change of the user: in the background nobody could tell it from a label.
func ActorMayOpenUser(in UserInput) []Violation {
	if in.Office == nil || in.New == nil || !in.Actor.Narrowed() {
		return nil
	}
	return in.Actor.opens("user "+nameOf(in.New), in.openings(), in.concerning())
}

// ComesAnew tells whether the change may let the user come to what it has not: by labels, filters or account type.
func (in UserInput) ComesAnew() bool {
	return in.Old == nil || !maps.Equal(in.Old.Labels, in.New.Labels) || in.Old.EffectiveAccountType() != in.New.EffectiveAccountType() ||
		Widens(in.Old.Spec.Filters, in.New.Spec.Filters)
}

// comingPath is the field by which the user comes to more.
func (in UserInput) comingPath() *field.Path {
	switch {
	case in.Old == nil:
		return field.NewPath("metadata", "name")
	case !maps.Equal(in.Old.Labels, in.New.Labels):
	case in.Old.EffectiveAccountType() != in.New.EffectiveAccountType():
		return field.NewPath("spec", "accountType")
	case Widens(in.Old.Spec.Filters, in.New.Spec.Filters):
		return field.NewPath("spec", "filters")
	}
	return field.NewPath("metadata", "labels")
}

// openings is the data to which the change gives access; nobody asks where no power is narrowed.
func (in UserInput) openings() openings {
	if in.New == nil || !in.Actor.Narrowed() {
		return nil
	}
	var all openings
	own := FiltersOf(in.New.Spec.Filters)
	if in.ComesAnew() {
		all = append(all, opening{path: field.NewPath("spec", "filters"), why: narrowedText("it", own), data: own})
	}
	path := in.comingPath()
	if !in.ComesAnew() {
		path = field.NewPath("metadata", "name")
	}
	for _, b := range in.Bypasses {
		all = append(all, opening{
			path: path, data: unbypassed(own, b.Dimensions), dimensions: b.Dimensions,
			why: fmt.Sprintf("binding %s hands out set %s, which bypasses filters on %s", b.Binding, b.Set, listed(b.Dimensions)),
		})
	}
	return all
}

// concerning are the actor's powers over accounts of the user's type; all of them where there is none, of which ActorMayTouchUser tells.
func (in UserInput) concerning() []Power {
	accountType := in.New.EffectiveAccountType()
	if !in.Actor.concerns(accountType) {
		return in.Actor.Powers
	}
	return slices.DeleteFunc(slices.Clone(in.Actor.Powers), func(p Power) bool { return !p.Concerns(string(accountType)) })
}

// BypassesOf are the bindings whose sets bypass filters.
func BypassesOf(bounds []Bound) []Bypass {
	var all []Bypass
	for _, b := range bounds {
		if b.Set != nil && len(b.Set.Spec.BypassFilters) > 0 {
			all = append(all, Bypass{Binding: nameOf(b.Binding), Set: nameOf(b.Set), Dimensions: b.Set.Spec.BypassFilters})
		}
	}
	slices.SortFunc(all, func(a, b Bypass) int { return strings.Compare(a.Binding, b.Binding) })
	return all
}

func bypassesOf(set *v1alpha1.PermissionSet) []string {
	if set == nil {
		return nil
	}
	return set.Spec.BypassFilters
}
