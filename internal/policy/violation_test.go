// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func refusal(message string) Violation {
	return violated(field.NewPath("spec", "x"), field.ErrorTypeForbidden, message)
}

func warning(message string) Violation {
	v := refusal(message)
	v.Severity, v.Reason = Warn, v1alpha1.ReasonLoginTaken
	return v
}

func TestFieldErrorsAreTheRefusals(t *testing.T) {
	g := NewWithT(t)
	errs := FieldErrors([]Violation{warning("w"), refusal("a"), refusal("b")})
	g.Expect(errs.ToAggregate()).To(MatchError("[spec.x: Forbidden: a, spec.x: Forbidden: b]"))
	g.Expect(FieldErrors([]Violation{warning("w")})).To(BeEmpty())
}

func TestFieldErrorsPrintNoValue(t *testing.T) {
	v := violated(field.NewPath("spec", "x"), field.ErrorTypeInvalid, "is wrong")
	NewWithT(t).Expect(FieldErrors([]Violation{v})[0].Error()).To(Equal("spec.x: Invalid value: is wrong"))
}

func TestFieldErrorsAreBounded(t *testing.T) {
	g := NewWithT(t)
	errs := FieldErrors(many(refusal, 100))
	g.Expect(errs).To(HaveLen(maxErrors + 1))
	g.Expect(errs[maxErrors]).To(MatchError("spec: Forbidden: and 36 more"))
}

func TestWarningsAreTheRest(t *testing.T) {
	g := NewWithT(t)
	g.Expect(Warnings([]Violation{warning("w"), refusal("a")})).To(Equal([]string{"spec.x: w"}))
	g.Expect(Warnings(many(warning, 12))).To(And(HaveLen(maxWarnings+1), ContainElement("and 2 more")))
}

func many(build func(string) Violation, n int) []Violation {
	var violations []Violation
	for i := range n {
		violations = append(violations, build(fmt.Sprint(i)))
	}
	return violations
}

func TestSummary(t *testing.T) {
	for sentence, c := range map[string]struct {
		in              []Violation
		reason, message string
	}{
		"nothing says nothing":                      {nil, "", ""},
		"warnings say nothing":                      {[]Violation{warning("w")}, "", ""},
		"the first reason counts, and all messages": {[]Violation{refusal("a"), warning("w"), refusal("b")}, "PolicyViolated", "spec.x: a; spec.x: b"},
		"a text of 1,024 bytes is whole": {
			[]Violation{refusal(strings.Repeat("a", 1016))},
			"PolicyViolated", "spec.x: " + strings.Repeat("a", 1016),
		},
		"a longer one is cut": {
			[]Violation{refusal(strings.Repeat("a", 1017))},
			"PolicyViolated", "spec.x: " + strings.Repeat("a", 1013) + "…",
		},
		"and not within a character": {
			[]Violation{refusal(strings.Repeat("a", 1012) + "éé" + strings.Repeat("a", 9))},
			"PolicyViolated", "spec.x: " + strings.Repeat("a", 1012) + "…",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			reason, message := Summary(c.in)
			g := NewWithT(t)
			g.Expect(reason).To(Equal(c.reason))
			g.Expect(message).To(Equal(c.message))
			g.Expect(len(message)).To(BeNumerically("<=", maxSummary))
		})
	}
}
