// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestPhonePresent(t *testing.T) {
	demand := func(d v1alpha1.Demand) func(*v1alpha1.Policy) { return func(p *v1alpha1.Policy) { p.TwoFactor = d } }
	none := []string{"Refuse PolicyViolated spec.profile.phone: Required value: spec.policy.twoFactor of BackOffice shop/shop demands a telephone number, " +
		"to which the second factor is sent"}
	ruleCases[UserInput]{
		"optional":             {under(demand(v1alpha1.DemandOptional)), nil},
		"not spoken of":        {under(demand("")), nil},
		"no back office":       {UserInput{New: testkit.User("ann", "shop")}, nil},
		"there":                {under(demand(v1alpha1.DemandRequired), testkit.Profile(v1alpha1.Profile{Phone: "+48221234567"})), nil},
		"a profile without it": {under(demand(v1alpha1.DemandRequired), testkit.Email("ann@shop.example")), none},
		"no profile":           {under(demand(v1alpha1.DemandRequired)), none},
	}.run(t, PhonePresent)
}
