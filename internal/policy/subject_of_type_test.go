// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestSubjectOfType(t *testing.T) {
	of := func(t v1alpha1.AccountType, heldBy ...v1alpha1.AccountType) SubjectInput {
		return SubjectInput{Set: "shop/s", AccountType: t, Types: heldBy}
	}
	ruleCases[SubjectInput]{
		"a set for all":   {of(apiType), nil},
		"one who may":     {of(apiType, staffType, apiType), nil},
		"one who may not": {of(apiType, staffType), []string{"Refuse AccountTypeNotPermitted spec: Forbidden: set shop/s may be held by accounts of type Staff, and the user's is of type API"}},
	}.run(t, SubjectOfType)
}
