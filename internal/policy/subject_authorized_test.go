// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func TestSubjectAuthorized(t *testing.T) {
	strong, weak := []access.Power{{Rank: 4}}, []access.Power{{Rank: 5}, {Rank: 0, Families: []string{"z"}}}
	others, staff := []access.Power{{Rank: 4, AccountTypes: []string{"API"}}, {Rank: 9}}, []access.Power{{Rank: 4, AccountTypes: []string{"Staff"}}}
	at := func(user, binding, set int64, powers []access.Power) SubjectInput {
		return SubjectInput{
			Binding: Author{Known: true, At: binding}, User: Author{Known: true, At: user, Powers: powers},
			Need: access.Need{Family: "x", Rank: 4}, SetAt: set, AccountType: v1alpha1.AccountStaff,
		}
	}
	refused := []string{
		"Refuse NotAuthorized spec: Forbidden: the user was changed, after this binding, by somebody who may not hand out its set to such an account; somebody with the power has to apply it again, or to annotate it with access.backoffice-operator.io/reconcile-requested-at=<time>",
	}
	ruleCases[SubjectInput]{
		"whoever changed the user may hand out the set": {at(9, 1, 0, strong), nil},
		"the binding was admitted after the user":       {at(1, 9, 0, weak), nil},
		"the rank was considered after the user":        {at(5, 1, 9, weak), nil},
		"the user was changed afterwards":               {at(9, 1, 5, weak), refused},
		"by who may hand it out to others only":         {at(9, 1, 5, others), refused},
		"but to such accounts, too":                     {at(9, 1, 5, append(others, staff...)), nil},
		"or at the same time":                           {at(5, 5, 0, weak), refused},
		"nobody knows who admitted the binding":         {at(1, 0, 0, weak), refused},
		"the set was not there when it was bound":       {at(5, 1, 0, weak), refused},
	}.run(t, SubjectAuthorized)
}
