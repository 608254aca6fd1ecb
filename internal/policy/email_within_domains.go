// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// EmailWithinDomains demands that a user's e-mail address lies in the domains of the policy. The refusal does not repeat it.
func EmailWithinDomains(in UserInput) []Violation {
	p, address := in.emailPolicy(), in.New.EffectiveEmail()
	if address == "" {
		return nil
	}
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	covers := func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) }
	var violations []Violation
	if len(p.AllowedDomains) > 0 && !slices.ContainsFunc(p.AllowedDomains, covers) {
		violations = append(violations, violated(emailPath(), field.ErrorTypeForbidden, fmt.Sprintf(
			"the address must be in %s, or below (%s)", listed(p.AllowedDomains), partOf(in.Office, "policy.email.allowedDomains"))))
	}
	if slices.ContainsFunc(p.DeniedDomains, covers) {
		violations = append(violations, violated(emailPath(), field.ErrorTypeForbidden, fmt.Sprintf(
			"the address may not be in %s, or below (%s)", listed(p.DeniedDomains), partOf(in.Office, "policy.email.deniedDomains"))))
	}
	// Two addresses that break a rule are two findings, so that one cannot take the other's place.
	for i := range violations {
		violations[i].about = []string{violations[i].Message + " " + domain}
	}
	return violations
}

func emailPath() *field.Path { return field.NewPath("spec", "profile", "email") }

// emailPolicy is what the back office demands of addresses; the zero value where that is nothing, or it does not exist.
func (in UserInput) emailPolicy() v1alpha1.EmailPolicy {
	p := in.rules().Email
	if p == nil {
		return v1alpha1.EmailPolicy{}
	}
	return *p
}
