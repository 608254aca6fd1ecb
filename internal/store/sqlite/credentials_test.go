// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// step is a change to the password of account(1) and the statements that it takes, beside those of every batch.
type step struct {
	change store.Change
	costs  []string
}

// TestWhatAPasswordCosts pins the statements of each change, and of what is done by it to somebody's sessions and invitation.
func TestWhatAPasswordCosts(t *testing.T) {
	uid := account(1).UID
	issue := func(version int64) store.IssueCredential {
		return store.IssueCredential{UserUID: uid, Version: version, Verifier: fmt.Sprintf("$%d", version), Keep: store.KeepCurrent}
	}
	reset := issue(2)
	reset.Resets = time.Now().Add(time.Minute)
	anew := invitation(1, 2, "token")
	anew.Resets = reset.Resets
	written := []string{findCredential, putCredential}
	for sentence, steps := range map[string][]step{
		"the same issue twice":       {{issue(1), written}, {issue(1), []string{findCredential}}},
		"an issue and its end":       {{issue(1), written}, {store.FinishCredential{UserUID: uid, Version: 1, Grace: time.Hour}, written}},
		"a rotation":                 {{issue(1), written}, {issue(2), written}},
		"a reset":                    {{issue(1), written}, {reset, append(written, loseSessions)}},
		"a reset by an invitation":   {{issue(1), written}, {anew, append(written, loseSessions, deleteOldMail, putMail)}},
		"a password is taken away":   {{issue(1), written}, {store.RevokeCredential{UserUID: uid, Version: 2}, append(written, loseSessions)}},
		"an invitation":              {{invitation(1, 1, "token"), append(written, deleteOldMail, putMail)}},
		"an issue to who is invited": {{invitation(1, 1, "token"), append(written, deleteOldMail, putMail)}, {issue(2), append(written, deleteMail)}},
		"a reset of all, twice": {
			{store.ResetCredentials{IssuedBefore: reset.Resets}, []string{putReset}}, {store.ResetCredentials{IssuedBefore: reset.Resets}, nil},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			st, c := counted(t)
			statements(t, st, c, store.Group{store.Put{Record: account(1)}})
			for _, s := range steps {
				NewWithT(t).Expect(statements(t, st, c, store.Group{s.change})).To(ConsistOf(append([]string{"BEGIN", readOwner}, s.costs...)), "%T", s.change)
			}
		})
	}
}

// TestWhatComesWithAPasswordCosts pins what a user's record costs by the password: nothing, as long as neither the address nor the row changes.
func TestWhatComesWithAPasswordCosts(t *testing.T) {
	addressed := func(generation int64, address string) store.User {
		u := account(1)
		u.Generation, u.Email = generation, address
		return u
	}
	for sentence, test := range map[string]struct {
		next  store.Change
		costs []string
	}{
		"the same address":   {store.Put{Record: addressed(2, "ann@x")}, nil},
		"in another case":    {store.Put{Record: addressed(2, "ANN@x")}, nil},
		"another address":    {store.Put{Record: addressed(2, "ann@y")}, []string{endInvitation, deleteMail}},
		"the account's end":  {store.RemoveUser{UID: account(1).UID, Disposal: store.Deactivate}, []string{deleteCredential, deleteMail}},
		"nobody's any more":  {store.RemoveUser{UID: account(1).UID, Disposal: store.Orphan}, nil},
		"a sibling is added": {store.Put{Record: account(2)}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			st, c := counted(t)
			statements(t, st, c, store.Group{store.Put{Record: addressed(1, "ann@x")}, invitation(1, 1, "token")})
			ofPasswords := map[string]bool{}
			for _, s := range []string{
				findCredential, putCredential, deleteCredential, endReset, endResetMail, adoptCredential, adoptMail, endInvitation, loseSessions,
				putMail, deleteMail, deleteOldMail, putReset,
			} {
				ofPasswords[s] = true
			}
			var found []string
			for _, s := range statements(t, st, c, store.Group{test.next}) {
				if ofPasswords[s] {
					found = append(found, s)
				}
			}
			NewWithT(t).Expect(found).To(ConsistOf(test.costs))
		})
	}
}

// TestTokensThatAreOverDoNotPileUp: what nobody has sent in time goes with the next invitation.
func TestTokensThatAreOverDoNotPileUp(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	for i := range 3 {
		over := invitation(i, 1, fmt.Sprint(i))
		over.ValidFor, over.IssuedAt = time.Minute, time.Now().Add(-time.Hour)
		g.Expect(st.Apply(t.Context(), []store.Group{{store.Put{Record: account(i)}, over}})).To(HaveEach(BeNil()))
	}
	g.Expect(st.Apply(t.Context(), []store.Group{{store.Put{Record: account(9)}, invitation(9, 1, "token")}})).To(HaveEach(BeNil()))
	var tokens string
	g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT group_concat(token) FROM outbox`).Scan(&tokens)).To(Succeed())
	g.Expect(tokens).To(Equal("token"))
}

// TestARefusedPasswordIsNotQuoted: neither a verifier nor a token stands in an error.
func TestARefusedPasswordIsNotQuoted(t *testing.T) {
	const secret = "a-secret"
	uid := account(1).UID
	for sentence, test := range map[string]struct {
		refusing string
		change   store.Change
	}{
		"a verifier that the database refuses": {"credentials", store.IssueCredential{UserUID: uid, Version: 1, Verifier: secret}},
		"a token that the database refuses":    {"outbox", invitation(1, 1, secret)},
		"a verifier that is no text":           {"audit_log", store.IssueCredential{UserUID: uid, Version: 1, Verifier: secret + "\x00"}},
		"a token that is no text":              {"audit_log", invitation(1, 1, secret+"\xff")},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			st := opened(t, filepath.Join(t.TempDir(), "store.db"))
			g.Expect(st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}})).To(HaveEach(BeNil()))
			st.exec(t, `CREATE TRIGGER refuses BEFORE INSERT ON `+test.refusing+` BEGIN SELECT RAISE(ABORT, 'not a-secret'); END`)
			_, err := st.Apply(t.Context(), []store.Group{{test.change}})
			g.Expect(err).To(MatchError(store.ErrRejected))
			g.Expect(err.Error()).NotTo(ContainSubstring(secret))
			g.Expect(stored(t, st)[0].Credential).To(Equal(store.Credential{}))
		})
	}
}

// TestWhatAResetOfAllHasEndedIsNotResetAgain: a previous password that it has ended is no reason to reset the current one, which it spared.
func TestWhatAResetOfAllHasEndedIsNotResetAgain(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	now := time.Now().Truncate(time.Second)
	issue := func(version int64, age time.Duration) store.IssueCredential {
		return store.IssueCredential{
			UserUID: account(1).UID, Version: version, Verifier: fmt.Sprint(version), Keep: store.KeepCurrent, IssuedAt: now.Add(-age),
		}
	}
	again := issue(3, 0)
	again.Resets = now.Add(-time.Minute)
	g.Expect(st.Apply(t.Context(), []store.Group{
		{store.Put{Record: account(1)}, issue(1, time.Hour), issue(2, time.Second)}, {store.ResetCredentials{IssuedBefore: again.Resets}}, {again},
	})).To(HaveExactElements(BeNil(), BeNil(), MatchError(store.ErrNotDue)))
}
