// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

func backOffices(facts gather.Admission) *validator[*v1alpha1.BackOffice, policy.OfficeInput] {
	return &validator[*v1alpha1.BackOffice, policy.OfficeInput]{
		empty:     &v1alpha1.BackOffice{},
		facts:     facts,
		gather:    facts.BackOffice,
		spec:      func(o *v1alpha1.BackOffice) any { return o.Spec },
		admission: policy.OfficeAdmission,
		deletion:  policy.OfficeAdmission,
	}
}
