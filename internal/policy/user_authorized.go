// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// UserAuthorized demands power of whoever applied a user before its BackOffice was there. It is a rule of the background.
func UserAuthorized(in UserInput) []Violation {
	accountType := in.New.EffectiveAccountType()
	concerns := func(p access.Power) bool { return p.Concerns(string(accountType)) }
	if in.Office == nil || !in.Author.Known || in.Author.Judged {
		return nil
	}
	own := opening{data: FiltersOf(in.New.Spec.Filters)}
	if slices.ContainsFunc(in.Author.Powers, func(p access.Power) bool { return concerns(p) && own.within(p) }) {
		return nil
	}
	if slices.ContainsFunc(in.Author.Powers, concerns) {
		return []Violation{unauthorized(field.NewPath("spec", "filters"), fmt.Sprintf(
			"it was applied before BackOffice %s/%s was there, by somebody who may not give access to as much data", in.Office.Namespace, in.Office.Name))}
	}
	return []Violation{unauthorized(field.NewPath("metadata", "name"), fmt.Sprintf(
		"it was applied before BackOffice %s/%s was there, by somebody who may not hand out accounts of type %s", in.Office.Namespace, in.Office.Name, accountType))}
}

// unauthorized is the violation of an object whose author has too little power for what it hands out now. It does not name the author: a
// condition is read by many.
func unauthorized(path *field.Path, why string) Violation {
	return Violation{
		Severity: Refuse, Reason: v1alpha1.ReasonNotAuthorized, Field: path, Kind: field.ErrorTypeForbidden, Message: why + "; " + applyAgain,
	}
}
