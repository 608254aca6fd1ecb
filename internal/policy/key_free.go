// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// KeyFree demands that no other set of the back office has the same key.
// It never refuses: the other set may be deleted in the same rollout, and the store decides.
func KeyFree(in SetInput) []Violation {
	if len(in.SameKey) == 0 {
		return nil
	}
	return []Violation{{
		Severity: Warn,
		Reason:   v1alpha1.ReasonKeyTaken,
		Field:    field.NewPath("spec", "key"),
		Kind:     field.ErrorTypeDuplicate,
		Message: fmt.Sprintf("key %q is that of PermissionSet %s; this set grants nothing until that one is gone",
			in.New.EffectiveKey(), in.SameKey[0]),
	}}
}
