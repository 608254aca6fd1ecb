// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"math"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// weak is the entropy in bits below which who has the store may find passwords by trying: a key of 64 bits was found by a public search in 2002
// (distributed.net, RC5-64).
const weak = 64

// StructureStrong tells what follows from a structure by which passwords come to have less than 112 bits of entropy. It never refuses: people
// may have to type them.
func StructureStrong(in OfficeInput) []Violation {
	if in.New == nil {
		return nil
	}
	structure := credential.StructureOf(in.New)
	bits := structure.Entropy()
	unchanged := in.Old != nil && credential.StructureOf(in.Old) == structure && hashOf(in.Old) == hashOf(in.New)
	if bits >= credential.EnoughEntropy || structure.Validate() != nil || unchanged {
		return nil
	}
	message := fmt.Sprintf("generated passwords have %d bits of entropy, less than %d: they are kept by %s, which takes time and memory at each login",
		int(math.Floor(bits)), credential.EnoughEntropy, slowHash(in.New))
	if bits < weak {
		message += fmt.Sprintf(", and with less than %d bits whoever gets hold of the store can find them by brute force", weak)
	}
	return []Violation{{
		Severity: Warn, Reason: v1alpha1.ReasonPolicyViolated, Field: structurePath(), Kind: field.ErrorTypeInvalid,
		Message: message + remedy(structure),
	}}
}

// remedy names the least length by which passwords of the structure are strong; nothing where there is none.
func remedy(s credential.Structure) string {
	for s.Length++; s.Validate() == nil; s.Length++ {
		if s.Entropy() >= credential.EnoughEntropy {
			return fmt.Sprintf("; length %d has enough", s.Length)
		}
	}
	return ""
}

// slowHash names what passwords are kept by that can be guessed.
func slowHash(o *v1alpha1.BackOffice) string {
	if hashOf(o) == v1alpha1.HashPBKDF2SHA256 {
		return "PBKDF2 with 600,000 iterations"
	}
	return "Argon2id"
}

func hashOf(o *v1alpha1.BackOffice) v1alpha1.HashAlgorithm {
	if o.Spec.Credentials == nil {
		return ""
	}
	return o.Spec.Credentials.Hash
}
