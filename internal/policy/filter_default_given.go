// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// FilterDefaultGiven demands a default of each filter that lets several values, or a group, of a dimension through which needs one.
func FilterDefaultGiven[In filtered](in In) []Violation {
	office, filters := in.backOffice(), in.filters()
	if office == nil || len(filters) == 0 {
		return nil
	}
	dimensions := dimensionsOf(office)
	var violations []Violation
	for i, f := range filters {
		several := f.Mode == v1alpha1.FilterOnly && (len(f.Groups) > 0 || len(f.Values) > 1)
		if !several || f.Default != "" || !dimensions[f.Dimension].DefaultRequired {
			continue
		}
		v := violated(filterPath(i).Child("default"), field.ErrorTypeRequired, fmt.Sprintf(
			"this lets several %s through, and defaultRequired in %s demands the one with which the user begins",
			f.Dimension, partOf(office, "filterDimensions")))
		v.about = []string{"no default of " + f.Dimension}
		violations = append(violations, v)
	}
	return violations
}
