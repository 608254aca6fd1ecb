// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestEmailPresent(t *testing.T) {
	required := func(p *v1alpha1.Policy) { p.Email = &v1alpha1.EmailPolicy{Required: true} }
	none := []string{"Refuse PolicyViolated spec.profile.email: Required value: spec.policy.email.required of BackOffice shop/shop demands an e-mail address"}
	ruleCases[UserInput]{
		"not required":         {under(func(p *v1alpha1.Policy) { p.Email = &v1alpha1.EmailPolicy{} }), nil},
		"no policy":            {UserInput{New: testkit.User("ann", "shop"), Office: office()}, nil},
		"there":                {under(required, testkit.Email("ann@shop.example")), nil},
		"a profile without it": {under(required, testkit.Profile(v1alpha1.Profile{FirstName: "Ann"})), none},
		"no profile":           {under(required), none},
	}.run(t, EmailPresent)
}
