// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// PasswordsKept tells of a change by which passwords vanish from Secrets that are there. It never refuses: that is what such a delivery is for.
func PasswordsKept(in OfficeInput) []Violation {
	if in.Old == nil || in.New == nil || delivers(in.Old) || !delivers(in.New) {
		return nil
	}
	return []Violation{{
		Severity: Warn, Reason: v1alpha1.ReasonPolicyViolated, Field: field.NewPath("spec", "credentials", "delivery", "mode"), Kind: field.ErrorTypeForbidden,
		Message: "OneTime is for the Secrets that are there, too: generated passwords older than ttl are removed from them at once, the others when they are; " +
			"make sure that no application reads its password there",
	}}
}

// delivers tells whether passwords are delivered once.
func delivers(o *v1alpha1.BackOffice) bool {
	c := o.Spec.Credentials
	return c != nil && c.Delivery != nil && c.Delivery.Mode == v1alpha1.DeliveryOneTime
}
