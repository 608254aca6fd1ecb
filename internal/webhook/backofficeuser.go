// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

func backOfficeUsers(facts gather.Admission) *validator[*v1alpha1.BackOfficeUser, policy.UserInput] {
	return &validator[*v1alpha1.BackOfficeUser, policy.UserInput]{
		empty:     &v1alpha1.BackOfficeUser{},
		facts:     facts,
		gather:    facts.User,
		spec:      func(u *v1alpha1.BackOfficeUser) any { return u.Spec },
		admission: policy.UserAdmission,
		deletion:  policy.UserDeletion,
	}
}
