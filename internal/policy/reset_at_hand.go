// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// UserResetAtHand demands that the reset of a user, by the field or by the annotation, is asked for by now: it waits until its moment, and the
// field only moves forward, so that no earlier one could be asked for.
func UserResetAtHand(in UserInput) []Violation {
	byField := moment{
		path: field.NewPath("spec", "credentials", "reset"), old: resetOf(in.Old), asked: resetOf(in.New), tooFar: v1alpha1.ReasonResetAhead,
	}
	byAnnotation := annotated(in, v1alpha1.AnnotationResetRequestedAt, v1alpha1.ReasonResetAhead)
	return append(byField.judge(in.Now), byAnnotation.judge(in.Now)...)
}

// OfficeResetAtHand demands the same of the reset of all passwords.
func OfficeResetAtHand(in OfficeInput) []Violation {
	return moment{
		path: field.NewPath("spec", "credentials", "resetIssuedBefore"), old: resetOfAll(in.Old), asked: resetOfAll(in.New), tooFar: v1alpha1.ReasonResetAhead,
	}.judge(in.Now)
}

func resetOf(u *v1alpha1.BackOfficeUser) *string {
	if u == nil || u.Spec.Credentials == nil {
		return nil
	}
	return inField(u.Spec.Credentials.Reset)
}

func resetOfAll(o *v1alpha1.BackOffice) *string {
	if o == nil || o.Spec.Credentials == nil {
		return nil
	}
	return inField(o.Spec.Credentials.ResetIssuedBefore)
}
