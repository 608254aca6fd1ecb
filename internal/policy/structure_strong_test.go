// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestStructureStrong(t *testing.T) {
	const warned = "Warn PolicyViolated spec.credentials.structure: Invalid value: generated passwords have "
	none, all := new(int32(0)), "aB34567890"
	of := func(length int32, hash v1alpha1.HashAlgorithm) *v1alpha1.BackOffice {
		return structured(v1alpha1.PasswordStructure{Length: &length}, hash)
	}
	digits := structured(v1alpha1.PasswordStructure{Length: new(int32(8)), MinUpper: none, MinLower: none, Alphabet: "0123456789"}, "")
	slow := warned + "110 bits of entropy, less than 112: they are kept by Argon2id, which takes time and memory at each login; length 20 has enough"
	ruleCases[OfficeInput]{
		"none is stated":             {OfficeInput{New: office()}, nil},
		"one that cannot be guessed": {OfficeInput{New: of(20, "")}, nil},
		"one that is kept slowly":    {OfficeInput{New: of(19, "")}, []string{slow}},
		"by another algorithm": {OfficeInput{New: of(19, v1alpha1.HashPBKDF2SHA256)}, []string{
			warned + "110 bits of entropy, less than 112: they are kept by PBKDF2 with 600,000 iterations, which takes time and memory at each login; length 20 has enough",
		}},
		"one that can be found": {OfficeInput{New: digits}, []string{
			warned + "26 bits of entropy, less than 112: they are kept by Argon2id, which takes time and memory at each login, " +
				"and with less than 64 bits whoever gets hold of the store can find them by brute force; length 34 has enough",
		}},
		"one that no length mends": {OfficeInput{New: structured(v1alpha1.PasswordStructure{
			Length: new(int32(128)), MinUpper: new(int32(120)), MinLower: none, MinDigits: none, Alphabet: all,
		}, "")}, []string{warned + "65 bits of entropy, less than 112: they are kept by Argon2id, which takes time and memory at each login"}},
		"one that was so before":         {OfficeInput{Old: of(19, ""), New: of(19, "")}, nil},
		"one that becomes so":            {OfficeInput{Old: of(20, ""), New: of(19, "")}, []string{slow}},
		"one that comes to another hash": {OfficeInput{Old: of(19, v1alpha1.HashPBKDF2SHA256), New: of(19, v1alpha1.HashArgon2id)}, []string{slow}},
		"one that is impossible":         {OfficeInput{New: of(2, "")}, nil},
		"a deleted office":               {OfficeInput{Old: digits}, nil},
	}.run(t, StructureStrong)
}
