// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// StructurePossible demands that there are passwords of the structure. The schema does so, too; this is by the generator's own rules.
func StructurePossible(in OfficeInput) []Violation {
	if in.New == nil {
		return nil
	}
	err := credential.StructureOf(in.New).Validate()
	if err == nil {
		return nil
	}
	return []Violation{violated(structurePath(), field.ErrorTypeInvalid, "no password can be generated: "+strings.ReplaceAll(err.Error(), "\n", "; "))}
}

func structurePath() *field.Path { return field.NewPath("spec", "credentials", "structure") }
