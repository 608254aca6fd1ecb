// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// BypassDeclared demands that a set bypasses the filters of dimensions only which the back office declares. What it bypasses beyond these has no
// effect.
func BypassDeclared(in SetInput) []Violation {
	if in.Office == nil || len(in.New.Spec.BypassFilters) == 0 {
		return nil
	}
	known := dimensionsOf(in.Office)
	var violations []Violation
	for i, name := range in.New.Spec.BypassFilters {
		if _, declared := known[name]; !declared {
			violations = append(violations, undeclared(in.Office, field.NewPath("spec", "bypassFilters").Index(i), name))
		}
	}
	return violations
}

// undeclared says that a back office does not declare a dimension, and which one may be meant.
func undeclared(office *v1alpha1.BackOffice, path *field.Path, dimension string) Violation {
	var names []string
	for _, d := range office.Spec.FilterDimensions {
		names = append(names, d.Name)
	}
	return Violation{
		Severity: Refuse, Reason: v1alpha1.ReasonFilterUnknown, Field: path, Kind: field.ErrorTypeNotSupported,
		Message: unknownName(dimension, names, partOf(office, "filterDimensions")), about: []string{dimension},
	}
}
