// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// AnyIPPermitted demands that "*" is used only where the policy allows it.
func AnyIPPermitted(in UserInput) []Violation {
	i := slices.Index(in.New.Spec.AllowedIPs, anyAddress)
	if i < 0 || in.ipPolicy().AllowAny {
		return nil
	}
	return []Violation{violated(allowedIPsPath().Index(i), field.ErrorTypeForbidden,
		`"*" means no restriction, which `+in.policyOf("allowAny")+" does not permit: list addresses or networks")}
}
