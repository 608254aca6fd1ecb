// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func resetAllCases() cases {
	return cases{
		"everybody's passwords and sessions end at once":                    everybodyReset,
		"what was issued since stays":                                       resetSpares,
		"a password of the very moment stays":                               resetBoundary,
		"whoever is blocked has no password either when that ends":          blockedReset,
		"other owners, back offices and orphans go on":                      othersNotReset,
		"a reset never goes back":                                           resetForward,
		"a reset that is repeated ends no more sessions":                    resetAllRepeated,
		"new passwords are issued no earlier than the reset":                issuedAfterReset,
		"what was reset does not come back beside a new password":           resetNotKept,
		"what was reset does not come back to life with another owner":      resetForGood,
		"a reset is kept whatever becomes of the record of the office":      resetKept,
		"a reset that is left out with its group resets nothing":            resetUndone,
		"the records of the passwords are as they were":                     resetRecords,
		"a pending invitation is reset, and a new one works":                invitationReset,
		"a token that is redeemed after a reset is no earlier than that is": redeemedAfterReset,
	}
}

// staff are ann, with a password and one beside it, and bob with one. All are an hour old, or more.
func (w *world) staff() {
	w.t.Helper()
	w.must(put(office()), put(user("ann")), issue("ann", 1, "v-1", issuedAt(w.ago(3*time.Hour))), finish("ann", 1, "s"),
		issue("ann", 2, "v-2", keeping(store.KeepCurrent), issuedAt(w.ago(time.Hour))), finishAfter("ann", 2, "s", time.Hour))
	w.must(put(user("bob")), issue("bob", 1, "v-1", issuedAt(w.ago(2*time.Hour))))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", "v-1"}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{"v-1", ""}))
}

func everybodyReset(w *world) {
	w.staff()
	w.put(user("cy"))
	w.endsSessions([]string{"ann", "bob", "cy"}, resetAll(w.ago(0)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{}))
	w.Expect(w.column(`SELECT login FROM active_users
		WHERE back_office = $1 AND verifier IS NULL AND previous_verifier IS NULL AND credential_issued_at IS NULL`, shop)).
		To(ConsistOf("ann", "bob", "cy"), "they are active still")
}

func resetSpares(w *world) {
	w.staff()
	w.must(resetAll(w.ago(150 * time.Minute)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", ""}), "the current one is younger")
	w.Expect(w.verifiers("bob")).To(Equal([2]string{"v-1", ""}))
	w.Expect(w.credential("ann").Previous).To(BeEmpty())
	w.must(resetAll(w.ago(90 * time.Minute)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", ""}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{}))
}

func resetBoundary(w *world) {
	at := w.ago(time.Minute)
	w.must(put(user("ann")), issue("ann", 1, "v", issuedAt(at)))
	w.must(resetAll(at))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v", ""}))
	w.must(resetAll(at.Add(time.Second)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
}

func blockedReset(w *world) {
	w.staff()
	w.put(user("ann", held), user("bob", inState(store.StateBlocked)))
	w.must(resetAll(w.ago(0)))
	w.put(user("ann", atGeneration(2)), user("bob", atGeneration(2)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{}))
}

func othersNotReset(w *world) {
	w.staff()
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	other.must(put(user("theirs")), issue("theirs", 1, "v"))
	wiki.must(put(office()), put(user("ann")), issue("ann", 1, "v"))
	w.must(put(user("orphan")), issue("orphan", 1, "v"), remove("orphan", store.Orphan))
	before := []map[store.Key]store.Observed{other.all(), wiki.all()}
	elsewhere := w.validAfter("wiki")
	w.endsSessions([]string{"ann", "bob"}, resetAll(w.ago(-time.Minute)))
	w.Expect(w.verifiers("theirs")).To(Equal([2]string{"v", ""}))
	w.Expect(w.verifiers("orphan")).To(Equal([2]string{"v", ""}))
	w.Expect(w.column(`SELECT verifier FROM active_users WHERE back_office = 'wiki'`)).To(Equal([]string{"v"}))
	w.Expect(w.validAfter("wiki")).To(Equal(elsewhere))
	w.Expect([]map[store.Key]store.Observed{other.all(), wiki.all()}).To(Equal(before))
}

// reset is what is told of the last reset.
func (w *world) reset() time.Time {
	w.t.Helper()
	o := w.one(office())
	w.Expect(o.CredentialsReset.Location()).To(Equal(time.UTC))
	return o.CredentialsReset
}

func resetForward(w *world) {
	w.staff()
	w.Expect(w.reset()).To(BeZero())
	at := w.ago(0)
	w.must(resetAll(at))
	w.Expect(w.reset()).To(BeTemporally("==", at))
	for _, earlier := range []time.Duration{time.Second, time.Hour, 9000 * time.Hour} {
		w.must(resetAll(at.Add(-earlier)))
		w.Expect(w.reset()).To(BeTemporally("==", at), "%s", earlier)
		w.Expect(w.verifiers("ann")).To(Equal([2]string{}), "%s", earlier)
	}
	later := w.ago(-time.Minute)
	w.must(resetAll(later))
	w.Expect(w.reset()).To(BeTemporally("==", later))
	w.must(resetAll(later))
	w.Expect(w.reset()).To(BeTemporally("==", later))
}

func resetAllRepeated(w *world) {
	w.staff()
	at := w.ago(time.Minute)
	w.must(resetAll(at))
	w.endsSessions(nil, resetAll(at), resetAll(at.Add(-time.Hour)))
	w.endsSessions([]string{"ann", "bob"}, resetAll(at.Add(time.Second)))
}

func issuedAfterReset(w *world) {
	w.staff()
	at := w.ago(-time.Minute)
	w.must(resetAll(at))
	w.must(issue("ann", 3, "v-3", issuedAt(w.ago(time.Hour))))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", ""}))
	w.must(put(user("cy")), issue("cy", 1, "v"), invite("bob", 2, "t", inviteResets(at)))
	w.Expect(w.one(user("cy")).Credential.IssuedAt).To(BeTemporally("==", at))
	w.Expect(w.verifiers("cy")).To(Equal([2]string{"v", ""}))
	bob := w.one(user("bob")).Credential
	w.Expect(bob.IssuedAt).To(BeTemporally("==", at))
	w.Expect(bob.InvitationExpiresAt).To(BeTemporally("==", at.Add(time.Hour)))
	w.must(issue("ann", 4, "v-4", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-4", "v-3"}))
}

func resetNotKept(w *world) {
	w.staff()
	w.must(resetAll(w.ago(150 * time.Minute)))
	w.Expect(w.apply(issue("ann", 3, "v-3", resets(w.ago(2*time.Hour))))).To(MatchError(store.ErrNotDue), "it is over, so that nothing is due for a reset")
	w.must(issue("ann", 3, "v-3", keeping(store.KeepPrevious)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", ""}))
	w.must(resetAll(w.ago(90 * time.Minute)))
	w.must(issue("bob", 2, "v-2", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{"v-2", ""}))
	w.Expect(w.credential("bob").Previous).To(BeEmpty())
}

func resetForGood(w *world) {
	w.staff()
	w.must(put(user("cy")), issue("cy", 1, "v"), resetAll(w.ago(30*time.Minute)))
	w.must(remove("ann", store.Orphan), remove("cy", store.Orphan))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.verifiers("cy")).To(Equal([2]string{"v", ""}), "hers was issued since")
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	for _, login := range []string{"ann", "bob", "cy"} {
		other.must(store.Put{Record: user(login, withUID("their-"+login)), Adopts: store.AdoptAny})
	}
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{}))
	w.Expect(w.verifiers("cy")).To(Equal([2]string{"v", ""}))
}

func resetKept(w *world) {
	at := w.ago(0)
	w.must(resetAll(at))
	w.must(put(user("ann")), put(office()), put(office(neverReuse, maxUsers(7))))
	w.Expect(w.reset()).To(BeTemporally("==", at), "it came before the office")
	w.must(store.Remove{Key: office().Key()}, put(office()))
	w.Expect(w.reset()).To(BeTemporally("==", at))
	again := office(func(o *store.Office) { o.Meta = meta("office-2") })
	w.must(put(again))
	w.Expect(w.one(again).CredentialsReset).To(BeTemporally("==", at))
	w.must(store.Release{})
	next := w.at(w.open(w.options(usedByAnother)))
	w.Expect(next.one(again).CredentialsReset).To(BeTemporally("==", at))
	next.must(issue("ann", 1, "v", issuedAt(at.Add(-time.Hour))))
	w.Expect(next.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
	for _, o := range next.all() {
		if _, ok := o.Record.(store.Office); !ok {
			w.Expect(o.CredentialsReset).To(BeZero(), "it is an office's")
		}
	}
}

func resetUndone(w *world) {
	w.staff()
	before, sessions := w.all(), w.validAfter(shop)
	w.Expect(w.apply(resetAll(w.ago(0)), issue("never", 1, "v"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.apply(resetAll(w.ago(-2 * store.MaxAhead)))).To(MatchError(store.ErrAhead))
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.validAfter(shop)).To(Equal(sessions))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", "v-1"}))
	verdicts := w.batch(store.Group{issue("ann", 3, "v-3")}, store.Group{resetAll(w.ago(-time.Minute))}, store.Group{issue("bob", 2, "v-2")})
	w.Expect(verdicts).To(HaveEach(BeNil()))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}), "a batch has an order")
	w.Expect(w.verifiers("bob")).To(Equal([2]string{"v-2", ""}))
}

// resetRecords: only the views hide what was reset, so that one row is written. The current password is told as it was.
func resetRecords(w *world) {
	w.staff()
	before := w.all()
	w.must(resetAll(w.ago(0)))
	for uid, previous := range map[string]string{"ann": "v-1", "bob": ""} {
		was, is := before[user(uid).Key()], w.one(user(uid))
		w.Expect(was.Credential.Previous).To(Equal(previous))
		was.Credential.Previous, was.Credential.PreviousIssuedAt = "", time.Time{}
		w.Expect(is).To(Equal(was))
	}
	w.must(finish("ann", 2, "t"))
	w.must(revokeResets("ann", 3, w.ago(0)))
	w.Expect(w.credential("ann").Revoked).To(Equal("v-2"))
}

func invitationReset(w *world) {
	ann, bob := user("ann", withEmail(address)), user("bob", withEmail("b@x"))
	w.must(put(ann), put(bob), invite("ann", 1, "t-ann"), issue("bob", 1, "v"), invite("bob", 2, "t-bob"))
	w.Expect(w.mails()).To(HaveLen(2))
	at := w.ago(-time.Minute)
	w.must(resetAll(at))
	w.Expect(w.mails()).To(BeEmpty())
	for _, token := range []string{"t-ann", "t-bob"} {
		w.Expect(w.redeem(token, "$stolen")).To(BeEmpty())
	}
	w.must(invite("ann", 2, "t-new", inviteResets(at)))
	w.Expect(w.mails()).To(HaveLen(1))
	w.Expect(w.redeem("t-new", "$v")).NotTo(BeEmpty())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$v", ""}))
}

func redeemedAfterReset(w *world) {
	w.put(user("ann", withEmail(address)))
	at := w.ago(-time.Minute)
	w.must(resetAll(at), invite("ann", 1, "t"))
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$v", ""}))
}
