// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// alter is a defect of plans.
func alter(change func(credential.State, *credential.Plan)) func(credential.State, credential.Plan) credential.Plan {
	return func(s credential.State, plan credential.Plan) credential.Plan {
		change(s, &plan)
		return plan
	}
}

// TestEachPrecautionIsNeeded leaves out one after the other: the worlds would be no proof if they did not notice.
func TestEachPrecautionIsNeeded(t *testing.T) {
	unfinished := func(s credential.State) bool {
		return s.HasVerifier && s.Recorded == (credential.Revision{}) && !s.Concealed
	}
	const loses = "(the client cannot log in|ended before its grace)"
	for sentence, c := range map[string]struct {
		kind    func(*world)
		defect  mutation
		noticed string
	}{
		"no claim": {rotating, mutation{plan: alter(func(_ credential.State, plan *credential.Plan) { plan.Claim = false })}, loses},
		"the unknown password is kept instead of the one before": {rotating, mutation{plan: alter(func(s credential.State, plan *credential.Plan) {
			if plan.Keep == credential.KeepPrevious && unfinished(s) {
				plan.Keep = credential.KeepCurrent
			}
		})}, loses},
		"the one before is kept instead of the one that the Secret holds": {rotating, mutation{plan: alter(func(s credential.State, plan *credential.Plan) {
			if plan.Keep == credential.KeepCurrent && unfinished(s) {
				plan.Keep = credential.KeepPrevious
			}
		})}, loses},
		"nothing is kept by a rotation": {rotating, mutation{plan: alter(func(_ credential.State, plan *credential.Plan) {
			if plan.Action == credential.Rotate {
				plan.Keep = credential.KeepNone
			}
		})}, loses},
		"something is kept by a reset": {resetting, mutation{plan: alter(func(_ credential.State, plan *credential.Plan) {
			if plan.Action == credential.Reset {
				plan.Keep = credential.KeepCurrent
			}
		})}, "valid after it"},
		"nobody hears of a reset":                      {resetting, mutation{deaf: true}, "a reset was forgotten"},
		"the Secret is recorded before it is written":  {rotating, mutation{finishFirst: true}, loses},
		"the Secret is written before the store":       {rotating, mutation{secretFirst: true}, loses},
		"the Secret is written whatever it has become": {rotating, mutation{forced: true}, loses},
		"the store takes all versions from everybody":  {rotating, mutation{careless: true, unfenced: true}, loses},
		"a Secret is concealed before it is recorded": {rotating, mutation{plan: alter(func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Finish && s.Acknowledged {
				plan.Action = credential.Conceal
			}
		})}, loses},
		"a Secret that does not fit is recorded": {meddled, mutation{plan: alter(func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Issue && s.Secret == credential.SecretDoesNotFit {
				plan.Action, plan.Version = credential.Finish, s.Version
			}
		})}, "not the current password"},
		"another password after each start": {rotating, mutation{plan: alter(func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Keep && s.HasVerifier {
				plan.Action, plan.Version, plan.Keep = credential.Rotate, s.Version+1, credential.KeepCurrent
			}
		})}, "before its time"},
		"a password that fits is replaced all the same": {rotating, mutation{plan: alter(func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Finish && s.Recorded != (credential.Revision{}) {
				plan.Action, plan.Version, plan.Keep = credential.Issue, s.Version+1, credential.KeepCurrent
			}
		})}, "without being asked"},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(violation(c.kind, c.defect, runs)).To(MatchRegexp(`^world \d+: .*` + c.noticed))
		})
	}
}
