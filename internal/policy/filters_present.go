// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// FiltersPresent demands that a user has filters where the policy requires them. Until then the account is blocked.
func FiltersPresent(in UserInput) []Violation {
	if in.rules().Filters != v1alpha1.DemandRequired || len(in.New.Spec.Filters) > 0 {
		return nil
	}
	return []Violation{{
		Severity: Refuse, Reason: v1alpha1.ReasonFiltersRequired, Field: field.NewPath("spec", "filters"), Kind: field.ErrorTypeRequired,
		Message: partOf(in.Office, "policy.filters") + " demands filters: the account stays blocked until it has one",
	}}
}

// rules are those of the back office; the zero value where it has none, or does not exist.
func (in UserInput) rules() v1alpha1.Policy {
	if in.Office == nil || in.Office.Spec.Policy == nil {
		return v1alpha1.Policy{}
	}
	return *in.Office.Spec.Policy
}
