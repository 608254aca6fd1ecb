// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
)

// FiltersDeclared demands that filters name only dimensions which the back office declares. What a filter of an unknown dimension narrows nobody
// knows.
func FiltersDeclared[In filtered](in In) []Violation {
	office, filters := in.backOffice(), in.filters()
	if office == nil || len(filters) == 0 {
		return nil
	}
	known := dimensionsOf(office)
	var violations []Violation
	for i, f := range filters {
		if _, ok := known[f.Dimension]; ok {
			continue
		}
		violations = append(violations, undeclared(office, filterPath(i).Child("dimension"), f.Dimension))
	}
	return violations
}

// unknownName says that a name is none of those of a back office, and which one may be meant.
func unknownName(name string, names []string, part string) string {
	message := fmt.Sprintf("%q is not among %s", name, part)
	if match := nearest(name, names); match != "" {
		message += "; did you mean " + match + "?"
	}
	return message
}
