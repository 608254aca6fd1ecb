// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestPrefixLongEnough(t *testing.T) {
	rules := v1alpha1.IPPolicy{MinPrefixIPv4: new(int32(24)), MinPrefixIPv6: new(int32(48))}
	ruleCases[UserInput]{
		"everything is long enough without a rule": {from(v1alpha1.IPPolicy{}, "0.0.0.0/0", "::/0"), nil},
		"exactly as long":                          {from(rules, "203.0.113.0/24", "2001:db8::/48"), nil},
		"an address counts as /32":                 {from(v1alpha1.IPPolicy{MinPrefixIPv4: new(int32(32))}, "203.0.113.7"), nil},
		"an IPv6 address counts as /128":           {from(v1alpha1.IPPolicy{MinPrefixIPv6: new(int32(128))}, "2001:db8::1"), nil},
		"each family has its own rule":             {from(v1alpha1.IPPolicy{MinPrefixIPv6: new(int32(48))}, "0.0.0.0/0"), nil},
		"too wide": {from(rules, "203.0.112.0/23", "2001:db8::/47"), []string{
			"Refuse PolicyViolated spec.allowedIPs[0]: Forbidden: 203.0.112.0/23 is too wide: the prefix must be /24 or longer (spec.policy.ip.minPrefixIPv4 of BackOffice shop/shop)",
			"Refuse PolicyViolated spec.allowedIPs[1]: Forbidden: 2001:db8::/47 is too wide: the prefix must be /48 or longer (spec.policy.ip.minPrefixIPv6 of BackOffice shop/shop)",
		}},
	}.run(t, PrefixLongEnough)
}
