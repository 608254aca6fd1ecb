// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// passwords are what an account has to log in with: "old" is two hours old, "young" half an hour. Empty: none.
type passwords struct {
	current, previous string
	// over says that the previous one has no grace, revoked that the current one was taken away, invited that a token waits to be redeemed.
	over, revoked, invited bool
}

var everyPasswords = []passwords{
	{},
	{current: "old"},
	{current: "young"},
	{current: "young", previous: "old"},
	{current: "young", previous: "old", over: true},
	{current: "old", revoked: true},
	{invited: true},
	{current: "old", invited: true},
	{current: "young", previous: "old", invited: true},
}

// issues lead to these passwords from none.
func (p passwords) issues(uid string, now time.Time) []store.Change {
	var changes []store.Change
	version := int64(0)
	issue := func(verifier string, keep store.Keep) {
		if verifier == "" {
			return
		}
		version++
		age := map[string]time.Duration{"old": 2 * time.Hour, "young": time.Hour / 2}[verifier]
		changes = append(changes, store.IssueCredential{
			UserUID: uid, Version: version, Verifier: verifier, Keep: keep, IssuedAt: now.Add(-age).Truncate(time.Second).UTC(),
		})
	}
	issue(p.previous, store.KeepNone)
	issue(p.current, store.KeepCurrent)
	if p.over {
		changes = append(changes, store.FinishCredential{UserUID: uid, Version: version})
	}
	if p.revoked {
		version++
		changes = append(changes, store.RevokeCredential{UserUID: uid, Version: version})
	}
	if p.invited {
		version++
		changes = append(changes, store.InviteUser{UserUID: uid, Version: version, Token: uid, TokenHash: "hash-of-" + uid, ValidFor: time.Hour})
	}
	return changes
}

// valid are those by which an account may log in.
func (w world) valid(p passwords) (current, previous string) {
	current, previous = p.current, p.previous
	if p.revoked || w.reset && current == "old" {
		current = ""
	}
	if p.over || p.revoked || w.reset {
		previous = ""
	}
	return current, previous
}

// passwords counts what chance has made.
func (s seen) passwords(p passwords, current, previous string) {
	if current != "" {
		s["current passwords"]++
	}
	if previous != "" {
		s["passwords beside the current one"]++
	}
	if p.current != current && !p.revoked {
		s["passwords that were reset"]++
	}
}
