// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// from is a user with these allowedIPs in a back office with that policy.
func from(p v1alpha1.IPPolicy, ips ...string) UserInput {
	return UserInput{New: testkit.User("ann", "shop", testkit.IPs(ips...)), Office: office(testkit.IPPolicy(p))}
}

func TestAllowedIPsPresent(t *testing.T) {
	required := v1alpha1.IPPolicy{Required: true}
	ruleCases[UserInput]{
		"none are missed where the policy does not require them": {from(v1alpha1.IPPolicy{}), nil},
		"none are missed where there is no policy":               {UserInput{New: testkit.User("ann", "shop"), Office: office()}, nil},
		"none are missed where there is no back office":          {UserInput{New: testkit.User("ann", "shop")}, nil},
		"one is enough": {from(required, "203.0.113.7"), nil},
		"none are refused where the policy requires them": {from(required), []string{
			"Refuse PolicyViolated spec.allowedIPs: Required value: spec.policy.ip.required of BackOffice shop/shop demands the addresses from which the user may log in",
		}},
	}.run(t, AllowedIPsPresent)
}
