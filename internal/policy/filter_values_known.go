// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// FilterValuesKnown demands that filters name only values which their dimension has, where the back office lists them. Groups and tags are the
// back office's own data.
func FilterValuesKnown[In filtered](in In) []Violation {
	office, filters := in.backOffice(), in.filters()
	if office == nil || len(filters) == 0 {
		return nil
	}
	dimensions := dimensionsOf(office)
	var violations []Violation
	check := func(path *field.Path, dimension v1alpha1.FilterDimension, value string) {
		if slices.Contains(dimension.Values, value) {
			return
		}
		message := fmt.Sprintf("%s has no %q by %s", dimension.Name, value, partOf(office, "filterDimensions"))
		if len(violations) < maxSuggestions {
			if match := nearest(value, dimension.Values); match != "" {
				message += "; did you mean " + match + "?"
			}
		}
		violations = append(violations, Violation{
			Severity: Refuse, Reason: v1alpha1.ReasonFilterUnknown, Field: path, Kind: field.ErrorTypeNotSupported,
			Message: message, about: []string{dimension.Name + " " + value},
		})
	}
	for i, f := range filters {
		dimension := dimensions[f.Dimension]
		if len(dimension.Values) == 0 {
			continue
		}
		for j, value := range f.Values {
			check(filterPath(i).Child("values").Index(j), dimension, value)
		}
		if f.Default != "" && !slices.Contains(f.Values, f.Default) {
			check(filterPath(i).Child("default"), dimension, f.Default)
		}
	}
	return violations
}
