// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"golang.org/x/text/language"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// LanguageKnown demands that the parts of a user's language tag are registered ones. The refusal does not repeat it.
// It is a rule of admission alone: what was a language yesterday is not taken for none by a newer release.
func LanguageKnown(in UserInput) []Violation {
	if in.New.Spec.Profile == nil || in.New.Spec.Profile.Language == "" {
		return nil
	}
	tag := in.New.Spec.Profile.Language
	if _, err := language.Parse(tag); err == nil {
		return nil
	}
	v := violated(field.NewPath("spec", "profile", "language"), field.ErrorTypeInvalid,
		"has the form of a language tag, but names a language, script or region that is not registered; write one such as pl, de-AT or zh-Hant")
	v.about = []string{"language " + tag}
	return []Violation{v}
}
