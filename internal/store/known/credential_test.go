// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package known_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// hour is one of a day on which passwords change.
func hour(n int) time.Time { return time.Date(2026, 11, 22, n, 0, 0, 0, time.UTC) }

// issued is ann's second password, of eight o'clock.
func issued(changes ...func(*store.IssueCredential)) store.IssueCredential {
	i := store.IssueCredential{
		UserUID: "ann", Version: 2, Verifier: "$pbkdf2-sha256$…", Source: store.SourceGenerated, Keep: store.KeepNone, IssuedAt: hour(8),
	}
	for _, change := range changes {
		change(&i)
	}
	return i
}

// next is the one after, of nine o'clock.
func next(k store.Keep) store.IssueCredential {
	return issued(func(i *store.IssueCredential) { i.Version, i.IssuedAt, i.Keep = 3, hour(9), k })
}

func finished() store.FinishCredential {
	return store.FinishCredential{UserUID: "ann", Version: 2, SecretUID: "secret", SecretResourceVersion: "17"}
}

func concealed() store.FinishCredential {
	f := finished()
	f.SecretResourceVersion, f.Concealed = "18", true
	return f
}

func invited(resets time.Time) store.InviteUser {
	return store.InviteUser{UserUID: "ann", Version: 3, Token: "t", TokenHash: "h", ValidFor: time.Hour, IssuedAt: hour(9), Resets: resets}
}

func revoked(resets time.Time) store.RevokeCredential {
	return store.RevokeCredential{UserUID: "ann", Version: 3, Resets: resets}
}

func reset(at time.Time) store.ResetCredentials { return store.ResetCredentials{IssuedBefore: at} }

func TestCredentials(t *testing.T) {
	underWay := known.Credential{Version: 2, Source: store.SourceGenerated, HasVerifier: true, IssuedAt: hour(8)}
	delivered := underWay
	delivered.SecretUID, delivered.SecretResourceVersion = "secret", "17"
	taken := delivered
	taken.SecretResourceVersion, taken.Concealed = "18", true
	third := known.Credential{Version: 3, Source: store.SourceGenerated, HasVerifier: true, IssuedAt: hour(9)}
	with := func(c known.Credential, change func(*known.Credential)) known.Credential { change(&c); return c }

	for sentence, c := range map[string]struct {
		changes []store.Change
		want    known.Credential
	}{
		"an issue that is under way":       {[]store.Change{issued()}, underWay},
		"an issue that is finished":        {[]store.Change{issued(), finished()}, delivered},
		"a new issue begins anew":          {[]store.Change{issued(), concealed(), next(store.KeepNone)}, third},
		"a changed account keeps its own":  {[]store.Change{issued(), finished(), put(user("ann", labelled("blue")))}, delivered},
		"another account's is another's":   {[]store.Change{store.IssueCredential{UserUID: "bob", Version: 7}}, known.Credential{}},
		"an account that goes loses it":    {[]store.Change{issued(), finished(), store.RemoveUser{UID: "ann"}}, known.Credential{}},
		"an account with the first at all": {[]store.Change{put(user("ann")), issued()}, underWay},
		"what was current stays beside a new one": {
			[]store.Change{issued(), next(store.KeepCurrent)}, with(third, func(c *known.Credential) { c.PreviousIssuedAt = hour(8) }),
		},
		"what was beside an unfinished one stays beside a new one": {
			[]store.Change{issued(), next(store.KeepCurrent), issued(func(i *store.IssueCredential) {
				i.Version, i.IssuedAt, i.Keep = 4, hour(10), store.KeepPrevious
			})},
			with(third, func(c *known.Credential) { c.Version, c.IssuedAt, c.PreviousIssuedAt = 4, hour(10), hour(8) }),
		},
		"a Secret that has delivered": {[]store.Change{issued(), concealed()}, taken},
		"what is concealed does not return": {
			[]store.Change{issued(), concealed(), finished()}, with(delivered, func(c *known.Credential) { c.Concealed = true }),
		},
		"a reset is no later than the password that it makes": {
			[]store.Change{issued(func(i *store.IssueCredential) { i.Resets = hour(9) })}, with(underWay, func(c *known.Credential) { c.IssuedAt = hour(9) }),
		},
		"a reset of all ends nothing that is known": {[]store.Change{issued(), finished(), reset(hour(9))}, delivered},
		"no password is issued before a reset of all": {
			[]store.Change{reset(hour(9)), reset(hour(7)), issued()}, with(underWay, func(c *known.Credential) { c.IssuedAt = hour(9) }),
		},
		"an invitation leaves the password": {
			[]store.Change{issued(), finished(), invited(time.Time{})},
			with(delivered, func(c *known.Credential) { c.Version, c.InvitationExpiresAt = 3, hour(10) }),
		},
		"an invitation that resets leaves none": {
			[]store.Change{issued(), finished(), invited(hour(11))}, known.Credential{Version: 3, IssuedAt: hour(11), InvitationExpiresAt: hour(12)},
		},
		"the first invitation": {[]store.Change{invited(time.Time{})}, known.Credential{Version: 3, IssuedAt: hour(9), InvitationExpiresAt: hour(10)}},
		"an invitation after a reset of all is as young": {
			[]store.Change{reset(hour(11)), invited(time.Time{})}, known.Credential{Version: 3, IssuedAt: hour(11), InvitationExpiresAt: hour(12)},
		},
		"a password ends the invitation": {
			[]store.Change{store.InviteUser{UserUID: "ann", Version: 1, ValidFor: time.Hour, IssuedAt: hour(7)}, issued()}, underWay,
		},
		"a password that is taken away leaves its Secret": {
			[]store.Change{issued(), concealed(), revoked(time.Time{})},
			known.Credential{Version: 3, IssuedAt: hour(8), SecretUID: "secret", SecretResourceVersion: "18"},
		},
		"one that is taken away by a reset is as young": {[]store.Change{issued(), revoked(hour(9))}, known.Credential{Version: 3, IssuedAt: hour(9)}},
		"an invitation is taken away": {
			[]store.Change{invited(time.Time{}), store.RevokeCredential{UserUID: "ann", Version: 4}}, known.Credential{Version: 4, IssuedAt: hour(9)},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(index(c.changes...).Credential("ann")).To(Equal(c.want))
		})
	}
}

func TestResetsOfAll(t *testing.T) {
	g, x := NewWithT(t), known.New()
	g.Expect(x.Reset()).To(BeZero())
	x.Observed(store.Observed{Record: others[0], CredentialsReset: hour(8)})
	g.Expect(x.Reset()).To(Equal(hour(8)))
	x.Applied([]store.Change{reset(hour(9)), reset(hour(7))})
	g.Expect(x.Reset()).To(Equal(hour(9)))
	x.Applied([]store.Change{put(others[0])})
	g.Expect(x.Reset()).To(Equal(hour(9)), "a record does not tell of it")
}

func TestReadCredentials(t *testing.T) {
	read := store.Credential{
		Version: 2, Source: store.SourceGenerated, Verifier: "$pbkdf2-sha256$…", IssuedAt: hour(8), Previous: "$argon2id$…", PreviousIssuedAt: hour(7),
		SecretUID: "secret", SecretResourceVersion: "17", Concealed: true, Revoked: "$argon2id$…", InvitationExpiresAt: hour(9),
	}
	want := known.Credential{
		Version: 2, Source: store.SourceGenerated, HasVerifier: true, IssuedAt: hour(8), PreviousIssuedAt: hour(7),
		SecretUID: "secret", SecretResourceVersion: "17", Concealed: true, InvitationExpiresAt: hour(9),
	}
	g, x := NewWithT(t), known.New()
	matches := func(c store.Credential) bool { return x.Matches(store.Observed{Record: user("ann"), Credential: c}) }
	x.Observed(store.Observed{Record: user("ann"), Credential: read})
	g.Expect(x.Credential("ann")).To(Equal(want))
	g.Expect(matches(read)).To(BeTrue())
	g.Expect(matches(store.Credential{})).To(BeFalse(), "a credential that is gone")

	over := read
	over.Previous, over.PreviousIssuedAt = "", time.Time{}
	g.Expect(matches(over)).To(BeTrue(), "that a previous password comes to its end is no difference")
	for field, change := range map[string]func(*store.Credential){
		"version":    func(c *store.Credential) { c.Version++ },
		"source":     func(c *store.Credential) { c.Source = store.SourceChosen },
		"verifier":   func(c *store.Credential) { c.Verifier = "" },
		"issued at":  func(c *store.Credential) { c.IssuedAt = hour(9) },
		"Secret":     func(c *store.Credential) { c.SecretUID, c.SecretResourceVersion = "", "" },
		"revision":   func(c *store.Credential) { c.SecretResourceVersion = "18" },
		"concealed":  func(c *store.Credential) { c.Concealed = false },
		"invitation": func(c *store.Credential) { c.InvitationExpiresAt = hour(10) },
	} {
		other := read
		change(&other)
		g.Expect(matches(other)).To(BeFalse(), field)
	}

	x.Observed(store.Observed{Record: user("ann")})
	g.Expect(x.Credential("ann")).To(BeZero())
}
