// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestLanguageKnown(t *testing.T) {
	speaking := func(tag string) UserInput {
		return UserInput{New: testkit.User("ann", "shop", testkit.Profile(v1alpha1.Profile{Language: tag}))}
	}
	unknown := []string{"Refuse PolicyViolated spec.profile.language: Invalid value: has the form of a language tag, but names a language, script or region " +
		"that is not registered; write one such as pl, de-AT or zh-Hant"}
	ruleCases[UserInput]{
		"no profile":                    {UserInput{New: testkit.User("ann", "shop")}, nil},
		"none":                          {speaking(""), nil},
		"a language":                    {speaking("pl"), nil},
		"a language of a region":        {speaking("de-AT"), nil},
		"a language in a script":        {speaking("zh-Hant-TW"), nil},
		"whatever the case":             {speaking("PL-pl"), nil},
		"a region by its number":        {speaking("es-419"), nil},
		"a variant":                     {speaking("de-1996"), nil},
		"a language that nobody speaks": {speaking("qq"), unknown},
		"a region that is nowhere":      {speaking("de-YX"), unknown},
		"a script that nobody writes":   {speaking("de-Qwer"), unknown},
	}.run(t, LanguageKnown)
}

func TestAnotherUnknownLanguageIsAnotherFinding(t *testing.T) {
	g := NewWithT(t)
	in := UserInput{New: testkit.User("ann", "shop", testkit.Profile(v1alpha1.Profile{Language: "qq"}))}
	in.Old = in.New
	g.Expect(findings(changed(LanguageKnown)(in))).To(Equal([]string{"Warn PolicyViolated spec.profile.language"}))
	in.New = testkit.User("ann", "shop", testkit.Profile(v1alpha1.Profile{Language: "qx"}))
	g.Expect(findings(changed(LanguageKnown)(in))).To(Equal([]string{"Refuse PolicyViolated spec.profile.language"}))
}
