// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// SubjectsBeneath warns of users who get a set that is stronger than whoever last changed them: their account may have been prepared for that.
func SubjectsBeneath(in BindingInput) []Violation {
	if len(in.Beneath) == 0 {
		return nil
	}
	var names []string
	for _, b := range in.Beneath {
		names = append(names, fmt.Sprintf("%s (by %q)", b.Name, b.Author))
	}
	return []Violation{{
		Severity: Warn, Reason: v1alpha1.ReasonNotAuthorized, Field: field.NewPath("spec"), Kind: field.ErrorTypeForbidden,
		Message: "these users were last changed by somebody who may not hand out this set; make sure that they are who you think: " + listed(names),
	}}
}
