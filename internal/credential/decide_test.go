// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

var (
	rev1 = credential.Revision{UID: "a", ResourceVersion: "1"}
	rev2 = credential.Revision{UID: "a", ResourceVersion: "2"}
	// other is another Secret of the same name with, by chance, the same resource version.
	other = credential.Revision{UID: "b", ResourceVersion: "1"}
	none  = credential.Revision{}
)

// stored are the states of a store: nothing, an unfinished issue, a finished one, and one whose verifier was taken away.
var (
	noStore    = credential.State{}
	unfinished = credential.State{Version: 3, HasVerifier: true}
	finished   = credential.State{Version: 3, HasVerifier: true, Recorded: rev1}
	dropped    = credential.State{Version: 3}
)

// What may be known of the Secret.
const (
	unread     = credential.SecretUnread
	absent     = credential.SecretAbsent
	foreign    = credential.SecretForeign
	empty      = credential.SecretEmpty
	fits       = credential.SecretFits
	doesNotFit = credential.SecretDoesNotFit
)

func with(s credential.State, secret credential.Secret, live credential.Revision) credential.State {
	s.Secret, s.Live = secret, live
	return s
}

func TestDecide(t *testing.T) {
	for sentence, c := range map[string]struct {
		state   credential.State
		action  credential.Action
		version int64
		why     string
	}{
		"of nothing known, the Secret is read first": {noStore, credential.Read, 0, "only the API server"},

		"the first credential":                     {with(noStore, absent, none), credential.Issue, 1, "no credential yet"},
		"a lost store, the Secret not read yet":    {with(noStore, unread, rev1), credential.Read, 0, "changed since"},
		"a lost store: no password changes":        {with(noStore, doesNotFit, rev1), credential.Restore, 1, "the Secret holds a password"},
		"a lost store, whatever the reader thinks": {with(noStore, fits, rev1), credential.Restore, 1, "the Secret holds a password"},
		"a lost store and an empty Secret":         {with(noStore, empty, rev1), credential.Issue, 1, "holds no password"},
		"a foreign Secret before the first":        {with(noStore, foreign, rev1), credential.Conflict, 0, "not ours"},

		"unfinished, the Secret not in the cache":     {with(unfinished, unread, none), credential.Read, 0, "only the API server"},
		"unfinished, the Secret not read yet":         {with(unfinished, unread, rev1), credential.Read, 0, "changed since"},
		"unfinished before the Secret was created":    {with(unfinished, absent, none), credential.Issue, 4, "ended before its Secret"},
		"unfinished before the Secret was updated":    {with(unfinished, doesNotFit, rev1), credential.Issue, 4, "ended before its Secret"},
		"unfinished, and the Secret holds nothing":    {with(unfinished, empty, rev1), credential.Issue, 4, "holds no password"},
		"unfinished after the Secret was written":     {with(unfinished, fits, rev1), credential.Finish, 3, "not recorded yet"},
		"unfinished, and somebody else took the name": {with(unfinished, foreign, rev1), credential.Conflict, 0, "not ours"},

		"finished, the Secret as it was":                   {with(finished, unread, rev1), credential.Keep, 0, "unchanged since"},
		"finished, the Secret as it was, though read":      {with(finished, fits, rev1), credential.Keep, 0, "holds the password"},
		"finished, a cache without the Secret may lag":     {with(finished, unread, none), credential.Read, 0, "only the API server"},
		"finished, the Secret changed somehow":             {with(finished, unread, rev2), credential.Read, 0, "changed since"},
		"finished, another Secret of that name":            {with(finished, unread, other), credential.Read, 0, "changed since"},
		"finished, a label of the Secret changed":          {with(finished, fits, rev2), credential.Finish, 3, "still holds"},
		"finished, the Secret restored from a backup":      {with(finished, fits, other), credential.Finish, 3, "still holds"},
		"finished, the Secret's password edited":           {with(finished, doesNotFit, rev2), credential.Issue, 4, "does not hold"},
		"finished, the stored verifier edited":             {with(finished, doesNotFit, rev1), credential.Issue, 4, "does not hold"},
		"finished, the Secret's password removed":          {with(finished, empty, rev2), credential.Issue, 4, "holds no password"},
		"finished, the Secret lost":                        {with(finished, absent, none), credential.Issue, 4, "is gone"},
		"finished, the Secret replaced by a foreign one":   {with(finished, foreign, other), credential.Conflict, 0, "not ours"},
		"finished, the Secret is no longer marked as ours": {with(finished, foreign, rev2), credential.Conflict, 0, "not ours"},

		"a verifier that was taken away, unread":       {with(dropped, unread, rev1), credential.Read, 0, "changed since"},
		"a verifier that was taken away stays so":      {with(dropped, doesNotFit, rev1), credential.Issue, 4, "dropped"},
		"a verifier that was taken away, Secret fits?": {with(dropped, fits, rev1), credential.Issue, 4, "dropped"},
		"an unknown fact is an unread Secret":          {with(finished, credential.Secret(99), rev2), credential.Read, 0, "changed since"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			plan := credential.Decide(credential.Policy{}, c.state)
			g.Expect(plan.Action).To(Equal(c.action))
			g.Expect(plan.Version).To(Equal(c.version))
			g.Expect(plan.Why).To(And(ContainSubstring(c.why), MatchRegexp(`^[A-Z].*\.$`)))
		})
	}
}

// TestDecideEverywhere goes through all combinations and checks what holds for each.
func TestDecideEverywhere(t *testing.T) {
	g := NewWithT(t)
	count := 0
	for _, base := range []credential.State{noStore, unfinished, finished, dropped, {Version: 3, Recorded: rev1}} {
		for secret := unread; secret <= doesNotFit; secret++ {
			for _, live := range []credential.Revision{none, rev1, rev2, other} {
				s := with(base, secret, live)
				count++
				g.Expect(credential.Decide(credential.Policy{Deactivated: true}, s).Action).To(Equal(credential.Keep), "%+v", s)

				checkPlan(g, s)
			}
		}
	}
	g.Expect(count).To(Equal(5 * 6 * 4))
}

func checkPlan(g *WithT, s credential.State) {
	plan := credential.Decide(credential.Policy{}, s)
	switch plan.Action {
	case credential.Keep:
		g.Expect(s.HasVerifier && s.Recorded == s.Live && s.Live != none).To(BeTrue(), "%+v", s)
	case credential.Read:
		g.Expect(s.Secret).To(Equal(unread), "once read it is never read again: %+v", s)
	case credential.Issue:
		g.Expect(plan.Version).To(Equal(s.Version + 1))
		g.Expect(s.Secret).NotTo(BeElementOf(unread, foreign), "%+v", s)
		g.Expect(s.Secret == fits && s.HasVerifier).To(BeFalse(), "%+v", s)
	case credential.Restore:
		g.Expect(plan.Version).To(BeEquivalentTo(1))
		g.Expect(s.Version).To(BeZero())
	case credential.Finish:
		g.Expect(plan.Version).To(Equal(s.Version))
		g.Expect(s.HasVerifier && s.Secret == fits && (s.Recorded != s.Live || s.Recorded == none)).To(BeTrue(), "%+v", s)
	case credential.Conflict:
		g.Expect(s.Secret).To(Equal(foreign))
	default:
		g.Expect(plan.Action).To(BeEmpty(), "an unknown action")
	}
}
