// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// SubjectOfType demands that a user may hold a binding's set, by its account type.
func SubjectOfType(in SubjectInput) []Violation {
	if MayHold(in.AccountType, in.Types) {
		return nil
	}
	return []Violation{{
		Severity: Refuse, Reason: v1alpha1.ReasonAccountTypeNotPermitted, Field: field.NewPath("spec"), Kind: field.ErrorTypeForbidden,
		Message: fmt.Sprintf("%s, and the user's is of type %s", heldByText(in.Set, in.Types), in.AccountType),
	}}
}
