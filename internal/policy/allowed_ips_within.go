// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"

	"go4.org/netipx"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// AllowedIPsWithin demands that every address lies in the networks of the policy. A network may span several of them.
func AllowedIPsWithin(in UserInput) []Violation {
	within := in.ipPolicy().Within
	if len(within) == 0 {
		return nil
	}
	var builder netipx.IPSetBuilder
	for _, text := range within {
		if prefix, ok := parseNetwork(text); ok {
			builder.AddPrefix(prefix)
		}
	}
	permitted, err := builder.IPSet()
	if err != nil {
		permitted = &netipx.IPSet{} // the schema has refused what is no network
	}
	var violations []Violation
	for _, n := range in.networks() {
		if !permitted.ContainsPrefix(n.prefix) {
			violations = append(violations, violated(allowedIPsPath().Index(n.index), field.ErrorTypeForbidden,
				fmt.Sprintf("%s does not lie within %s (%s)", n.text, strings.Join(within, ", "), in.policyOf("within"))))
		}
	}
	return violations
}
