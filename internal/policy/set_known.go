// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// BoundSetKnown demands that the set that a binding hands out exists.
func BoundSetKnown(in BindingInput) []Violation {
	if in.NewSet != nil {
		return nil
	}
	return []Violation{notFound(field.NewPath("spec", "permissionSetRef"),
		"PermissionSet "+in.New.Spec.PermissionSetRef.In(in.New.Namespace).String())}
}

// ExtendedSetsKnown demands that all sets exist that a set inherits from.
func ExtendedSetsKnown(in SetInput) []Violation {
	var violations []Violation
	for _, missing := range in.NewAncestry.Missing {
		violations = append(violations, notFound(field.NewPath("spec", "extends"), "PermissionSet "+missing+" of this back office"))
	}
	return violations
}

// SubjectsKnown demands that all users exist that a binding names.
func SubjectsKnown(in BindingInput) []Violation {
	var violations []Violation
	for _, name := range in.MissingSubjects {
		violations = append(violations, notFound(field.NewPath("spec", "subjects").Key(name),
			fmt.Sprintf("BackOfficeUser %s/%s of this back office", in.New.Namespace, name)))
	}
	return violations
}

func notFound(path *field.Path, what string) Violation {
	return Violation{
		Severity: Refuse, Reason: v1alpha1.ReasonReferenceNotFound, Field: path, Kind: field.ErrorTypeNotFound,
		Message: what + " does not exist; this takes effect when it appears",
	}
}
