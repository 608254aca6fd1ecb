// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import "k8s.io/apimachinery/pkg/util/validation/field"

// AllowedIPsPresent demands that a user has allowedIPs where the policy requires it.
func AllowedIPsPresent(in UserInput) []Violation {
	if !in.ipPolicy().Required || len(in.New.Spec.AllowedIPs) > 0 {
		return nil
	}
	return []Violation{violated(allowedIPsPath(), field.ErrorTypeRequired,
		in.policyOf("required")+" demands the addresses from which the user may log in")}
}
