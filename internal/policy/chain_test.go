// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
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

func TestEvaluateNamesTheRules(t *testing.T) {
	in := UserInput{New: testkit.User("ann", "shop", testkit.IPs("10.0.0.1"))}
	for sentence, c := range map[string]struct {
		rule Rule[UserInput]
		want string
	}{
		"a function":              {eachAddress, "eachAddress"},
		"a generic function":      {atFault[UserInput], "atFault"},
		"one that only warns":     {advice(atFault[UserInput]), "atFault"},
		"one that judges changes": {changed(eachAddress), "eachAddress"},
	} {
		t.Run(sentence, func(t *testing.T) {
			violations := Chain[UserInput]{c.rule}.Evaluate(in)
			NewWithT(t).Expect(violations).To(HaveLen(1))
			NewWithT(t).Expect(violations[0].Rule).To(Equal(c.want))
		})
	}
}

// atFault is a generic rule that finds fault with every object.
func atFault[In any](In) []Violation {
	return []Violation{violated(allowedIPsPath(), field.ErrorTypeForbidden, "wrong")}
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

func TestChangedComparesAllThatAViolationIsAbout(t *testing.T) {
	// addresses is a rule that finds fault with all addresses at once.
	addresses := func(in UserInput) []Violation {
		if len(in.New.Spec.AllowedIPs) == 0 {
			return nil
		}
		v := violated(allowedIPsPath(), field.ErrorTypeForbidden, strings.Join(in.New.Spec.AllowedIPs, " and "))
		v.about = in.New.Spec.AllowedIPs
		return []Violation{v}
	}
	update := func(from, to []string) UserInput {
		return UserInput{Old: testkit.User("ann", "shop", testkit.IPs(from...)), New: testkit.User("ann", "shop", testkit.IPs(to...))}
	}
	ruleCases[UserInput]{
		"less than before is a warning": {
			update([]string{"a", "b"}, []string{"b"}), []string{"Warn PolicyViolated spec.allowedIPs: Forbidden: b"},
		},
		"the same in another order is": {
			update([]string{"a", "b"}, []string{"b", "a"}), []string{"Warn PolicyViolated spec.allowedIPs: Forbidden: b and a"},
		},
		"one more is refused": {
			update([]string{"a"}, []string{"a", "b"}), []string{"Refuse PolicyViolated spec.allowedIPs: Forbidden: a and b"},
		},
	}.run(t, changed[UserInput](addresses))
}
