// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// eachAddress is a rule that finds fault with every entry.
func eachAddress(in UserInput) []Violation {
	var violations []Violation
	for i, ip := range in.New.Spec.AllowedIPs {
		violations = append(violations, violated(allowedIPsPath().Index(i), field.ErrorTypeForbidden, ip))
	}
	return violations
}

func TestEvaluateRunsAllRules(t *testing.T) {
	in := UserInput{New: testkit.User("ann", "shop", testkit.IPs("10.0.0.1"))}
	NewWithT(t).Expect(Chain[UserInput]{eachAddress, eachAddress}.Evaluate(in)).To(HaveLen(2))
}

func TestAdviceWarns(t *testing.T) {
	in := UserInput{New: testkit.User("ann", "shop", testkit.IPs("10.0.0.1"))}
	NewWithT(t).Expect(said(advice(eachAddress)(in))).To(Equal([]string{
		"Warn PolicyViolated spec.allowedIPs[0]: Forbidden: 10.0.0.1",
	}))
}

func TestChanged(t *testing.T) {
	user := func(ips ...string) UserInput { return UserInput{New: testkit.User("ann", "shop", testkit.IPs(ips...))} }
	update := func(from, to UserInput) UserInput { return UserInput{Old: from.New, New: to.New} }
	ruleCases[UserInput]{
		"a new object is refused": {
			user("10.0.0.1"), []string{"Refuse PolicyViolated spec.allowedIPs[0]: Forbidden: 10.0.0.1"},
		},
		"what was wrong before is a warning, wherever it stands now": {
			update(user("10.0.0.2", "10.0.0.1"), user("10.0.0.1")),
			[]string{"Warn PolicyViolated spec.allowedIPs[0]: Forbidden: 10.0.0.1"},
		},
		"what is added is refused": {
			update(user("10.0.0.1"), user("10.0.0.1", "10.0.0.2")),
			[]string{
				"Warn PolicyViolated spec.allowedIPs[0]: Forbidden: 10.0.0.1",
				"Refuse PolicyViolated spec.allowedIPs[1]: Forbidden: 10.0.0.2",
			},
		},
		"what is right is right": {update(user("10.0.0.1"), user()), nil},
	}.run(t, changed[UserInput](eachAddress))
}
