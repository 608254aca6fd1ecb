// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// KubernetesUserFree demands that no other user of the back office names the same Kubernetes user. Where two do, the identity has the power of
// neither.
func KubernetesUserFree(in UserInput) []Violation {
	if len(in.SameKubernetesUser) == 0 {
		return nil
	}
	return []Violation{{
		Severity: Refuse,
		Reason:   v1alpha1.ReasonKubernetesUserTaken,
		Field:    field.NewPath("spec", "kubernetesUser"),
		Kind:     field.ErrorTypeDuplicate,
		Message: fmt.Sprintf("BackOfficeUser %s names the same Kubernetes user: an identity is one user of a back office, so change or remove one of them",
			in.SameKubernetesUser[0]),
	}}
}
