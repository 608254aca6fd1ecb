// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func passwordRevoked(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v-1", issuedAt(w.ago(time.Hour))), finish("ann", 1, "s"), issue("ann", 2, "v-2", keeping(store.KeepCurrent)), conceal(2, "s"))
	at := w.one(user("ann")).Credential.IssuedAt
	w.must(revoke("ann", 3))
	revoked := store.Credential{Version: 3, SecretUID: "s", SecretResourceVersion: "s-rv", Revoked: "v-2"}
	w.Expect(w.credential("ann")).To(Equal(revoked))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.column(`SELECT login FROM active_users
		WHERE back_office = $1 AND verifier IS NULL AND previous_verifier IS NULL AND credential_issued_at IS NULL`, shop)).
		To(ConsistOf("ann"))
	w.put(user("ann", atGeneration(2), held), user("ann", atGeneration(3)))
	w.Expect(w.credential("ann")).To(Equal(revoked))
	w.Expect(w.apply(finish("ann", 3, "s"))).To(MatchError(store.ErrStale), "there is no verifier")

	w.must(revoke("ann", 4), invite("ann", 5, "t"))
	revoked.Version = 5
	w.Expect(w.credential("ann")).To(Equal(revoked), "there is no other password")
	w.must(issue("ann", 6, "v-6", keeping(store.KeepCurrent)))
	w.Expect(w.credential("ann")).To(Equal(store.Credential{Version: 6, Source: store.SourceGenerated, Verifier: "v-6"}))
}

func revokedAgain(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"), finish("ann", 1, "s"), revoke("ann", 2))
	before := w.all()
	w.must(revoke("ann", 2), revokeResets("ann", 2, w.ago(-time.Minute)))
	w.Expect(w.all()).To(Equal(before))
	w.must(invite("ann", 3, "t"), revoke("ann", 4))
	w.Expect(w.one(user("ann")).Credential.InvitationExpiresAt).To(BeZero(), "the invitation is taken away with it")
	w.Expect(w.mails()).To(BeEmpty())
}

func revokeVersions(w *world) {
	w.put(user("ann"))
	w.Expect(w.apply(revoke("never", 1))).To(MatchError(store.ErrNotFound))
	w.must(issue("ann", 1, "v-1"), issue("ann", 2, "v-2"))
	for _, version := range []int64{0, 1, 2, 4} {
		w.Expect(w.apply(revoke("ann", version))).To(MatchError(store.ErrStale), "version %d", version)
		w.Expect(w.apply(invite("ann", version, "t"))).To(MatchError(store.ErrStale), "version %d", version)
	}
	w.Expect(w.annsCredential()).To(Equal(store.Credential{Version: 2, Source: store.SourceGenerated, Verifier: "v-2"}))
	w.must(revoke("ann", 3))
	for _, version := range []int64{0, 1, 2, 3, 5} {
		w.Expect(w.apply(issue("ann", version, "v"))).To(MatchError(store.ErrStale), "version %d", version)
	}
	w.must(issue("ann", 4, "v-4"))
}

// allAtOnce: whatever is done to a password, one change builds upon one version.
func allAtOnce(w *world) {
	const rounds = 6
	w.put(user("ann"))
	for round := range rounds {
		begin := w.credential("ann").Version + 1
		w.must(issue("ann", begin, fmt.Sprintf("begin-%d", round)))
		text := func(s string) string { return fmt.Sprintf("%s-%d", s, round) }
		changes := []store.Change{
			issue("ann", begin+1, text("a"), keeping(store.KeepCurrent)), invite("ann", begin+1, text("t")), issue("ann", begin+1, text("b")),
			revoke("ann", begin+1), invite("ann", begin+1, text("u")),
		}
		outcomes := parallel(len(changes), func(i int) error { return w.applyTo(w.st, changes[i]) })
		w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
		w.Expect(count(outcomes, store.ErrStale)).To(Equal(len(changes)-1), "%v", outcomes)
		w.Expect(w.credential("ann").Version).To(Equal(begin + 1))
	}
}

// endsSessions expects that a change ends ann's sessions, or those of nobody.
func (w *world) endsSessions(uids []string, changes ...store.Change) {
	w.t.Helper()
	now := w.settle(shop)
	before := w.validAfter(shop)
	w.must(changes...)
	after := w.validAfter(shop)
	w.Expect(after).To(HaveLen(len(before)))
	for login, at := range after {
		ends := false
		for _, uid := range uids {
			ends = ends || uid == login
		}
		if ends {
			w.ended(at, now, fmt.Sprintf("%s: %T", login, changes[0]))
		} else {
			w.Expect(at).To(Equal(before[login]), "%s goes on: %T", login, changes[0])
		}
	}
}

func issueEndsNoSession(w *world) {
	w.put(user("ann"), user("bob"))
	w.endsSessions(nil, issue("ann", 1, "v-1"), finish("ann", 1, "s"), issue("ann", 2, "v-2", keeping(store.KeepCurrent)), finish("ann", 2, "s"),
		issue("ann", 3, "v-3"), conceal(3, "s"), invite("ann", 4, "t"))
}

func revocationEndsSessions(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"), put(user("bob")), issue("bob", 1, "v"))
	w.endsSessions([]string{"ann"}, revoke("ann", 2))
}

func passwordsUndone(w *world) {
	w.must(put(user("ann", withEmail(address))), issue("ann", 1, "v-1"), finish("ann", 1, "s"), issue("ann", 2, "v-2", keeping(store.KeepCurrent)))
	before, sessions := w.all(), w.validAfter(shop)
	for _, change := range []store.Change{
		issue("ann", 3, "v-3", keeping(store.KeepCurrent)), issue("ann", 3, "v-3", resets(w.ago(-time.Minute))), finishAfter("ann", 2, "t", 0),
		invite("ann", 3, "t"), invite("ann", 3, "t", inviteResets(w.ago(-time.Minute))), revoke("ann", 3), resetAll(w.ago(-time.Minute)),
	} {
		for _, last := range []store.Change{issue("never", 1, "v"), issue("ann", 99, "v"), issue("ann", 4, "v", resets(w.ago(-time.Hour)))} {
			w.Expect(w.apply(change, last)).To(HaveOccurred(), "%T", change)
			w.Expect(w.all()).To(Equal(before), "%T", change)
			w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", "v-1"}), "%T", change)
			w.Expect(w.mails()).To(BeEmpty(), "%T", change)
		}
	}
	w.Expect(w.validAfter(shop)).To(Equal(sessions))
}

func foreignPasswords(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	for _, there := range []*world{other, wiki} {
		there.must(put(user("ann")), issue("ann", 1, "v"))
		before := there.all()
		for _, change := range []store.Change{
			issue("ann", 2, "w"), finish("ann", 1, "s"), invite("ann", 2, "t"), revoke("ann", 2), revokeResets("ann", 2, w.clock()),
		} {
			w.Expect(w.apply(change)).To(MatchError(store.ErrNotFound), "%T", change)
		}
		w.Expect(there.all()).To(Equal(before))
		there.must(remove("ann", store.Delete))
	}
}
