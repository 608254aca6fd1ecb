// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// SelectorWellFormed demands that the selector is one that Kubernetes understands. The schema cannot say that; one that is not selects nobody.
func SelectorWellFormed(in BindingInput) []Violation {
	path := field.NewPath("spec", "selector")
	var violations []Violation
	for _, err := range metav1validation.ValidateLabelSelector(in.New.Spec.Selector, metav1validation.LabelSelectorValidationOptions{}, path) {
		violations = append(violations, Violation{
			Severity: Refuse,
			Reason:   v1alpha1.ReasonPolicyViolated,
			Field:    path,
			Kind:     field.ErrorTypeInvalid,
			Message:  err.Error(),
		})
	}
	return violations
}
