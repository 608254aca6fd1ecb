// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// TestNothingIsLeftOfAFormerObject: what nobody would ever delete again goes with the take-over.
func TestNothingIsLeftOfAFormerObject(t *testing.T) {
	former := account(1)
	former.Bindings = []store.Bound{{BindingUID: "binding", Generation: 1}}
	heir := account(1)
	heir.UID = "another"
	heir.Bindings = former.Bindings
	for sentence, between := range map[string][]store.Change{
		"it was lost and made anew":   nil,
		"it was orphaned and adopted": {store.RemoveUser{UID: former.UID, Disposal: store.Orphan}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			st := opened(t, filepath.Join(t.TempDir(), "store.db"))
			changes := append([]store.Change{store.Put{Record: former}}, between...)
			changes = append(changes, store.Put{Record: heir, Adopts: store.AdoptUnowned})
			g.Expect(st.Apply(t.Context(), []store.Group{changes})).To(HaveEach(BeNil()))
			var users string
			g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT group_concat(user_uid) FROM role_binding_subjects`).Scan(&users)).To(Succeed())
			g.Expect(users).To(Equal(heir.UID))
		})
	}
}

// TestATokenThatAResetHasEndedIsNotKept: neither with a row that becomes nobody's, nor with one that becomes another owner's.
func TestATokenThatAResetHasEndedIsNotKept(t *testing.T) {
	heir := account(1)
	heir.UID = "another"
	for sentence, leaving := range map[string]store.Group{
		"orphaned": {store.RemoveUser{UID: account(1).UID, Disposal: store.Orphan}},
		"adopted":  {store.Put{Record: heir, Adopts: store.AdoptAny}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			path := filepath.Join(t.TempDir(), "store.db")
			st := opened(t, path)
			o := options(path)
			o.Owner = "another"
			other, err := Driver{}.Open(t.Context(), o)
			g.Expect(err).NotTo(HaveOccurred())
			defer func() { _ = other.Close() }()
			g.Expect(other.Apply(t.Context(), []store.Group{
				{store.Put{Record: account(1)}, invitation(1, 1, "token")}, {store.ResetCredentials{IssuedBefore: time.Now().Add(time.Minute)}},
			})).To(HaveEach(BeNil()))
			if sentence == "adopted" {
				other = st
			}
			g.Expect(other.Apply(t.Context(), []store.Group{leaving})).To(HaveEach(BeNil()))
			var hash, tokens string
			g.Expect(st.writer.QueryRowContext(t.Context(),
				`SELECT token_hash, (SELECT count(*) FROM outbox) FROM credentials`).Scan(&hash, &tokens)).To(Succeed())
			g.Expect([]string{hash, tokens}).To(Equal([]string{"", "0"}))
		})
	}
}

// TestAMomentThatIsFarAheadDoesNotStay: a clock that was wrong once does not decide for ever.
func TestAMomentThatIsFarAheadDoesNotStay(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	issue := store.IssueCredential{UserUID: account(1).UID, Version: 1, Verifier: "$1"}
	g.Expect(st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}, issue}})).To(HaveEach(BeNil()))
	st.exec(t, `UPDATE credentials SET issued_at = unixepoch() + 90000`)
	issue.Version, issue.Verifier = 2, "$2"
	g.Expect(st.Apply(t.Context(), []store.Group{{issue}})).To(HaveEach(BeNil()))
	g.Expect(stored(t, st)[0].Credential.IssuedAt).To(BeTemporally("~", time.Now().Add(store.MaxAhead), 10*time.Second))
}

// TestAnAccountThatIsStoredProtectedIsSoFromTheFirst: also where the row of a lost object is new itself.
func TestAnAccountThatIsStoredProtectedIsSoFromTheFirst(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	heir := account(1)
	heir.UID = "another"
	g.Expect(st.Apply(t.Context(), []store.Group{
		{store.Put{Record: account(1), Protection: []store.Need{{Family: "f", Rank: 3}}}}, {store.Put{Record: heir}},
	})).To(HaveExactElements(BeNil(), MatchError(store.ErrProtected)))
}
