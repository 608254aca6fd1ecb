// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBypassDeclared(t *testing.T) {
	bypassing := func(dimensions ...string) SetInput {
		return SetInput{New: testkit.Set("s", "shop", testkit.Bypasses(dimensions...)), Office: narrowing}
	}
	ruleCases[SetInput]{
		"none":                            {bypassing(), nil},
		"what is declared":                {bypassing("entities", "regions"), nil},
		"a back office that is not there": {SetInput{New: bypassing("x").New}, nil},
		"what is not": {bypassing("entities", "region"), []string{
			`Refuse FilterUnknown spec.bypassFilters[1]: Unsupported value: "region" is not among spec.filterDimensions of BackOffice shop/shop; did you mean regions?`,
		}},
	}.run(t, BypassDeclared)
}

func TestBypassOfAnUnknownDimensionIsNotRefused(t *testing.T) {
	g := NewWithT(t)
	in := changeOf(nil, testkit.Set("s", "shop", testkit.Bypasses("x"))).by(almighty)
	in.Terms, in.Author = Terms{Admitted: true}, Author{Known: true, Judged: true}
	g.Expect(findings(SetAdmission.Evaluate(in))).To(Equal([]string{"Warn FilterUnknown spec.bypassFilters[0]"}))
	g.Expect(SetStanding.Evaluate(in)).To(BeEmpty(), "it has no effect, and is no reason to withhold the set")
}
