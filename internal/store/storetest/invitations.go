// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func invitationCases() cases {
	return cases{
		"an invitation is mailed with what the mail needs":           mailed,
		"nobody is mailed who could not use it":                      mailsHeldBack,
		"an invitation leaves the password that is in force":         invitedWithPassword,
		"an invitation leaves nothing but the invitation":            invitedWithoutPassword,
		"the same invitation again does nothing":                     invitedAgain,
		"a new invitation takes the place of the one before":         invitedAnew,
		"an invitation is mailed once":                               mailedOnce,
		"a new password ends the invitation":                         invitationEndsByIssue,
		"a password that is taken away ends the invitation":          invitationEndsByRevocation,
		"whoever gets another e-mail address loses the invitation":   invitationEndsByEmail,
		"whoever keeps the e-mail address keeps the invitation":      invitationOutlivesPuts,
		"an account that is removed leaves no invitation":            invitationEndsByRemoval,
		"an invitation is mailed no longer than it works":            mailExpires,
		"an invitation works as long as it is valid, from its issue": invitationMoments,
	}
}

// mail is a row of the outbox as a mailer sees it.
type mail struct {
	id, login, folded, email, firstName, language, token string
	expiresAt                                            time.Time
}

// mails are those that a mailer of the shop has to send.
func (w *world) mails() []mail {
	w.t.Helper()
	var mails []mail
	for _, row := range w.query(`SELECT id, login, login_folded, email, first_name, language, token, expires_at FROM outbox_mail
		WHERE back_office = $1 ORDER BY login`, shop) {
		mails = append(mails, mail{row[0], row[1], row[2], row[3], row[4], row[5], row[6], w.moment(row[7])})
	}
	return mails
}

// redeem is what the application does with a token. It returns the account's ID; empty where it is refused.
func (w *world) redeem(token, verifier string) string {
	w.t.Helper()
	id, err := w.tryRedeem(w.t.Context(), shop, token, verifier)
	w.Expect(err).NotTo(HaveOccurred())
	return id
}

func (w *world) tryRedeem(ctx context.Context, backOffice, token, verifier string) (string, error) {
	w.t.Helper()
	if w.db.Redeem == nil {
		w.t.Fatal("the tests of this driver do not say how a token is redeemed")
	}
	return w.db.Redeem(ctx, backOffice, token, verifier)
}

func (w *world) mailSent(id string) bool {
	w.t.Helper()
	if w.db.MailSent == nil {
		w.t.Fatal("the tests of this driver do not say how a mail is told to be sent")
	}
	sent, err := w.db.MailSent(w.t.Context(), id)
	w.Expect(err).NotTo(HaveOccurred())
	return sent
}

// invited is ann, who may choose a password by the token "t".
func (w *world) invited() {
	w.t.Helper()
	w.must(put(user("ann", withEmail(address))), invite("ann", 1, "t"))
	w.Expect(w.mails()).To(HaveLen(1))
}

func mailed(w *world) {
	w.put(user("Ann", withEmail(address), func(u *store.User) { u.FirstName, u.LastName, u.Language = "Ann", "Lee", "en-GB" }),
		user("bob", withEmail("b@x")))
	w.must(invite("Ann", 1, "t-ann"), invite("bob", 1, "t-bob"))
	mails := w.mails()
	w.Expect(mails).To(HaveLen(2))
	w.Expect(mails[0].id).NotTo(Or(BeEmpty(), Equal(mails[1].id)))
	expires := w.one(user("Ann")).Credential.InvitationExpiresAt
	w.Expect(mails[0]).To(Equal(mail{mails[0].id, "Ann", "ann", address, "Ann", "en-GB", "t-ann", mails[0].expiresAt}))
	w.Expect(mails[0].expiresAt).To(BeTemporally("==", expires))
	w.Expect(mails[1].token).To(Equal("t-bob"))
	w.Expect(w.query(`SELECT id FROM outbox_mail WHERE back_office = $1`, "wiki")).To(BeEmpty())
	for _, column := range []string{"last_name", "full_name", "phone", "token_hash", "verifier"} {
		_, err := w.db.Query(w.t.Context(), `SELECT m.`+column+` FROM outbox_mail m`)
		w.Expect(err).To(HaveOccurred(), column)
	}
}

func mailsHeldBack(w *world) {
	w.put(user("ann"))
	w.must(invite("ann", 1, "t"))
	w.Expect(w.mails()).To(BeEmpty(), "without an address")
	w.must(put(user("ann", withEmail(address), atGeneration(2))), invite("ann", 2, "u"))
	for i, change := range []func(*store.User){held, inState(store.StateBlocked), deactivated, withheld} {
		w.put(user("ann", withEmail(address), atGeneration(int64(2*i+3)), change))
		w.Expect(w.mails()).To(BeEmpty())
		w.put(user("ann", withEmail(address), atGeneration(int64(2*i+4))))
		w.Expect(w.mails()).To(HaveLen(1))
	}
}

func invitedWithPassword(w *world) {
	w.must(put(user("ann", withEmail(address))))
	w.must(issue("ann", 1, "v-1", issuedAt(w.ago(time.Hour))), finish("ann", 1, "s"),
		issue("ann", 2, "v-2", keeping(store.KeepCurrent), issuedAt(w.ago(time.Minute))),
		conceal(2, "s"), issue("ann", 3, "v-3", keeping(store.KeepCurrent), issuedAt(w.ago(time.Second))))
	w.must(store.FinishCredential{UserUID: "ann", Version: 3, SecretUID: "s", SecretResourceVersion: "4", Grace: time.Hour, Concealed: true})
	before := w.one(user("ann")).Credential
	w.endsSessions(nil, invite("ann", 4, "t"))
	after := w.one(user("ann")).Credential
	w.Expect(after.InvitationExpiresAt).NotTo(BeZero())
	before.Version, before.InvitationExpiresAt = 4, after.InvitationExpiresAt
	w.Expect(after).To(Equal(before))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", "v-2"}))
}

func invitedWithoutPassword(w *world) {
	w.put(user("ann", withEmail(address)))
	at := w.ago(time.Minute)
	w.must(invite("ann", 1, "t", invitedAt(at)))
	w.Expect(w.one(user("ann")).Credential).To(Equal(store.Credential{Version: 1, IssuedAt: at, InvitationExpiresAt: at.Add(time.Hour)}))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
}

func invitedAgain(w *world) {
	w.invited()
	before, mails := w.all(), w.mails()
	w.must(invite("ann", 1, "t"))
	w.must(invite("ann", 1, "t", validFor(9*time.Hour), inviteResets(w.ago(-time.Minute))))
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.mails()).To(Equal(mails))
	w.Expect(w.apply(invite("ann", 1, "other"))).To(MatchError(store.ErrStale))
	w.Expect(w.apply(issue("ann", 1, "v"))).To(MatchError(store.ErrStale))
	w.Expect(w.mailSent(mails[0].id)).To(BeTrue())
	w.must(invite("ann", 1, "t"))
	w.Expect(w.mails()).To(BeEmpty(), "it is not mailed again")
}

func invitedAnew(w *world) {
	w.invited()
	first := w.mails()
	w.must(invite("ann", 2, "u"))
	w.Expect(w.mails()).To(HaveLen(1))
	w.Expect(w.mails()[0].token).To(Equal("u"))
	w.Expect(w.mails()[0].id).NotTo(Equal(first[0].id))
	w.Expect(w.mailSent(first[0].id)).To(BeFalse(), "which was another mail")
	w.Expect(w.redeem("t", "$v")).To(BeEmpty())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.redeem("u", "$v")).NotTo(BeEmpty())
}

func mailedOnce(w *world) {
	w.invited()
	w.must(put(user("bob", withEmail("b@x"))), invite("bob", 1, "u"))
	id := w.mails()[0].id
	for _, unknown := range []string{w.one(user("ann")).ID, "00000000-0000-4000-8000-000000000000"} {
		w.Expect(w.mailSent(unknown)).To(BeFalse(), unknown)
	}
	before := w.all()
	w.Expect(w.mailSent(id)).To(BeTrue())
	w.Expect(w.mailSent(id)).To(BeFalse())
	w.Expect(w.mails()).To(HaveLen(1))
	w.Expect(w.mails()[0].login).To(Equal("bob"))
	w.Expect(w.column(`SELECT token FROM outbox`)).To(Equal([]string{"u"}), "the token is gone with it")
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
}

func invitationEndsByIssue(w *world) {
	w.invited()
	w.must(issue("ann", 2, "v"))
	w.Expect(w.one(user("ann")).Credential.InvitationExpiresAt).To(BeZero())
	w.Expect(w.column(`SELECT token FROM outbox`)).To(BeEmpty())
	w.Expect(w.redeem("t", "$v")).To(BeEmpty())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v", ""}))
}

func invitationEndsByRevocation(w *world) {
	w.invited()
	w.must(revoke("ann", 2))
	w.Expect(w.one(user("ann")).Credential.InvitationExpiresAt).To(BeZero())
	w.Expect(w.column(`SELECT token FROM outbox`)).To(BeEmpty())
	w.Expect(w.redeem("t", "$v")).To(BeEmpty())
}

func invitationEndsByEmail(w *world) {
	for i, other := range []string{"new@shop.example", ""} {
		version := int64(i + 1)
		w.must(put(user("ann", withEmail(address), atGeneration(2*version))), invite("ann", version, "t"))
		w.must(put(user("ann", withEmail(other), atGeneration(2*version+1))))
		c := w.one(user("ann")).Credential
		w.Expect(c.InvitationExpiresAt).To(And(Not(BeZero()), BeTemporally("<=", w.clock())), "it is over, and not as if there never was one")
		w.Expect(c.Version).To(Equal(version))
		w.Expect(w.column(`SELECT token FROM outbox`)).To(BeEmpty())
		w.put(user("ann", withEmail(address), atGeneration(2*version+2)))
		w.Expect(w.redeem("t", "$v")).To(BeEmpty())
		w.Expect(w.mails()).To(BeEmpty())
	}
}

func invitationOutlivesPuts(w *world) {
	w.invited()
	before, mails := w.one(user("ann")).Credential, w.mails()
	w.put(user("ann", withEmail(address), atGeneration(2), held), user("ann", withEmail(address), atGeneration(3), administrator),
		user("bob", withEmail("b@x")))
	w.Expect(w.one(user("ann")).Credential).To(Equal(before))
	w.Expect(w.mails()).To(Equal(mails))
	w.put(user("ann", withEmail(address), atGeneration(4), func(u *store.User) { u.FirstName = "Ann" }))
	w.Expect(w.mails()[0].firstName).To(Equal("Ann"))
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
}

func invitationEndsByRemoval(w *world) {
	for i, d := range []store.Disposal{store.Deactivate, store.Delete} {
		w.must(put(user("ann", withEmail(address))), invite("ann", 1, "t"), remove("ann", d))
		w.Expect(w.column(`SELECT token FROM outbox`)).To(BeEmpty())
		w.Expect(w.redeem("t", "$v")).To(BeEmpty())
		w.must(put(user("ann", withUID("heir"), withEmail(address))))
		w.Expect(w.redeem("t", "$v")).To(BeEmpty())
		w.Expect(w.one(user("heir")).Credential).To(Equal(store.Credential{}))
		w.must(remove("heir", store.Delete))
		w.Expect(w.users()).To(BeEmpty(), "round %d", i)
	}
}

func mailExpires(w *world) {
	const short = 2 * time.Second
	begin := w.clock()
	w.must(put(user("ann", withEmail(address))), invite("ann", 1, "t", validFor(short)))
	end := w.clock()
	w.Eventually(func() bool {
		first, found, last := w.clock(), w.mails(), w.clock()
		if last.Before(begin.Truncate(time.Second).Add(short)) {
			w.Expect(found).To(HaveLen(1))
		}
		over := !first.Before(end.Add(short + time.Second))
		if over {
			w.Expect(found).To(BeEmpty())
		}
		return over
	}).WithTimeout(patience).Should(BeTrue())
	w.Expect(w.redeem("t", "$v")).To(BeEmpty())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.one(user("ann")).Credential.InvitationExpiresAt).To(And(BeTemporally(">", begin), BeTemporally("<=", w.clock())))
}

func invitationMoments(w *world) {
	w.put(user("ann", withEmail(address)))
	for i, test := range []struct {
		ago, valid time.Duration
		works      bool
	}{
		{2 * time.Hour, time.Hour, false}, {2 * time.Hour, 3 * time.Hour, true}, {time.Hour, time.Hour, false}, {-9000 * time.Hour, time.Hour, true},
	} {
		before := w.ago(0)
		w.must(revoke("ann", int64(2*i+1)), invite("ann", int64(2*i+2), "t", invitedAt(w.ago(test.ago)), validFor(test.valid)))
		c := w.one(user("ann")).Credential
		if test.ago > 0 && i == 0 {
			w.Expect(c.InvitationExpiresAt).To(BeTemporally("~", before.Add(test.valid-test.ago), 2*time.Second))
		}
		w.Expect(w.mails()).To(HaveLen(map[bool]int{true: 1}[test.works]), "%+v", test)
		w.Expect(c.InvitationExpiresAt.After(w.clock())).To(Equal(test.works), "%+v", test)
		w.Expect(c.InvitationExpiresAt).To(BeTemporally("<=", w.clock().Add(test.valid)), "%+v: an issue is never ahead", test)
	}
}
