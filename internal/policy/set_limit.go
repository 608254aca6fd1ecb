// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Surplus returns those of a user's bindings, by age, whose sets are more than the user may hold: the sets of the oldest bindings stay. A binding
// that has ended does not count, and one that is yet to begin does: otherwise its beginning would take another one away. So does one whose set is
// missing. A binding that is not stored yet is the youngest. Sets that the user may not hold by its account type are for the caller to leave out.
func Surplus(bindings []*v1alpha1.RoleBinding, limit int, now time.Time) []*v1alpha1.RoleBinding {
	byAge := slices.DeleteFunc(slices.Clone(bindings), func(b *v1alpha1.RoleBinding) bool {
		return !b.DeletionTimestamp.IsZero() || b.Spec.ExpiresAt != nil && !now.Before(b.Spec.ExpiresAt.Time)
	})
	slices.SortFunc(byAge, older)
	kept := map[string]bool{}
	return slices.DeleteFunc(byAge, func(b *v1alpha1.RoleBinding) bool {
		set := b.Spec.PermissionSetRef.In(b.Namespace).String()
		if !kept[set] && len(kept) < limit {
			kept[set] = true
		}
		return kept[set]
	})
}

// older orders bindings by age, those that are not stored yet last.
func older(a, b *v1alpha1.RoleBinding) int {
	switch fresh, other := a.CreationTimestamp.IsZero(), b.CreationTimestamp.IsZero(); {
	case fresh && !other:
		return 1
	case other && !fresh:
		return -1
	}
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID), cmp.Compare(a.Name, b.Name))
}

// SetLimit is how many sets a user of a back office may hold; zero for any number.
func SetLimit(office *v1alpha1.BackOffice) int {
	if office == nil || office.Spec.Policy == nil || office.Spec.Policy.PermissionSetsPerUser == nil {
		return 0
	}
	return int(*office.Spec.Policy.PermissionSetsPerUser)
}

// UserWithinSetLimit tells which bindings of a user hand out more sets than it may hold. It never refuses: another binding may go in the same
// rollout.
func UserWithinSetLimit(in UserInput) []Violation {
	if len(in.Surplus) == 0 {
		return nil
	}
	return []Violation{overLimit(in.Office, fmt.Sprintf("what bindings %s hand out is withheld from this user", listed(in.Surplus)))}
}

// BindingWithinSetLimit tells which users of a binding come to hold more sets than they may. It never refuses: another binding may go in the same
// rollout.
func BindingWithinSetLimit(in BindingInput) []Violation {
	if len(in.Crowded) == 0 {
		return nil
	}
	return []Violation{overLimit(in.Office, fmt.Sprintf("with this, %s would hold more, and what their youngest bindings hand out is withheld from them",
		listed(in.Crowded)))}
}

func overLimit(office *v1alpha1.BackOffice, what string) Violation {
	return Violation{
		Severity: Warn, Reason: v1alpha1.ReasonPolicyViolated, Field: field.NewPath("spec"), Kind: field.ErrorTypeForbidden,
		Message: fmt.Sprintf("%s permits %d: %s until another binding goes", partOf(office, "policy.permissionSetsPerUser"), SetLimit(office), what),
	}
}
