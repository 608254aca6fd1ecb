// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// AccountTypePermitted demands that the back office lets users of this namespace have their account type.
func AccountTypePermitted(in UserInput) []Violation {
	permitted, accountType := in.Terms.AccountTypes, in.New.EffectiveAccountType()
	if in.Office == nil || len(permitted) == 0 || slices.Contains(permitted, accountType) {
		return nil
	}
	var names []string
	for _, t := range permitted {
		names = append(names, string(t))
	}
	sources := fmt.Sprintf("%s of BackOffice %s/%s", strings.Join(in.Terms.Sources, " and "), in.Office.Namespace, in.Office.Name)
	message := fmt.Sprintf("users of namespace %q may have account type %s, not %s (%s)",
		in.New.Namespace, strings.Join(names, ", "), accountType, sources)
	if permitted[0] == noAccountType {
		message = fmt.Sprintf("users of namespace %q may have no account type, not even %s: %s have none in common", in.New.Namespace, accountType, sources)
	}
	return []Violation{{
		Severity: Refuse,
		Reason:   v1alpha1.ReasonAccountTypeNotPermitted,
		Field:    field.NewPath("spec", "accountType"),
		Kind:     field.ErrorTypeForbidden,
		Message:  message,
	}}
}
