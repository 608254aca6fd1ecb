// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import "k8s.io/apimachinery/pkg/util/validation/field"

// SubjectAuthorized demands that a user may hold what a binding hands out: the user's author may hand the set out to accounts of its type, and on the data that it bypasses, or the
// binding was admitted, or the set's rank considered, after the user was. Admission sees to that, but two requests at the same time do not see
// each other, and a webhook's cache may be behind.
//
// Where the set bypasses filters, so must whoever bound it, unless that was considered afterwards.
func SubjectAuthorized(in SubjectInput) []Violation {
	if len(in.Bypass) > 0 && in.SetAt <= in.Binding.At && !in.Binding.bypasses(in.Need, in.Bypass) {
		return []Violation{unauthorized(field.NewPath("spec", "permissionSetRef"),
			"the set bypasses filters, and this was changed by somebody who may not hand out so much data")}
	}
	if in.User.handsOut(in.Need, in.AccountType, in.Bypass) || max(in.Binding.At, in.SetAt) > in.User.At {
		return nil
	}
	return []Violation{unauthorized(field.NewPath("spec"),
		"the user was changed, after this binding, by somebody who may not hand out its set to such an account")}
}
