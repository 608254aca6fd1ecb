// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// What may be known of a Secret once it was read, by whose it is.
var (
	readOfOurs   = []credential.Secret{absent, foreign, empty, fits, fitsPrevious, doesNotFit, unowned}
	readOfTheirs = []credential.Secret{absent, foreign, empty, fits, fitsPrevious, doesNotFit, revoked, unacceptable}
)

// everywhere calls check with all combinations of what may be asked for and what may be known.
func everywhere(check func(credential.Policy, credential.State)) {
	asks := []func(*credential.Policy){
		func(*credential.Policy) {}, reset, resetIn(200), resetIn(400), rotate, hourly, daily, oneTime, over, off,
		func(p *credential.Policy) { reset(p); rotate(p); hourly(p) }, func(p *credential.Policy) { oneTime(p); over(p); rotate(p) },
	}
	states := []credential.State{
		newcomer, noStore, unfinished, finished, delivered, vanished, supplied, unrecorded(supplied), chosen, invited, expired, adopted, dropped, since(finished),
		since(unfinished),
	}
	for _, source := range []v1alpha1.CredentialSource{
		v1alpha1.CredentialGenerated, v1alpha1.CredentialSecretRef, v1alpha1.CredentialInvitation, v1alpha1.CredentialNone, "",
	} {
		for _, ask := range asks {
			for _, s := range states {
				for secret := unread; secret <= unacceptable+1; secret++ {
					for _, live := range []credential.Revision{none, rev1, rev2, other} {
						check(policy(source, ask), with(s, secret, live))
						check(policy(source, ask), acknowledged(with(s, secret, live)))
					}
				}
			}
		}
	}
}

func TestDecideEverywhere(t *testing.T) {
	g := NewWithT(t)
	count, failures := 0, []string(nil)
	everywhere(func(p credential.Policy, s credential.State) {
		count++
		plan := credential.Decide(now, p, s)
		for rule, holds := range rulesOfPlans {
			if !holds(p, s, plan) {
				failures = append(failures, rule)
				if len(failures) < 4 {
					t.Errorf("%s:\n%+v\n%+v\n%+v", rule, p, s, plan)
				}
			}
		}
	})
	g.Expect(count).To(Equal(5 * 12 * 15 * 11 * 4 * 2))
	g.Expect(failures).To(BeEmpty())
}

// makes tells whether a plan makes a new password, and writes the Secret for it.
func makes(plan credential.Plan) bool {
	return plan.Action == credential.Issue || plan.Action == credential.Rotate
}

// rulesOfPlans are what holds for each plan.
var rulesOfPlans = map[string]func(credential.Policy, credential.State, credential.Plan) bool{
	"there is always an action, and a sentence": func(_ credential.Policy, _ credential.State, plan credential.Plan) bool {
		return plan.Action != "" && plan.Why != "" && plan.Why[len(plan.Why)-1] == '.'
	},
	"what was read is not read again": func(p credential.Policy, s credential.State, plan credential.Plan) bool {
		read := p.Source == v1alpha1.CredentialGenerated && slices.Contains(readOfOurs, s.Secret) ||
			p.Source == v1alpha1.CredentialSecretRef && slices.Contains(readOfTheirs, s.Secret)
		return plan.Action != credential.Read || !read
	},
	"nothing is written into a Secret that was not read, or is somebody else's": func(p credential.Policy, s credential.State, plan credential.Plan) bool {
		writes := makes(plan) || plan.Action == credential.Conceal || plan.Action == credential.TakeOver ||
			plan.Action == credential.Reset && p.Source == v1alpha1.CredentialGenerated
		return !writes || p.Source == v1alpha1.CredentialGenerated && s.Secret != foreign && slices.Contains(readOfOurs, s.Secret)
	},
	"what the Secret holds is kept": func(_ credential.Policy, s credential.State, plan credential.Plan) bool {
		switch {
		case !makes(plan) || !s.HasVerifier:
			return true
		case s.Secret == fits:
			return plan.Keep == keepCurrent
		case s.Secret == fitsPrevious:
			return plan.Keep == keepPrevious
		default:
			return plan.Keep != keepNone
		}
	},
	"nothing is kept by a reset": func(_ credential.Policy, _ credential.State, plan credential.Plan) bool {
		return plan.Action != credential.Reset || plan.Keep == keepNone
	},
	"what fits is replaced only if that is asked for": func(_ credential.Policy, s credential.State, plan credential.Plan) bool {
		return !s.HasVerifier || s.Secret != fits || plan.Action != credential.Issue
	},
	"the Secret is claimed where another writer may be on its way": func(_ credential.Policy, s credential.State, plan credential.Plan) bool {
		open := s.HasVerifier && s.Source == v1alpha1.CredentialGenerated && s.Recorded == none && !s.Concealed && s.Secret != fits
		return plan.Claim == (makes(plan) && open)
	},
	"versions go up by one, or stay": func(_ credential.Policy, s credential.State, plan credential.Plan) bool {
		switch plan.Action {
		case credential.Finish, credential.Conceal:
			return plan.Version == s.Version
		case credential.Issue, credential.Rotate, credential.Reset, credential.Restore, credential.Supply, credential.Invite, credential.Revoke:
			return plan.Version == s.Version+1
		default:
			return plan.Version == 0
		}
	},
	"a store that was lost is restored, if anything": func(p credential.Policy, s credential.State, plan credential.Plan) bool {
		holds := s.Secret == fits || s.Secret == fitsPrevious || s.Secret == doesNotFit
		return s.Version > 0 || !s.HadPassword || p.Source != v1alpha1.CredentialGenerated || p.Deactivated || !holds || plan.Action == credential.Restore
	},
	"a reset says when, and not far ahead": func(_ credential.Policy, _ credential.State, plan credential.Plan) bool {
		if plan.Action == credential.Reset {
			return !plan.Resets.IsZero() && !plan.Resets.After(now.Add(credential.MaxAhead))
		}
		return plan.Resets.IsZero() || plan.Action == credential.Revoke
	},
	"only a rotation asks for an age": func(_ credential.Policy, _ credential.State, plan credential.Plan) bool {
		return plan.MinAge == 0 || plan.Action == credential.Rotate && plan.MinAge > 0
	},
	"next is not in the past": func(_ credential.Policy, _ credential.State, plan credential.Plan) bool {
		return plan.Next.IsZero() || !plan.Next.Before(now)
	},
	"deactivated accounts are left alone": func(p credential.Policy, _ credential.State, plan credential.Plan) bool {
		return !p.Deactivated || plan.Action == credential.Keep
	},
}

// TestAClockThatJumpsBackChangesNoPassword: what is not due now was not due before.
func TestAClockThatJumpsBackChangesNoPassword(t *testing.T) {
	changes := func(plan credential.Plan) bool {
		return plan.Action == credential.Rotate || plan.Action == credential.Reset || plan.Action == credential.Conceal || !plan.Resets.IsZero()
	}
	failures := 0
	everywhere(func(p credential.Policy, s credential.State) {
		for _, back := range []time.Duration{time.Second, 10 * time.Minute, 30 * time.Hour, 20000 * time.Hour} {
			if changes(credential.Decide(now.Add(-back), p, s)) && !changes(credential.Decide(now, p, s)) {
				failures++
				t.Errorf("%s ago something was due that is not due now:\n%+v\n%+v", back, p, s)
			}
			if failures > 3 {
				t.FailNow()
			}
		}
	})
}
