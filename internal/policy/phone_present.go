// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// PhonePresent demands that a user has a telephone number where the policy requires a second factor, which is sent there.
func PhonePresent(in UserInput) []Violation {
	if in.rules().TwoFactor != v1alpha1.DemandRequired || in.New.Spec.Profile != nil && in.New.Spec.Profile.Phone != "" {
		return nil
	}
	return []Violation{violated(field.NewPath("spec", "profile", "phone"), field.ErrorTypeRequired,
		partOf(in.Office, "policy.twoFactor")+" demands a telephone number, to which the second factor is sent")}
}
