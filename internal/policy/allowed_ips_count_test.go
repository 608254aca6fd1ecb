// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestAllowedIPsCount(t *testing.T) {
	two := v1alpha1.IPPolicy{MaxEntries: new(int32(2))}
	ruleCases[UserInput]{
		"no rule":      {from(v1alpha1.IPPolicy{}, "10.0.0.1", "10.0.0.2", "10.0.0.3"), nil},
		"exactly full": {from(two, "10.0.0.1", "10.0.0.2"), nil},
		"one too many": {from(two, "10.0.0.1", "10.0.0.2", "10.0.0.3"), []string{
			"Refuse PolicyViolated spec.allowedIPs: Too many: has 3 entries, and spec.policy.ip.maxEntries of BackOffice shop/shop permits 2",
		}},
	}.run(t, AllowedIPsCount)
}
