// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// at is a user with this address in a back office with rules for addresses.
func at(address string, p v1alpha1.EmailPolicy) UserInput {
	return under(func(rules *v1alpha1.Policy) { rules.Email = &p }, testkit.Email(address))
}

func TestEmailWithinDomains(t *testing.T) {
	allowed := v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example", "desk.example"}}
	denied := v1alpha1.EmailPolicy{DeniedDomains: []string{"mail.example"}}
	both := v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example"}, DeniedDomains: []string{"guests.shop.example"}}
	outside := "Refuse PolicyViolated spec.profile.email: Forbidden: the address must be in shop.example, desk.example, or below " +
		"(spec.policy.email.allowedDomains of BackOffice shop/shop)"
	within := "Refuse PolicyViolated spec.profile.email: Forbidden: the address may not be in mail.example, or below " +
		"(spec.policy.email.deniedDomains of BackOffice shop/shop)"
	guest := "Refuse PolicyViolated spec.profile.email: Forbidden: the address may not be in guests.shop.example, or below " +
		"(spec.policy.email.deniedDomains of BackOffice shop/shop)"
	ruleCases[UserInput]{
		"no policy":                             {UserInput{New: testkit.User("ann", "shop", testkit.Email("ann@x.example")), Office: office()}, nil},
		"no back office":                        {UserInput{New: testkit.User("ann", "shop", testkit.Email("ann@x.example"))}, nil},
		"no address":                            {UserInput{New: testkit.User("ann", "shop"), Office: at("", allowed).Office}, nil},
		"no list":                               {at("ann@x.example", v1alpha1.EmailPolicy{}), nil},
		"an allowed domain":                     {at("ann@desk.example", allowed), nil},
		"an allowed domain in capitals":         {at("ann@Desk.EXAMPLE", allowed), nil},
		"below an allowed domain":               {at("ann@pl.desk.example", allowed), nil},
		"another domain":                        {at("ann@x.example", allowed), []string{outside}},
		"a domain that ends alike":              {at("ann@otherdesk.example", allowed), []string{outside}},
		"a domain that begins alike":            {at("ann@desk.example.x", allowed), []string{outside}},
		"an allowed domain before the sign":     {at("desk.example@x.example", allowed), []string{outside}},
		"no denied domain":                      {at("ann@shop.example", denied), nil},
		"a denied domain":                       {at("ann@MAIL.example", denied), []string{within}},
		"below a denied domain":                 {at("ann@eu.mail.example", denied), []string{within}},
		"a denied domain below an allowed one":  {at("ann@guests.shop.example", both), []string{guest}},
		"an allowed domain beside a denied one": {at("ann@staff.shop.example", both), nil},
	}.run(t, EmailWithinDomains)
}

func TestAnotherAddressOutsideOfTheDomainsIsAnotherFinding(t *testing.T) {
	g := NewWithT(t)
	allowed := v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example"}}
	in := at("ann@x.example", allowed)
	in.Old = in.New
	g.Expect(findings(changed(EmailWithinDomains)(in))).To(Equal([]string{"Warn PolicyViolated spec.profile.email"}))
	in.New = at("ann@y.example", allowed).New
	g.Expect(findings(changed(EmailWithinDomains)(in))).To(Equal([]string{"Refuse PolicyViolated spec.profile.email"}))
}
