// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestAllowedIPsWithin(t *testing.T) {
	within := v1alpha1.IPPolicy{Within: []string{"203.0.112.0/24", "203.0.113.0/24", "2001:db8::/32"}}
	refused := func(field, what string) []string {
		return []string{"Refuse PolicyViolated spec.allowedIPs" + field + ": Forbidden: " + what +
			" does not lie within 203.0.112.0/24, 203.0.113.0/24, 2001:db8::/32 (spec.policy.ip.within of BackOffice shop/shop)"}
	}
	ruleCases[UserInput]{
		"everything lies within nothing":         {from(v1alpha1.IPPolicy{}, "10.0.0.0/8"), nil},
		"an address within":                      {from(within, "203.0.113.255"), nil},
		"a network within":                       {from(within, "203.0.113.0/28"), nil},
		"the whole network":                      {from(within, "203.0.113.0/24"), nil},
		"a network over two neighbours":          {from(within, "203.0.112.0/23"), nil},
		"an IPv6 address":                        {from(within, "2001:db8::1"), nil},
		"* is another rule's":                    {from(within, "*"), nil},
		"an address outside":                     {from(within, "203.0.114.0"), refused("[0]", "203.0.114.0")},
		"a network that reaches beyond":          {from(within, "203.0.112.0/22"), refused("[0]", "203.0.112.0/22")},
		"the second entry":                       {from(within, "203.0.113.1", "10.0.0.1"), refused("[1]", "10.0.0.1")},
		"an IPv6 network outside":                {from(within, "2001:db9::/48"), refused("[0]", "2001:db9::/48")},
		"an IPv4 address in IPv6 does not sneak": {from(within, "::ffff:203.0.113.1"), refused("[0]", "::ffff:203.0.113.1")},
	}.run(t, AllowedIPsWithin)
}
