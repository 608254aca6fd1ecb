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

// TypedUser is a user with its account type.
type TypedUser struct {
	Name        string
	AccountType v1alpha1.AccountType
}

// HeldBy are the types of accounts that may hold a set: those of the set and of each set that it inherits from. It is empty for all types, and
// has a type that no account has where that is none. Sets are keyed by namespace/name.
func HeldBy(ancestry access.Ancestry, sets map[string]*v1alpha1.PermissionSet) []v1alpha1.AccountType {
	var restricting []string
	for name := range ancestry.Distance {
		if set := sets[name]; set != nil && len(set.Spec.AccountTypes) > 0 {
			restricting = append(restricting, name)
		}
	}
	slices.Sort(restricting)
	var types []v1alpha1.AccountType
	for _, name := range restricting {
		types = common(types, sets[name].Spec.AccountTypes)
	}
	return types
}

// MayHold tells whether accounts of a type are among those that may hold a set.
func MayHold(accountType v1alpha1.AccountType, heldBy []v1alpha1.AccountType) bool {
	return len(heldBy) == 0 || slices.Contains(heldBy, accountType)
}

// SubjectsOfType demands that the users whom a binding names may hold its set, by their account types. Those whom it selects it tells of: a label
// may select users of several types, and those who may not hold the set do not get it.
func SubjectsOfType(in BindingInput) []Violation {
	if in.NewSet == nil {
		return nil
	}
	var named, selected []string
	for _, u := range in.Users {
		text := fmt.Sprintf("%s (%s)", u.Name, u.AccountType)
		switch isNamed := slices.ContainsFunc(in.New.Spec.Subjects, func(s v1alpha1.RoleBindingSubject) bool { return s.Name == u.Name }); {
		case MayHold(u.AccountType, in.NewTypes):
		case isNamed:
			named = append(named, text)
		default:
			selected = append(selected, text)
		}
	}
	var violations []Violation
	if len(named) > 0 {
		violations = append(violations, Violation{
			Severity: Refuse, Reason: v1alpha1.ReasonAccountTypeNotPermitted, Field: field.NewPath("spec", "subjects"), Kind: field.ErrorTypeForbidden,
			Message: in.heldByText() + ", and not by " + listed(named) + ": remove them, or bind a set that they may hold",
			about:   named,
		})
	}
	if len(selected) > 0 {
		violations = append(violations, Violation{
			Severity: Warn, Reason: v1alpha1.ReasonAccountTypeNotPermitted, Field: field.NewPath("spec", "selector"), Kind: field.ErrorTypeForbidden,
			Message: in.heldByText() + ", and not by " + listed(selected) + ", who do not get it",
		})
	}
	return violations
}

func (in BindingInput) heldByText() string { return heldByText(nameOf(in.NewSet), in.NewTypes) }

// heldByText says who may hold a set.
func heldByText(set string, types []v1alpha1.AccountType) string {
	if slices.Contains(types, noAccountType) {
		return fmt.Sprintf("set %s may be held by no account: its accountTypes and those of the sets that it inherits from have none in common", set)
	}
	return fmt.Sprintf("set %s may be held by accounts of type %s", set, typesText(types))
}
