// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// EmailFree demands that no other user of the back office has the same e-mail address, whatever the case of its letters.
// It never refuses: the other user may be deleted in the same rollout, and the store decides. The address is not repeated.
func EmailFree(in UserInput) []Violation {
	if len(in.SameEmail) == 0 {
		return nil
	}
	return []Violation{{
		Severity: Warn, Reason: v1alpha1.ReasonEmailTaken, Field: emailPath(), Kind: field.ErrorTypeDuplicate,
		Message: fmt.Sprintf("the address is that of BackOfficeUser %s; this user gets no access until that one is gone or has another", in.SameEmail[0]),
	}}
}
