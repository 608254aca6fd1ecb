// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// BackOfficeKnown demands that the BackOffice exists.
func BackOfficeKnown[In member](in In) []Violation {
	if in.backOffice() != nil {
		return nil
	}
	namespace, ref := in.placed()
	return []Violation{{
		Severity: Refuse,
		Reason:   v1alpha1.ReasonReferenceNotFound,
		Field:    field.NewPath("spec", "backOfficeRef"),
		Kind:     field.ErrorTypeNotFound,
		Message:  fmt.Sprintf("BackOffice %s does not exist; this takes effect when it appears", ref.In(namespace)),
	}}
}
