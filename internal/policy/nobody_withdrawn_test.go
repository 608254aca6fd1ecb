// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestNobodyWithdrawn(t *testing.T) {
	const would = "Warn WithdrawalHeld spec: Forbidden: this would withdraw access from "
	ruleCases[OfficeInput]{
		"nobody":            {OfficeInput{New: office(), Withdrawal: Withdrawal{Users: 0, Of: 100}}, nil},
		"a few":             {OfficeInput{New: office(), Withdrawal: Withdrawal{Users: 3, Of: 100}}, []string{would + "3 of 100 users"}},
		"too many":          {OfficeInput{New: office(), Withdrawal: Withdrawal{Users: 30, Of: 100}}, []string{would + "30 of 100 users, which is more than spec.policy.withdrawalLimit: it is held until confirmed, as a condition will tell"}},
		"a deleted office":  {OfficeInput{Old: office(), Withdrawal: Withdrawal{Users: 30, Of: 100}}, nil},
		"by its own limits": {OfficeInput{New: office(testkit.WithdrawalLimit(50, 0)), Withdrawal: Withdrawal{Users: 30, Of: 100}}, []string{would + "30 of 100 users"}},
	}.run(t, NobodyWithdrawn)
}

func TestExceeds(t *testing.T) {
	byDefault, strict, never := office(), office(testkit.WithdrawalLimit(0, 0)), office(testkit.WithdrawalLimit(100, 0))
	for _, c := range []struct {
		w                              Withdrawal
		isByDefault, isStrict, isNever bool
	}{
		{Withdrawal{0, 0}, false, false, false},
		{Withdrawal{1, 1}, false, true, false},
		{Withdrawal{5, 5}, false, true, false},
		{Withdrawal{6, 6}, true, true, false},
		{Withdrawal{6, 30}, false, true, false},
		{Withdrawal{6, 29}, true, true, false},
		{Withdrawal{20_000, 100_000}, false, true, false},
		{Withdrawal{20_001, 100_000}, true, true, false},
	} {
		t.Run(fmt.Sprint(c.w), func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.w.Exceeds(byDefault)).To(Equal(c.isByDefault), "20 percent and 5 users")
			g.Expect(c.w.Exceeds(strict)).To(Equal(c.isStrict), "nobody")
			g.Expect(c.w.Exceeds(never)).To(Equal(c.isNever), "all of them may go")
		})
	}
}
