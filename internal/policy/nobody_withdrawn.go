// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// NobodyWithdrawn tells how many users a change of the BackOffice would take access from. It never refuses: it may be what is wanted, and
// beyond the limit it waits for a confirmation.
func NobodyWithdrawn(in OfficeInput) []Violation {
	if in.New == nil || in.Withdrawal.Users == 0 {
		return nil
	}
	message := fmt.Sprintf("this would withdraw access from %d of %d users", in.Withdrawal.Users, in.Withdrawal.Of)
	if in.Withdrawal.Exceeds(in.New) {
		message += ", which is more than spec.policy.withdrawalLimit: it is held until confirmed, as a condition will tell"
	}
	return []Violation{{
		Severity: Warn, Reason: v1alpha1.ReasonWithdrawalHeld, Field: field.NewPath("spec"), Kind: field.ErrorTypeForbidden, Message: message,
	}}
}

// Exceeds tells whether a withdrawal is more than the limit of the BackOffice: more than its count and more than its percentage.
func (w Withdrawal) Exceeds(office *v1alpha1.BackOffice) bool {
	percent, count := office.WithdrawalLimit()
	return w.Users > count && w.Users*100 > percent*w.Of
}
