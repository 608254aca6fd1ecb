// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import "k8s.io/apimachinery/pkg/util/validation/field"

// EmailPresent demands that a user has an e-mail address where the policy requires it.
func EmailPresent(in UserInput) []Violation {
	if !in.emailPolicy().Required || in.New.EffectiveEmail() != "" {
		return nil
	}
	return []Violation{violated(emailPath(), field.ErrorTypeRequired, partOf(in.Office, "policy.email.required")+" demands an e-mail address")}
}
