// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Admitted demands that the object carries an admission stamp that fits it: else it got past the webhooks, or was changed behind them, and
// nobody knows whether whoever did that may hand anything out.
func Admitted[In member](in In) []Violation {
	if in.author().Known {
		return nil
	}
	return []Violation{notAdmitted("it carries no admission stamp that fits it: it was written, changed or restored while the webhooks were not there")}
}

// notAdmitted is the violation of an object of which nobody knows who stands behind it.
func notAdmitted(why string) Violation {
	return Violation{
		Severity: Refuse,
		Reason:   v1alpha1.ReasonNotAdmitted,
		Field:    field.NewPath("metadata", "annotations").Key(v1alpha1.AnnotationAdmitted),
		Kind:     field.ErrorTypeRequired,
		Message:  why + "; " + applyAgain,
	}
}

// applyAgain is the way out for an object whose author has too little power, or is unknown.
var applyAgain = fmt.Sprintf("somebody with the power has to apply it again, or to annotate it with %s=<time>", v1alpha1.AnnotationReconcileRequestedAt)
