// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestNamespaceAdmitted(t *testing.T) {
	other := testkit.User("ann", "other", testkit.InOffice("shop/shop"))
	admitting := office(testkit.Admits("third", "other"))
	refused := []string{
		`Refuse ReferenceNotPermitted spec.backOfficeRef: Forbidden: BackOffice shop/shop does not admit namespace "other": ask its owner to add it to spec.namespaces`,
	}
	ruleCases[UserInput]{
		"its own namespace is implied":    {UserInput{New: testkit.User("ann", "shop"), Office: office(), Terms: TermsOf(office(), "shop", nil)}, nil},
		"a listed namespace is admitted":  {UserInput{New: other, Office: admitting, Terms: TermsOf(admitting, "other", nil)}, nil},
		"a missing office admits anybody": {UserInput{New: other}, nil},
		"any other namespace is refused":  {UserInput{New: other, Office: office(), Terms: TermsOf(office(), "other", nil)}, refused},
		"where nobody has asked, too":     {UserInput{New: other, Office: admitting}, refused},
	}.run(t, NamespaceAdmitted[UserInput])
}
