// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestUserAuthorized(t *testing.T) {
	by := func(author Author) UserInput {
		return UserInput{New: testkit.User("ann", "shop", testkit.AccountType(v1alpha1.AccountAPI)), Office: office(), Author: author}
	}
	unjudged := func(powers ...access.Power) UserInput { return by(Author{Known: true, Powers: powers}) }
	nowhere := unjudged()
	nowhere.Office = nil
	refused := []string{
		"Refuse NotAuthorized metadata.name: Forbidden: it was applied before BackOffice shop/shop was there, by somebody who may not hand out accounts of type API; somebody with the power has to apply it again, or to annotate it with access.backoffice-operator.io/reconcile-requested-at=<time>",
	}
	ruleCases[UserInput]{
		"who was judged at admission":           {by(Author{Known: true, Judged: true}), nil},
		"where nobody is known, Admitted tells": {by(Author{}), nil},
		"before there is a back office":         {nowhere, nil},
		"whose name has power now":              {unjudged(access.Power{Rank: 9, Families: []string{"x"}}), nil},
		"and over such accounts":                {unjudged(access.Power{Rank: 9, AccountTypes: []string{"API"}}), nil},
		"not over others":                       {unjudged(access.Power{AccountTypes: []string{"Staff"}}), refused},
		"not whose name has none":               {unjudged(), refused},
	}.run(t, UserAuthorized)
}
