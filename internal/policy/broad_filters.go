// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// BroadFilters tells of each filter that comes to let all data through. It never refuses: to write so is how somebody says that it is meant.
func BroadFilters[In filtered](in In) []Violation {
	var violations []Violation
	for i, f := range in.filters() {
		wasBroad := slices.ContainsFunc(in.had(), func(had v1alpha1.Filter) bool { return had.Dimension == f.Dimension && had.Mode == v1alpha1.FilterAll })
		if f.Mode != v1alpha1.FilterAll || wasBroad {
			continue
		}
		violations = append(violations, Violation{
			Severity: Warn, Reason: v1alpha1.ReasonAccessChanges, Field: filterPath(i).Child("mode"), Kind: field.ErrorTypeForbidden,
			Message: fmt.Sprintf("mode All reaches all %s: make sure that this is meant", f.Dimension),
		})
	}
	return violations
}
