// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
)

func TestSubjectWithinSetLimit(t *testing.T) {
	ruleCases[SubjectInput]{
		"no limit":  {SubjectInput{}, nil},
		"within it": {SubjectInput{SetLimit: 2}, nil},
		"beyond it": {SubjectInput{SetLimit: 2, Surplus: true}, []string{
			"Refuse PolicyViolated spec: Forbidden: the user's older bindings hand out 2 sets, and spec.policy.permissionSetsPerUser permits no more",
		}},
	}.run(t, SubjectWithinSetLimit)
}
