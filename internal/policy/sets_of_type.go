// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// HeldSet is a set that a binding hands to a user, and the types of accounts that may hold it.
type HeldSet struct {
	Binding, Set string
	Types        []v1alpha1.AccountType
}

// SetsOfType tells of sets which bindings hand to a user who may not hold them, by its account type. It never refuses: a binding may be meant for
// users of several types.
func SetsOfType(in UserInput) []Violation {
	var violations []Violation
	for _, held := range in.Restricted {
		if MayHold(in.New.EffectiveAccountType(), held.Types) {
			continue
		}
		violations = append(violations, Violation{
			Severity: Warn, Reason: v1alpha1.ReasonAccountTypeNotPermitted, Field: field.NewPath("spec", "accountType"), Kind: field.ErrorTypeForbidden,
			Message: fmt.Sprintf("%s, and this one is of type %s: it does not get what binding %s hands out",
				heldByText(held.Set, held.Types), in.New.EffectiveAccountType(), held.Binding),
		})
	}
	return violations
}
