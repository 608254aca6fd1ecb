// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// AllowedIPsCount demands that a user has no more entries than the policy permits.
func AllowedIPsCount(in UserInput) []Violation {
	limit, count := in.ipPolicy().MaxEntries, len(in.New.Spec.AllowedIPs)
	if limit == nil || count <= int(*limit) {
		return nil
	}
	return []Violation{violated(allowedIPsPath(), field.ErrorTypeTooMany,
		fmt.Sprintf("has %d entries, and %s permits %d", count, in.policyOf("maxEntries"), *limit))}
}
