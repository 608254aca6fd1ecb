// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestPasswordsKept(t *testing.T) {
	const warned = "Warn PolicyViolated spec.credentials.delivery.mode: Forbidden: OneTime is for the Secrets that are there, too: generated passwords older than ttl " +
		"are removed from them at once, the others when they are; make sure that no application reads its password there"
	delivery := func(d *v1alpha1.CredentialDelivery) *v1alpha1.BackOffice {
		return office(testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Credentials = &v1alpha1.CredentialPolicy{Delivery: d} }))
	}
	once, always := delivery(&v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime}), delivery(&v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliverySecret})
	ruleCases[OfficeInput]{
		"a new office has no Secrets":        {OfficeInput{New: once}, nil},
		"one without a word comes to it":     {OfficeInput{Old: office(), New: once}, []string{warned}},
		"one without a mode comes to it":     {OfficeInput{Old: delivery(&v1alpha1.CredentialDelivery{}), New: once}, []string{warned}},
		"one that keeps passwords comes":     {OfficeInput{Old: always, New: once}, []string{warned}},
		"one that was so":                    {OfficeInput{Old: once, New: once}, nil},
		"one that keeps passwords from then": {OfficeInput{Old: once, New: always}, nil},
		"one that has nothing to do with it": {OfficeInput{Old: office(), New: delivery(nil)}, nil},
		"a deleted office":                   {OfficeInput{Old: once}, nil},
	}.run(t, PasswordsKept)
}
