// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// opening is data to which a change gives access.
type opening struct {
	path *field.Path
	// why says what narrows it, or why nothing does: "it is not narrowed".
	why string
	// data are the filters that narrow it.
	data []access.Filter
	// dimensions are those that the change is about; nil for all.
	dimensions []string
}

// within tells whether the data lies within the filters of a power.
func (o opening) within(p access.Power) bool { return len(o.beyond(p)) == 0 }

// beyond are those filters of a power within which the data does not lie.
func (o opening) beyond(p access.Power) []access.Filter {
	return slices.DeleteFunc(access.Beyond(o.data, p.Filters), func(f access.Filter) bool {
		return o.dimensions != nil && !slices.Contains(o.dimensions, f.Dimension)
	})
}

// openings are all data to which a change gives access.
type openings []opening

func (all openings) within(p access.Power) bool {
	return !slices.ContainsFunc(all, func(o opening) bool { return !o.within(p) })
}

// opens demands that one of these powers may give access to all of this data. The refusals are about the first power: it is most often the only
// one.
func (a Actor) opens(what string, all openings, powers []Power) []Violation {
	if len(powers) == 0 || slices.ContainsFunc(powers, func(p Power) bool { return all.within(p.Power) }) {
		return nil
	}
	var violations []Violation
	for _, o := range all {
		if o.within(powers[0].Power) {
			continue
		}
		var bounds []string
		for _, p := range powers {
			if beyond := o.beyond(p.Power); len(beyond) > 0 {
				bounds = append(bounds, fmt.Sprintf("%s for %s only", p.Source, strings.Join(DataOf(beyond), " and ")))
			}
		}
		first := powers[0]
		wanted := delegation{rank: &first.Rank, families: first.Families, accountTypes: first.AccountTypes, filters: all.data()}
		for _, e := range access.Content(nil).Lacks(first.Permissions) {
			wanted.permissions = append(wanted.permissions, e.Path)
		}
		violations = append(violations, forbidden(o.path, fmt.Sprintf(
			"%s needs power over more data: %s; %q has %s. Narrow it to that, ask somebody who has it, or add a delegation: %s",
			what, o.why, a.Name, strings.Join(bounds, " and "), a.delegation(wanted))))
	}
	return violations
}

// data is what narrows all of it, for a delegation that would do; nil where several things do.
func (all openings) data() []access.Filter {
	if len(all) != 1 || all[0].dimensions != nil {
		return nil
	}
	return all[0].data
}

// narrowedText says how data is narrowed.
func narrowedText(who string, data []access.Filter) string {
	if len(data) == 0 {
		return who + " is not narrowed"
	}
	return who + " is narrowed to " + strings.Join(DataOf(data), " and ")
}

// unbypassed are the filters that count beside a set which bypasses dimensions.
func unbypassed(filters []access.Filter, dimensions []string) []access.Filter {
	return slices.DeleteFunc(slices.Clone(filters), func(f access.Filter) bool { return slices.Contains(dimensions, f.Dimension) })
}

// bypassing says that a set bypasses dimensions; it is empty where it bypasses none.
func bypassing(set string, dimensions []string) string {
	if len(dimensions) == 0 {
		return ""
	}
	return fmt.Sprintf(" (set %s bypasses filters on %s)", set, listed(dimensions))
}

// Widens tells whether filters let anything through that those before did not.
func Widens(before, after []v1alpha1.Filter) bool {
	return len(access.Beyond(FiltersOf(after), Bounds(FiltersOf(before)))) > 0
}

// Bounds are the filters that bound anything: one that lets all data through does not.
func Bounds(filters []access.Filter) []access.Filter {
	return slices.DeleteFunc(slices.Clone(filters), func(f access.Filter) bool { return f.Mode == access.FilterAll && !f.ReadOnly })
}

// narrowedOn tells whether a power is about some data only of one of these dimensions.
func narrowedOn(p access.Power, dimensions []string) bool {
	return slices.ContainsFunc(p.Filters, func(f access.Filter) bool { return slices.Contains(dimensions, f.Dimension) })
}

// enough are those of the powers that may give access to all of this data; all of them where none may, of which another rule tells.
func (all openings) enough(powers []Power) []Power {
	enough := slices.DeleteFunc(slices.Clone(powers), func(p Power) bool { return !all.within(p.Power) })
	if len(enough) == 0 {
		return powers
	}
	return enough
}

// Narrowed tells whether one of the actor's powers is about some data only.
func (a Actor) Narrowed() bool {
	return slices.ContainsFunc(a.Powers, func(p Power) bool { return len(p.Filters) > 0 })
}
