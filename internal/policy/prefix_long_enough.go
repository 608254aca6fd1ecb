// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// PrefixLongEnough demands that no network is wider than the policy permits.
func PrefixLongEnough(in UserInput) []Violation {
	rules := in.ipPolicy()
	var violations []Violation
	for _, n := range in.networks() {
		shortest, name := rules.MinPrefixIPv6, "minPrefixIPv6"
		if n.prefix.Addr().Is4() {
			shortest, name = rules.MinPrefixIPv4, "minPrefixIPv4"
		}
		if shortest != nil && n.prefix.Bits() < int(*shortest) {
			violations = append(violations, violated(allowedIPsPath().Index(n.index), field.ErrorTypeForbidden,
				fmt.Sprintf("%s is too wide: the prefix must be /%d or longer (%s)", n.text, *shortest, in.policyOf(name))))
		}
	}
	return violations
}
