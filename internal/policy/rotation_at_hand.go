// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/backoffice-operator/backoffice-operator/api/v1alpha1"

// RotationAtHand demands that a rotation is asked for by now: for later ones there is spec.credentials.rotation.
func RotationAtHand(in UserInput) []Violation {
	return annotated(in, v1alpha1.AnnotationRotationRequestedAt, v1alpha1.ReasonPolicyViolated).judge(in.Now)
}
