// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// NamespacesByName demands that namespaces are listed by name where the operator reads no labels of namespaces. An entry that was there before is a
// warning: the operator may have been installed otherwise then.
func NamespacesByName(in OfficeInput) []Violation {
	if in.New == nil || !in.NamesAlone {
		return nil
	}
	var violations []Violation
	for i, entry := range in.New.Spec.Namespaces {
		if entry.Selector == nil {
			continue
		}
		severity := Refuse
		if in.Old != nil && slices.ContainsFunc(in.Old.Spec.Namespaces, func(was v1alpha1.NamespaceAdmission) bool {
			return equality.Semantic.DeepEqual(was.Selector, entry.Selector)
		}) {
			severity = Warn
		}
		violations = append(violations, Violation{
			Severity: severity,
			Reason:   v1alpha1.ReasonPolicyViolated,
			Field:    field.NewPath("spec", "namespaces").Index(i).Child("selector"),
			Kind:     field.ErrorTypeForbidden,
			Message:  "this operator watches some namespaces alone and reads no labels of namespaces: the selector admits nobody. List the namespaces by names",
		})
	}
	return violations
}
