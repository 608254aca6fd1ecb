// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

var (
	rev1 = credential.Revision{UID: "a", ResourceVersion: "1"}
	rev2 = credential.Revision{UID: "a", ResourceVersion: "2"}
	// other is another Secret of the same name with, by chance, the same resource version.
	other = credential.Revision{UID: "b", ResourceVersion: "1"}
	none  = credential.Revision{}
)

// noon is when all states of a store were made, and now when decisions are.
var noon = midnight.Add(12 * time.Hour)

var now = noon.Add(time.Hour)

// The states of a store.
var (
	newcomer   = credential.State{}
	noStore    = credential.State{HadPassword: true}
	unfinished = credential.State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialGenerated, IssuedAt: noon}
	finished   = credential.State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialGenerated, IssuedAt: noon, Recorded: rev1}
	delivered  = credential.State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialGenerated, IssuedAt: noon, Recorded: rev1, Concealed: true}
	vanished   = credential.State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialGenerated, IssuedAt: noon, Concealed: true}
	supplied   = credential.State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialSecretRef, IssuedAt: noon, Recorded: rev1}
	chosen     = credential.State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialInvitation, IssuedAt: noon}
	invited    = credential.State{Version: 3, IssuedAt: noon, InvitationExpiresAt: now.Add(time.Hour)}
	expired    = credential.State{Version: 3, IssuedAt: noon, InvitationExpiresAt: noon.Add(time.Minute)}
	adopted    = credential.State{Version: 1, HasVerifier: true, Adopted: true, IssuedAt: noon}
	dropped    = credential.State{Version: 3, IssuedAt: noon, Recorded: rev1}
)

// What may be known of the Secret.
const (
	unread       = credential.SecretUnread
	absent       = credential.SecretAbsent
	foreign      = credential.SecretForeign
	empty        = credential.SecretEmpty
	fits         = credential.SecretFits
	fitsPrevious = credential.SecretFitsPrevious
	doesNotFit   = credential.SecretDoesNotFit
	unowned      = credential.SecretUnowned
	revoked      = credential.SecretRevoked
	unacceptable = credential.SecretUnacceptable
)

func with(s credential.State, secret credential.Secret, live credential.Revision) credential.State {
	s.Secret, s.Live = secret, live
	return s
}

func acknowledged(s credential.State) credential.State {
	s.Acknowledged = true
	return s
}

// The policies, by source, and what they ask for beside it.
func policy(source v1alpha1.CredentialSource, asks ...func(*credential.Policy)) credential.Policy {
	p := credential.Policy{Source: source, Account: "ann", Grace: time.Hour, TTL: 24 * time.Hour, InvitationTTL: 72 * time.Hour}
	for _, ask := range asks {
		ask(&p)
	}
	return p
}

func generated(asks ...func(*credential.Policy)) credential.Policy {
	return policy(v1alpha1.CredentialGenerated, asks...)
}

func reference(asks ...func(*credential.Policy)) credential.Policy {
	return policy(v1alpha1.CredentialSecretRef, asks...)
}

func invitation(asks ...func(*credential.Policy)) credential.Policy {
	return policy(v1alpha1.CredentialInvitation, asks...)
}

func reset(p *credential.Policy)   { p.Resets = []time.Time{now.Add(-time.Minute)} }
func rotate(p *credential.Policy)  { p.RotateIssuedBefore = now.Add(-time.Minute) }
func hourly(p *credential.Policy)  { p.Interval = time.Hour }
func daily(p *credential.Policy)   { p.Interval = 24 * time.Hour }
func oneTime(p *credential.Policy) { p.OneTime = true }
func over(p *credential.Policy)    { p.TTL = time.Hour }

// decision is one row of the tables: what is decided of a policy and a state.
type decision struct {
	policy credential.Policy
	state  credential.State
	want   credential.Plan // Why is a part of it
}

func decide(t *testing.T, rows map[string]decision) {
	t.Helper()
	for sentence, c := range rows {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			plan := credential.Decide(now, c.policy, c.state)
			g.Expect(plan.Why).To(And(ContainSubstring(c.want.Why), MatchRegexp(`^[A-Z].*\.$`)))
			g.Expect(c.want.Why).NotTo(BeEmpty())
			plan.Why, plan.Next, c.want.Why = "", time.Time{}, ""
			g.Expect(plan).To(Equal(c.want))
		})
	}
}

// The plans of the tables.

func plan(action credential.Action, why string) credential.Plan {
	return credential.Plan{Action: action, Why: why}
}

func finish(why string) credential.Plan {
	return credential.Plan{Action: credential.Finish, Version: 3, Why: why}
}

func conceal(why string) credential.Plan {
	return credential.Plan{Action: credential.Conceal, Version: 3, Why: why}
}

func issue(version int64, keep credential.KeepVerifier, why string) credential.Plan {
	return credential.Plan{Action: credential.Issue, Version: version, Keep: keep, Why: why}
}

func rotation(keep credential.KeepVerifier) credential.Plan {
	return credential.Plan{Action: credential.Rotate, Version: 4, Keep: keep, Why: "due for rotation"}
}

func resets(action credential.Action, version int64) credential.Plan {
	p := credential.Plan{Action: action, Version: version, Resets: now.Add(-time.Minute), Why: "reset is asked for"}
	if action == credential.Reset {
		p.Keep = credential.KeepNone
	}
	return p
}

func claimed(p credential.Plan) credential.Plan {
	p.Claim = true
	return p
}

func aged(p credential.Plan) credential.Plan {
	p.MinAge = credential.NextRotation(generated(hourly), finished).Sub(noon)
	return p
}
