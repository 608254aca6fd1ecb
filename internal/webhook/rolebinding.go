// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

func roleBindings(facts gather.Admission) *validator[*v1alpha1.RoleBinding, policy.BindingInput] {
	return &validator[*v1alpha1.RoleBinding, policy.BindingInput]{
		empty:     &v1alpha1.RoleBinding{},
		facts:     facts,
		gather:    facts.Binding,
		spec:      func(b *v1alpha1.RoleBinding) any { return b.Spec },
		admission: policy.BindingAdmission,
		deletion:  policy.BindingDeletion,
	}
}
