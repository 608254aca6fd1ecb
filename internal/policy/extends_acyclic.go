// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// ExtendsAcyclic demands that no set extends itself, directly or through others.
func ExtendsAcyclic(in SetInput) []Violation {
	cycle := in.NewAncestry.Cycle
	if len(cycle) == 0 {
		return nil
	}
	return []Violation{{
		Severity: Refuse,
		Reason:   v1alpha1.ReasonExtendsCycle,
		Field:    field.NewPath("spec", "extends"),
		Kind:     field.ErrorTypeInvalid,
		Message:  "the set would extend itself: " + strings.Join(slices.Concat(cycle, cycle[:1]), " -> "),
	}}
}
