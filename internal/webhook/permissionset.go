// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

func permissionSets(facts gather.Admission) *validator[*v1alpha1.PermissionSet, policy.SetInput] {
	return &validator[*v1alpha1.PermissionSet, policy.SetInput]{
		empty:     &v1alpha1.PermissionSet{},
		facts:     facts,
		gather:    facts.PermissionSet,
		spec:      func(s *v1alpha1.PermissionSet) any { return s.Spec },
		admission: policy.SetAdmission,
		deletion:  policy.SetDeletion,
	}
}
