// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// SeatFree demands that the quotas of the back office have a seat for the user.
// It never refuses: a seat may become free in the same rollout, and the store counts.
func SeatFree(in UserInput) []Violation {
	if in.Office == nil {
		return nil
	}
	var violations []Violation
	for _, quota := range in.FullQuotas {
		violations = append(violations, Violation{
			Severity: Warn,
			Reason:   v1alpha1.ReasonQuotaExceeded,
			Field:    field.NewPath("spec", "backOfficeRef"),
			Kind:     field.ErrorTypeForbidden,
			Message: fmt.Sprintf("spec.quotas.%s of BackOffice %s/%s looks full; this user gets no access until a seat is free",
				quota, in.Office.Namespace, in.Office.Name),
		})
	}
	return violations
}
