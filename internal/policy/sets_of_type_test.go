// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSetsOfType(t *testing.T) {
	held := []HeldSet{{"desk", "shop/desk", []v1alpha1.AccountType{staffType}}, {"feed", "shop/feed", []v1alpha1.AccountType{apiType}}}
	user := func(t v1alpha1.AccountType, sets ...HeldSet) UserInput {
		return UserInput{New: testkit.User("ann", "shop", testkit.AccountType(t)), Restricted: sets}
	}
	ruleCases[UserInput]{
		"no set is for some alone": {user(apiType), nil},
		"one that it may hold":     {user("", held[0]), nil},
		"one that it may not": {user(apiType, held...), []string{
			"Warn AccountTypeNotPermitted spec.accountType: Forbidden: set shop/desk may be held by accounts of type Staff, and this one is of type API: " +
				"it does not get what binding desk hands out",
		}},
	}.run(t, SetsOfType)
}
