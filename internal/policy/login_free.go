// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// LoginFree demands that no other user of the back office has the same login, whatever the case of its letters.
// It never refuses: the other user may be deleted in the same rollout, and the store decides.
func LoginFree(in UserInput) []Violation {
	if len(in.SameLogin) == 0 {
		return nil
	}
	return []Violation{{
		Severity: Warn,
		Reason:   v1alpha1.ReasonLoginTaken,
		Field:    field.NewPath("spec", "login"),
		Kind:     field.ErrorTypeDuplicate,
		Message: fmt.Sprintf("login %q is that of BackOfficeUser %s; this user gets no access until that one is gone",
			in.New.EffectiveLogin(), in.SameLogin[0]),
	}}
}
