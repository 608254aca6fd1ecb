// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// structured is a BackOffice whose passwords are like that.
func structured(s v1alpha1.PasswordStructure, hash v1alpha1.HashAlgorithm) *v1alpha1.BackOffice {
	return office(testkit.OnOffice(func(o *v1alpha1.BackOffice) {
		o.Spec.Credentials = &v1alpha1.CredentialPolicy{Structure: &s, Hash: hash}
	}))
}

func TestStructurePossible(t *testing.T) {
	const refused = "Refuse PolicyViolated spec.credentials.structure: Invalid value: no password can be generated: "
	ruleCases[OfficeInput]{
		"none is stated":   {OfficeInput{New: office()}, nil},
		"a possible one":   {OfficeInput{New: structured(v1alpha1.PasswordStructure{Length: new(int32(8)), MinSymbols: new(int32(5))}, "")}, nil},
		"a deleted office": {OfficeInput{Old: structured(v1alpha1.PasswordStructure{Length: new(int32(1))}, "")}, nil},
		"too short for its minima": {OfficeInput{New: structured(v1alpha1.PasswordStructure{Length: new(int32(8)), MinSymbols: new(int32(6))}, "")}, []string{
			refused + "8 characters have no room for at least 1 upper-case letters, 1 lower-case letters, 1 digits and 6 symbols",
		}},
		"several mistakes in one line": {OfficeInput{New: structured(v1alpha1.PasswordStructure{Length: new(int32(129)), Alphabet: "abcdefghij"}, "")}, []string{
			refused + "a password has 8 to 128 characters, not 129; the alphabet has no upper-case letters, and at least 1 are demanded; " +
				"the alphabet has no digits, and at least 1 are demanded",
		}},
	}.run(t, StructurePossible)
}
