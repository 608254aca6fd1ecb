// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestRotationAtHand(t *testing.T) {
	const (
		annotation = "Refuse PolicyViolated metadata.annotations[access.backoffice-operator.io/rotation-requested-at]: "
		noMoment   = annotation + "Invalid value: must be a time as RFC 3339 has it, such as 2026-11-21T09:30:00Z"
	)
	asked := func(value string) *v1alpha1.BackOfficeUser {
		return testkit.User("ann", "shop", asking(v1alpha1.AnnotationRotationRequestedAt, value))
	}
	ruleCases[UserInput]{
		"nothing is asked":                 {UserInput{New: testkit.User("ann", "shop"), Now: morning}, nil},
		"now":                              {UserInput{New: asked("2026-11-21T09:30:00Z"), Now: morning}, nil},
		"by a clock that is ahead":         {UserInput{New: asked("2026-11-21T09:35:00Z"), Now: morning}, nil},
		"too far ahead":                    {UserInput{New: asked("2026-11-21T09:35:01Z"), Now: morning}, []string{annotation + tooFar}},
		"no moment":                        {UserInput{New: asked("please"), Now: morning}, []string{noMoment}},
		"a change to one that is too far":  {UserInput{Old: asked("2026-11-21T09:30:00Z"), New: asked("2027-11-21T09:30:00Z"), Now: morning}, []string{annotation + tooFar}},
		"one that was there":               {UserInput{Old: asked("2027-11-21T09:30:00Z"), New: asked("2027-11-21T09:30:00Z"), Now: morning}, nil},
		"a reset is not of this rule":      {UserInput{New: testkit.User("ann", "shop", asking(v1alpha1.AnnotationResetRequestedAt, "please")), Now: morning}, nil},
		"a rotation that was asked before": {UserInput{Old: asked("please"), New: testkit.User("ann", "shop"), Now: morning}, nil},
	}.run(t, RotationAtHand)
}
