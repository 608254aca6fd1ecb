// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAnyIPPermitted(t *testing.T) {
	ruleCases[UserInput]{
		"* is fine where there is no policy":         {UserInput{New: testkit.User("ann", "shop", testkit.IPs("*")), Office: office()}, nil},
		"* is fine where the policy allows it":       {from(v1alpha1.IPPolicy{AllowAny: true}, "*"), nil},
		"addresses are fine where it does not":       {from(v1alpha1.IPPolicy{}, "203.0.113.7"), nil},
		"* is refused where the policy is silent":    {from(v1alpha1.IPPolicy{}, "*"), []string{anyRefused}},
		"* is refused where addresses are mandatory": {from(v1alpha1.IPPolicy{Required: true}, "*"), []string{anyRefused}},
	}.run(t, AnyIPPermitted)
}

const anyRefused = `Refuse PolicyViolated spec.allowedIPs[0]: Forbidden: "*" means no restriction, which spec.policy.ip.allowAny of BackOffice shop/shop does not permit: list addresses or networks`
