// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// ownersOf opens a store for each of some owners of the same back office. The writers of one do not wait for those of another.
func ownersOf(t *testing.T, o store.Options, n int) []*pgStore {
	t.Helper()
	stores := make([]*pgStore, n)
	for i := range stores {
		o.Owner, o.UsedBy = fmt.Sprint("owner-", i), fmt.Sprint("default/", i)
		stores[i] = newStore(t, o)
	}
	return stores
}

// TestAdoptionByManyOwners: of owners who adopt an account at once one gets it, with one password.
func TestAdoptionByManyOwners(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	const owners, rounds = 4, 12
	stores, admin := ownersOf(t, o, owners), connect(t, schemaURL(o.Schema))
	for round := range rounds {
		login := fmt.Sprint("ann-", round)
		do(t, admin, fmt.Sprintf(`WITH u AS (
			INSERT INTO users (back_office, login, login_folded, account_type, state) VALUES ('shop', '%s', '%[1]s', 'Employee', 'Active') RETURNING id
		) INSERT INTO credentials (user_id, verifier) SELECT id, '$hers' FROM u`, login))
		verdicts, errs := make([][]error, owners), make([]error, owners)
		var wg sync.WaitGroup
		for i, s := range stores {
			wg.Go(func() {
				group := store.Group{
					store.Put{Record: user(login), Adopts: store.AdoptUnowned},
					store.IssueCredential{UserUID: login, Version: 2, Verifier: fmt.Sprint("$", i), Source: store.SourceGenerated, Keep: store.KeepCurrent},
				}
				verdicts[i], errs[i] = s.Apply(t.Context(), []store.Group{group})
			})
		}
		wg.Wait()
		g.Expect(errs).To(HaveEach(BeNil()))
		adopter := -1
		for i, v := range verdicts {
			if v[0] == nil {
				g.Expect(adopter).To(Equal(-1), "%v", verdicts)
				adopter = i
			} else {
				g.Expect(v[0]).To(MatchError(store.ErrForeignRow))
			}
		}
		g.Expect(adopter).NotTo(Equal(-1), "%v", verdicts)
		g.Expect(value[string](t, admin, `SELECT owner || ' ' || verifier || ' ' || previous_verifier
			FROM users JOIN credentials ON user_id = id WHERE login = $1`, login)).To(Equal(fmt.Sprintf("owner-%d $%d $hers", adopter, adopter)))
	}
}

// TestAdoptionAgainstWriters: who takes an account from another owner, while that one writes it, gets a row that nobody else writes.
func TestAdoptionAgainstWriters(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	stores, admin := ownersOf(t, o, 2), connect(t, schemaURL(o.Schema))
	const rounds = 15
	for round := range rounds {
		login := fmt.Sprint("ann-", round)
		g.Expect(stores[0].Apply(t.Context(), []store.Group{put(user(login))})).To(HaveEach(BeNil()))
		var wg sync.WaitGroup
		var verdict, late error
		wg.Go(func() {
			for version := int64(1); verdict == nil; version++ {
				issue := store.IssueCredential{UserUID: login, Version: version, Verifier: fmt.Sprint("$theirs-", version)}
				verdicts, err := stores[0].Apply(t.Context(), []store.Group{{issue}})
				if err != nil {
					verdict = err
					return
				}
				verdict = verdicts[0]
			}
		})
		time.Sleep(time.Duration(round) * time.Millisecond)
		adopt := []store.Group{{store.Put{Record: user(login), Adopts: store.AdoptAny}, store.FinishCredential{UserUID: login, Version: 0}}}
		if adopted, err := stores[1].Apply(t.Context(), adopt); err != nil || adopted[0] == nil {
			late = fmt.Errorf("%w %v", err, adopted) // nothing has version 0: the group is left out, and the row is still the other's
		}
		adopted, err := stores[1].Apply(t.Context(), []store.Group{adopt[0][:1]})
		wg.Wait()
		g.Expect(late).NotTo(HaveOccurred())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(adopted).To(HaveEach(BeNil()))
		g.Expect(verdict).To(MatchError(store.ErrNotFound))
		g.Expect(value[string](t, admin, `SELECT owner || ' ' || coalesce(source, 'Adopted')
			FROM users LEFT JOIN credentials ON user_id = id WHERE login = $1`, login)).To(Equal("owner-1 Adopted"))
	}
}

// TestMaxAhead: the database draws the line where the package does.
func TestMaxAhead(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	g.Expect(s.Apply(t.Context(), append(hired("hired", 1), put(user("ann"))))).To(HaveEach(BeNil()))
	now, err := s.Ping(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	within, beyond := now.Add(store.MaxAhead), now.Add(store.MaxAhead+time.Minute)
	g.Expect(s.Apply(t.Context(), []store.Group{
		{store.RevokeCredential{UserUID: "hired-0", Version: 2, Resets: beyond}},
		{store.RevokeCredential{UserUID: "hired-0", Version: 2, Resets: within}},
		{store.ResetCredentials{IssuedBefore: beyond}},
		{store.ResetCredentials{IssuedBefore: within}},
	})).To(Equal([]error{store.ErrAhead, nil, store.ErrAhead, nil}))
}

// TestOddCredentials: what a change must not hold is rejected before it is sent.
func TestOddCredentials(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for sentence, c := range map[string]store.Change{
		"an unknown verifier to keep":   store.IssueCredential{UserUID: "ann", Version: 1, Verifier: "$", Keep: "Both"},
		"an invitation without a token": store.InviteUser{UserUID: "ann", Version: 1, TokenHash: "00"},
		"an invitation without a hash":  store.InviteUser{UserUID: "ann", Version: 1, Token: "t"},
		"a verifier with a zero byte":   store.IssueCredential{UserUID: "ann", Version: 1, Verifier: "$\x00"},
		"a moment that JSON has not":    store.ResetCredentials{IssuedBefore: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := encode([]store.Group{{c}})
		g.Expect(err).To(MatchError(store.ErrRejected), sentence)
	}
}
