// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// ruleCases are inputs of one rule, keyed by a sentence, and what it says of each: "Severity Reason field: Kind: message".
type ruleCases[In any] map[string]struct {
	in   In
	want []string
}

func (cases ruleCases[In]) run(t *testing.T, rule Rule[In]) {
	t.Helper()
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(said(rule(c.in))).To(Equal(c.want))
		})
	}
}

func said(violations []Violation) []string {
	var lines []string
	for _, v := range violations {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s: %s", v.Severity, v.Reason, v.Field, v.Kind, v.Message))
	}
	return lines
}

func office(mods ...testkit.Mod) *v1alpha1.BackOffice { return testkit.Office("shop", "shop", mods...) }

// lea has power in the given delegations.
func lea(delegations ...MatchedDelegation) Actor {
	for i := range delegations {
		delegations[i].Index = i
	}
	return Actor{Name: "lea", Delegations: delegations}
}

func rank(r int32, families ...string) MatchedDelegation {
	return MatchedDelegation{Rank: r, Families: families}
}

func through(binding, family string, r int32) Need {
	return Need{Family: family, Rank: r, Through: "shop/" + binding}
}
