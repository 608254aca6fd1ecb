// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// SubjectWithinSetLimit demands that a binding's set is among those of the oldest bindings of a user, as many as it may hold.
func SubjectWithinSetLimit(in SubjectInput) []Violation {
	if !in.Surplus {
		return nil
	}
	return []Violation{violated(field.NewPath("spec"), field.ErrorTypeForbidden, fmt.Sprintf(
		"the user's older bindings hand out %d sets, and spec.policy.permissionSetsPerUser permits no more", in.SetLimit))}
}
