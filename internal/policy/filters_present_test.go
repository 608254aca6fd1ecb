// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// under is a user in a back office with this policy.
func under(change func(*v1alpha1.Policy), mods ...testkit.Mod) UserInput {
	return UserInput{New: testkit.User("ann", "shop", mods...), Office: office(testkit.Rules(change))}
}

func TestFiltersPresent(t *testing.T) {
	demand := func(d v1alpha1.Demand) func(*v1alpha1.Policy) { return func(p *v1alpha1.Policy) { p.Filters = d } }
	ruleCases[UserInput]{
		"optional":            {under(demand(v1alpha1.DemandOptional)), nil},
		"not spoken of":       {under(demand("")), nil},
		"no policy":           {UserInput{New: testkit.User("ann", "shop"), Office: office()}, nil},
		"no back office":      {UserInput{New: testkit.User("ann", "shop")}, nil},
		"required, and there": {under(demand(v1alpha1.DemandRequired), testkit.Filters(testkit.Owned("entities"))), nil},
		"required, and there is none": {under(demand(v1alpha1.DemandRequired)), []string{
			"Refuse FiltersRequired spec.filters: Required value: spec.policy.filters of BackOffice shop/shop demands filters: the account stays blocked until it has one",
		}},
	}.run(t, FiltersPresent)
}
