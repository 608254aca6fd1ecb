// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// accountTypes are all types of accounts.
var accountTypes = []v1alpha1.AccountType{
	v1alpha1.AccountStaff, v1alpha1.AccountAdministrator, v1alpha1.AccountAffiliate, v1alpha1.AccountStoreApp, v1alpha1.AccountAPI,
}

// ActorMayPermit demands power over the types of accounts that may hold a set after the change and could not before. That the actor also has what
// the set gives is for ActorMayGive.
func ActorMayPermit(in SetInput) []Violation {
	if in.Office == nil {
		return nil
	}
	set := either(in.New, in.Old)
	need := in.cappedNeed(set, set)
	if !in.Actor.allows(need) {
		return nil // ActorMayWriteSet tells
	}
	var violations []Violation
	for _, t := range in.Permitted() {
		if !in.Actor.touches(need, t) {
			what := fmt.Sprintf("to let accounts of type %s hold set %s", t, nameOf(set))
			violations = append(violations, forbidden(field.NewPath("spec", "accountTypes"), in.Actor.lacksType(what, t, &need)))
		}
	}
	return violations
}

// Permitted are the types of accounts that may hold the set after the change and could not before. A set that is made lets nobody hold anything
// yet.
func (in SetInput) Permitted() []v1alpha1.AccountType {
	if in.Old == nil || in.New == nil || !in.typed() {
		return nil
	}
	return slices.DeleteFunc(in.heldBy(in.New), func(t v1alpha1.AccountType) bool { return slices.Contains(in.heldBy(in.Old), t) })
}

// Excluded are the types of accounts that could hold the set before the change, and what inherits from it, and may not after it: they are denied
// nothing by it any more. A set that is made may take them from those that wait for it.
func (in SetInput) Excluded() []v1alpha1.AccountType {
	if in.New == nil || !in.typed() {
		return nil
	}
	before := accountTypes
	if in.Old != nil {
		before = in.heldBy(in.Old)
	}
	return slices.DeleteFunc(slices.Clone(before), func(t v1alpha1.AccountType) bool { return slices.Contains(in.heldBy(in.New), t) })
}

// heldBy are the types of accounts that may hold a state of the set.
func (in SetInput) heldBy(set *v1alpha1.PermissionSet) []v1alpha1.AccountType {
	world, self := WorldOf(in.setsWith(set)), nameOf(set)
	return slices.DeleteFunc(slices.Clone(accountTypes), func(t v1alpha1.AccountType) bool { return !world.Permits(self, string(t)) })
}

// typed tells whether any set is for accounts of some types only.
func (in SetInput) typed() bool {
	of := func(s *v1alpha1.PermissionSet) bool { return s != nil && len(s.Spec.AccountTypes) > 0 }
	return of(in.Old) || of(in.New) || slices.ContainsFunc(slices.Collect(maps.Values(in.Sets)), of)
}

// Bypasses are the dimensions that the set bypasses after the change and did not before.
func (in SetInput) Bypasses() []string {
	if in.New == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(in.New.Spec.BypassFilters), func(d string) bool { return slices.Contains(bypassesOf(in.Old), d) })
}
