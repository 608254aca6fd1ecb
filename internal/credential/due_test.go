// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

func TestRotationsAreSpreadOverATenthOfTheInterval(t *testing.T) {
	g := NewWithT(t)
	const accounts = 2000
	for _, interval := range []time.Duration{time.Hour, 2160 * time.Hour, 87600 * time.Hour} {
		p := generated(func(p *credential.Policy) { p.Interval = interval })
		tenths := [10]int{}
		for i := range accounts {
			p.Account = fmt.Sprint("account-", i)
			next := credential.NextRotation(p, finished)
			early := finished.IssuedAt.Add(interval).Sub(next)
			g.Expect(early).To(And(BeNumerically(">=", 0), BeNumerically("<", interval/10)))
			tenths[early*100/interval]++
			g.Expect(credential.NextRotation(p, finished)).To(Equal(next), "it is the same each time")
		}
		for _, n := range tenths {
			g.Expect(n).To(BeNumerically("~", accounts/10, 80), "six standard deviations of 13")
		}
	}
}

func TestARotationComesAtItsTimeAndNotBefore(t *testing.T) {
	g := NewWithT(t)
	for i := range 200 {
		p := generated(hourly)
		p.Account = fmt.Sprint("account-", i)
		at := credential.NextRotation(p, finished)
		before := credential.Decide(at.Add(-1), p, with(finished, fits, rev1))
		g.Expect(before.Action).To(Equal(credential.Keep))
		g.Expect(before.Next).To(Equal(at))
		due := credential.Decide(at, p, with(finished, fits, rev1))
		g.Expect(due.Action).To(Equal(credential.Rotate))
		g.Expect(finished.IssuedAt.Add(due.MinAge)).To(Equal(at), "the store asks for the same age")
	}
}

func TestAChangedIntervalCountsFromTheLastIssue(t *testing.T) {
	g := NewWithT(t)
	late := noon.Add(20 * time.Hour)
	g.Expect(credential.Decide(late, generated(daily), with(finished, fits, rev1)).Action).To(Equal(credential.Keep))
	g.Expect(credential.Decide(late, generated(hourly), with(finished, fits, rev1)).Action).To(Equal(credential.Rotate), "it is 20 hours old")
	g.Expect(credential.Decide(late, generated(), with(finished, fits, rev1)).Next).To(BeZero(), "without interval never")
}

func TestNextIsTheFirstMomentThatMatters(t *testing.T) {
	rotation := credential.NextRotation(generated(daily), finished)
	for sentence, c := range map[string]struct {
		policy credential.Policy
		state  credential.State
		want   time.Time
	}{
		"nothing is to come":                   {generated(), with(finished, fits, rev1), time.Time{}},
		"a rotation":                           {generated(daily), with(finished, fits, rev1), rotation},
		"no rotation of what was delivered":    {generated(daily), with(delivered, unread, rev1), time.Time{}},
		"the end of a delivery":                {generated(oneTime), with(finished, fits, rev1), noon.Add(24 * time.Hour)},
		"not of one that was delivered":        {generated(oneTime), with(delivered, unread, rev1), time.Time{}},
		"not of what is not delivered at all":  {reference(oneTime), with(supplied, fits, rev1), time.Time{}},
		"a rotation that is asked for":         {generated(daily, asked(2)), with(finished, fits, rev1), now.Add(2 * time.Hour)},
		"not of what is not generated":         {reference(asked(2), daily), with(supplied, fits, rev1), time.Time{}},
		"a reset that waits":                   {generated(daily, resetIn(900)), with(finished, fits, rev1), now.Add(10 * time.Minute)},
		"the first of two resets that wait":    {generated(resetIn(1800), resetIn(900)), with(finished, fits, rev1), now.Add(10 * time.Minute)},
		"not a reset that was carried out":     {generated(resetAt(-3)), with(finished, fits, rev1), time.Time{}},
		"the end of an invitation":             {invitation(), invited, now.Add(time.Hour)},
		"an invitation that is over":           {invitation(), expired, time.Time{}},
		"to be concealed as soon as finished":  {generated(oneTime, over), with(unfinished, fits, rev1), now},
		"of a deactivated account nothing":     {generated(daily, off), with(finished, fits, rev1), time.Time{}},
		"a rotation that is due has no moment": {generated(hourly), with(finished, fits, rev1), time.Time{}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(credential.Decide(now, c.policy, c.state).Next).To(BeTemporally("==", c.want))
		})
	}
}

func TestWhoIsNotRotatedHasNoNextRotation(t *testing.T) {
	g := NewWithT(t)
	g.Expect(credential.NextRotation(generated(daily), finished)).NotTo(BeZero())
	for sentence, c := range map[string]decision{
		"no interval":     {policy: generated(), state: finished},
		"no password":     {policy: generated(daily), state: dropped},
		"delivered":       {policy: generated(daily), state: delivered},
		"to be delivered": {policy: generated(daily, oneTime), state: finished},
		"supplied":        {policy: reference(daily), state: supplied},
		"chosen":          {policy: invitation(daily), state: chosen},
		"deactivated":     {policy: generated(daily, off), state: finished},
	} {
		g.Expect(credential.NextRotation(c.policy, c.state)).To(BeZero(), sentence)
	}
}

func TestAResetThatIsTooFarAheadIsNamed(t *testing.T) {
	g := NewWithT(t)
	g.Expect(credential.ResetAhead(now, generated())).To(BeZero())
	g.Expect(credential.ResetAhead(now, generated(reset, resetIn(300)))).To(BeZero())
	g.Expect(credential.ResetAhead(now, generated(reset, resetIn(900), resetIn(301)))).To(Equal(now.Add(301 * time.Second)))
	g.Expect(credential.ResetAhead(now, policy(v1alpha1.CredentialNone, resetIn(301)))).NotTo(BeZero())
}
