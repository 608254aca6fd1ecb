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

// BindingWithinCeiling demands that a binding hands out no more than its namespace may, whoever applies it.
func BindingWithinCeiling(in BindingInput) []Violation {
	if in.Office == nil || in.Terms.Rank == nil {
		return nil
	}
	var violations []Violation
	if set := in.NewSet; set != nil && set.EffectiveRank() < *in.Terms.Rank {
		violations = append(violations, in.exceeds(field.NewPath("spec", "permissionSetRef"),
			fmt.Sprintf("set %s/%s has rank %d", set.Namespace, set.Name, set.EffectiveRank())))
	}
	for _, e := range in.Terms.Permissions.Lacks(rightsOfBinding(in.New).Gives) {
		violations = append(violations, in.exceeds(field.NewPath("spec", "grants").Key(e.Path),
			fmt.Sprintf("%s is not among the permissions that grants of this namespace may give", e)))
	}
	return violations
}

func (in BindingInput) exceeds(path *field.Path, what string) Violation {
	return exceeding(path, what, in.Terms.ceiling(in.Office, in.New.Namespace))
}

// SetWithinCeiling demands that a set, with what it inherits, gives no more than its namespace may, whoever applies it.
func SetWithinCeiling(in SetInput) []Violation {
	if in.Office == nil || in.Terms.Rank == nil {
		return nil
	}
	ceiling := in.Terms.ceiling(in.Office, in.New.Namespace)
	var violations []Violation
	check := func(path *field.Path, set *v1alpha1.PermissionSet) {
		if set != nil && set.EffectiveRank() < *in.Terms.Rank {
			violations = append(violations, exceeding(path, fmt.Sprintf("set %s has rank %d", nameOf(set), set.EffectiveRank()), ceiling))
		}
	}
	check(field.NewPath("spec", "rank"), in.New)
	for _, id := range slices.Sorted(maps.Keys(in.NewAncestry.Distance)) {
		if id != nameOf(in.New) {
			check(field.NewPath("spec", "extends"), in.Sets[id])
		}
	}
	if missing := in.Terms.Permissions.Lacks(in.rights(in.New).Gives); len(missing) > 0 {
		v := exceeding(contentPath(in.New, missing),
			fmt.Sprintf("%s are not among the permissions that sets of this namespace may give", listed(texts(missing))), ceiling)
		v.about = texts(missing)
		violations = append(violations, v)
	}
	return violations
}

// contentPath is the permission of the set that is at fault, or extends where it is inherited.
func contentPath(set *v1alpha1.PermissionSet, missing []access.Entry) *field.Path {
	for _, p := range set.Spec.Permissions {
		if p.Path == missing[0].Path {
			return field.NewPath("spec", "permissions").Key(p.Path)
		}
	}
	return field.NewPath("spec", "extends")
}

func exceeding(path *field.Path, what, ceiling string) Violation {
	return Violation{
		Severity: Refuse, Reason: v1alpha1.ReasonCeilingExceeded, Field: path, Kind: field.ErrorTypeForbidden,
		Message: fmt.Sprintf("%s, and %s: ask the owner of the BackOffice to raise the ceiling, or hand out less", what, ceiling),
	}
}
