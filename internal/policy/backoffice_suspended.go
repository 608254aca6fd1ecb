// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// BackOfficeSuspended warns of a suspended BackOffice: what the object gives waits, and what it takes away does not. It never refuses.
func BackOfficeSuspended[In member](in In) []Violation {
	office := in.backOffice()
	if office == nil || !office.Suspended() {
		return nil
	}
	namespace, ref := in.placed()
	return []Violation{{
		Severity: Warn,
		Reason:   v1alpha1.ReasonSuspended,
		Field:    field.NewPath("spec", "backOfficeRef"),
		Kind:     field.ErrorTypeForbidden,
		Message: fmt.Sprintf("BackOffice %s is suspended: what this gives waits until that ends, and what it takes away is taken away at once",
			ref.In(namespace)),
	}}
}
