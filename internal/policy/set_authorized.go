// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// SetAuthorized demands, in the background, that whoever applied a set may give what it inherits from sets that were not judged at admission:
// they appeared later, or are other objects now, or the BackOffice was not there. Then all of the set is judged.
func SetAuthorized(in SetInput) []Violation {
	if in.Office == nil || !in.Author.Known {
		return nil
	}
	self := nameOf(in.New)
	world := WorldOf(in.Sets)
	if !in.Author.Judged {
		if in.authorGives(self, world) {
			return nil
		}
		return []Violation{unauthorized(field.NewPath("spec"),
			"whoever applied this may not hand out a set of this rank, what it inherits from, or what it gives, and did so before the BackOffice was there")}
	}
	var violations []Violation
	for i, ref := range in.New.Spec.Extends {
		parent := ref.In(in.New.Namespace).String()
		set := in.Sets[parent]
		if set == nil || slices.Contains(in.Author.Sets, set.UID) || in.authorGives(parent, world) {
			continue
		}
		violations = append(violations, unauthorized(field.NewPath("spec", "extends").Index(i), fmt.Sprintf(
			"whoever applied this may not give what set %s gives, which appeared afterwards", parent)))
	}
	return violations
}

// authorGives tells whether one of the author's powers reaches the set and all that it inherits from, and has all that it gives. One that is about
// some data only is not enough: nobody looked on which data bindings hand it out.
func (in SetInput) authorGives(name string, world access.World) bool {
	gives := world.Inherited(name).Gives
	var needs []access.Need
	for _, id := range world.Ancestors(name) {
		needs = append(needs, access.Need{Family: world[id].Family, Rank: world[id].Rank})
	}
	return slices.ContainsFunc(in.Author.Powers, func(p access.Power) bool {
		unreached := slices.ContainsFunc(needs, func(n access.Need) bool { return !p.Reaches(n) })
		return !unreached && len(p.Filters) == 0 && len(p.Permissions.Lacks(gives)) == 0
	})
}

// WorldOf is the world of these sets, by the names that they have here, as if all of them were in force.
func WorldOf(sets map[string]*v1alpha1.PermissionSet) access.World {
	world := access.World{}
	for id, s := range sets {
		if s == nil {
			continue
		}
		set := access.Set{Rank: s.EffectiveRank(), Family: s.EffectiveFamily(), Bypass: s.Spec.BypassFilters}
		for _, t := range s.Spec.AccountTypes {
			set.AccountTypes = append(set.AccountTypes, string(t))
		}
		set.Rights = access.Rights{Gives: contentOf(s.Spec.Permissions), Deny: s.Spec.Deny}
		for _, ref := range s.Spec.Extends {
			set.Extends = append(set.Extends, ref.In(s.Namespace).String())
		}
		world[id] = set
	}
	return world
}

func contentOf(permissions []v1alpha1.Permission) access.Content {
	var entries []access.Entry
	for _, p := range permissions {
		entries = append(entries, access.Entry{Path: p.Path, Level: access.LevelOf(string(p.Level))})
	}
	return access.ContentOf(entries...)
}

func rightsOfBinding(b *v1alpha1.RoleBinding) access.Rights {
	if b == nil {
		return access.Rights{}
	}
	return access.Rights{Gives: contentOf(b.Spec.Grants), Deny: b.Spec.Deny}
}

// FiltersOf are filters as the model has them.
func FiltersOf(filters []v1alpha1.Filter) []access.Filter {
	var out []access.Filter
	for _, f := range filters {
		out = append(out, access.Filter{
			Dimension: f.Dimension, Mode: access.FilterMode(f.Mode), ReadOnly: f.EffectiveAccess() == v1alpha1.FilterReadOnly,
			Values: f.Values, Groups: f.Groups, Tags: f.Tags,
		})
	}
	return out
}

// GrantOf is what a binding hands out, and when.
func GrantOf(b *v1alpha1.RoleBinding) access.Grant {
	g := access.Grant{
		Name: string(b.UID), Set: b.Spec.PermissionSetRef.In(b.Namespace).String(), Rights: rightsOfBinding(b), Filters: FiltersOf(b.Spec.Filters),
	}
	if b.Spec.NotBefore != nil {
		g.NotBefore = b.Spec.NotBefore.Time
	}
	if b.Spec.ExpiresAt != nil {
		g.ExpiresAt = b.Spec.ExpiresAt.Time
	}
	return g
}
