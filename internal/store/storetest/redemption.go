// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func redemptionCases() cases {
	return cases{
		"whoever redeems a token has the password that was chosen": redeemed,
		"a token works once":                                             redeemedOnce,
		"of many who redeem a token at once one does":                    redeemedAtOnce,
		"who redeems and who issues at once do not cross":                redeemedAndIssued,
		"a token that nobody was given is refused":                       tokenUnknown,
		"what is no verifier is refused, and the token works on":         verifierRefused,
		"an account that may not log in redeems nothing":                 accountRefused,
		"a token is for its back office":                                 tokenOfAnother,
		"who had a password has the chosen one only, and no session":     redeemedOver,
		"who had no password keeps the sessions":                         redeemedFirst,
		"what a user chose outlives every change of the account":         chosenKept,
		"a chosen password is the base of the next change":               chosenVersion,
		"who redeems between two looks of the operator is not overruled": redeemedFence,
	}
}

func redeemed(w *world) {
	w.invited()
	w.put(user("bob"))
	before := w.ago(0)
	w.Expect(w.redeem("t", "$argon2id$chosen")).To(Equal(w.one(user("ann")).ID))
	w.Expect(w.credential("ann")).To(Equal(store.Credential{Version: 2, Source: store.SourceChosen, Verifier: "$argon2id$chosen"}))
	c := w.one(user("ann")).Credential
	w.Expect(c.IssuedAt).To(And(BeTemporally(">=", before), BeTemporally("<=", w.clock())))
	w.Expect(c.InvitationExpiresAt).To(BeZero())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$argon2id$chosen", ""}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{}))
	w.Expect(w.column(`SELECT token FROM outbox`)).To(BeEmpty())
	w.Expect(w.mails()).To(BeEmpty())
}

func redeemedOnce(w *world) {
	w.invited()
	w.Expect(w.redeem("t", "$first")).NotTo(BeEmpty())
	before := w.all()
	for _, verifier := range []string{"$second", "$first"} {
		w.Expect(w.redeem("t", verifier)).To(BeEmpty())
	}
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$first", ""}))
}

func redeemedAtOnce(w *world) {
	const rounds, all = 4, 6
	w.put(user("ann", withEmail(address)))
	for round := range rounds {
		token := fmt.Sprintf("t-%d", round)
		w.must(invite("ann", w.credential("ann").Version+1, token))
		ids := make([]string, all)
		outcomes := parallel(all, func(i int) (err error) {
			ids[i], err = w.tryRedeem(w.t.Context(), shop, token, fmt.Sprintf("$%d", i))
			return err
		})
		w.Expect(outcomes).To(HaveEach(BeNil()))
		winner := ""
		for i, id := range ids {
			if id != "" {
				w.Expect(winner).To(BeEmpty(), "%v", ids)
				winner = fmt.Sprintf("$%d", i)
			}
		}
		w.Expect(winner).NotTo(BeEmpty())
		w.Expect(w.verifiers("ann")).To(Equal([2]string{winner, ""}))
		w.Expect(w.credential("ann").Version).To(BeEquivalentTo(2 * (round + 1)))
	}
}

// redeemedAndIssued: whoever is second finds another version, or no token.
func redeemedAndIssued(w *world) {
	const rounds = 8
	w.put(user("ann", withEmail(address)))
	for round := range rounds {
		token := fmt.Sprintf("t-%d", round)
		version := w.credential("ann").Version
		w.must(invite("ann", version+1, token))
		id := ""
		outcomes := parallel(2, func(i int) (err error) {
			if i == 0 {
				id, err = w.tryRedeem(w.t.Context(), shop, token, "$chosen")
				return err
			}
			return w.applyTo(w.st, issue("ann", version+2, "issued"))
		})
		w.Expect(outcomes[0]).NotTo(HaveOccurred())
		if id != "" {
			w.Expect(outcomes[1]).To(MatchError(store.ErrStale))
			w.Expect(w.verifiers("ann")).To(Equal([2]string{"$chosen", ""}))
		} else {
			w.Expect(outcomes[1]).NotTo(HaveOccurred())
			w.Expect(w.verifiers("ann")).To(Equal([2]string{"issued", ""}))
		}
		w.Expect(w.credential("ann").Version).To(Equal(version + 2))
	}
}

func tokenUnknown(w *world) {
	w.invited()
	w.must(put(user("bob")), issue("bob", 1, "v"), put(user("cy", withEmail("c@x"))), invite("cy", 1, "u"), revoke("cy", 2))
	before := w.all()
	for _, token := range []string{"", "T", "t ", "t' OR '1'='1", hashOf("t"), strings.ToUpper(hashOf("t")), "u", "%", "_", strings.Repeat("t", 5000)} {
		w.Expect(w.redeem(token, "$stolen")).To(BeEmpty(), token)
	}
	w.Expect(w.all()).To(Equal(before))
}

func verifierRefused(w *world) {
	w.invited()
	before := w.all()
	for _, verifier := range []string{"", "plain", " $v", "\n$v", "$" + strings.Repeat("v", 256), strings.Repeat("v", 300), "v$"} {
		w.Expect(w.redeem("t", verifier)).To(BeEmpty(), verifier)
	}
	w.Expect(w.all()).To(Equal(before))
	longest := "$" + strings.Repeat("v", 255)
	w.Expect(w.redeem("t", longest)).NotTo(BeEmpty())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{longest, ""}))
}

func accountRefused(w *world) {
	w.invited()
	for i, change := range []func(*store.User){held, inState(store.StateBlocked), deactivated, withheld} {
		w.put(user("ann", withEmail(address), atGeneration(int64(i+2)), change))
		before := w.all()
		w.Expect(w.redeem("t", "$v")).To(BeEmpty())
		w.Expect(w.all()).To(Equal(before))
	}
	w.put(user("ann", withEmail(address), atGeneration(9)))
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty(), "once it may")
}

func tokenOfAnother(w *world) {
	w.invited()
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	wiki.must(put(user("ann", withEmail(address))), invite("ann", 1, "u"))
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.must(put(user("bob", withEmail("b@x"))), invite("bob", 1, "x"))
	for token, backOffice := range map[string]string{"t": "wiki", "u": shop} {
		id, err := w.tryRedeem(w.t.Context(), backOffice, token, "$v")
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(id).To(BeEmpty())
	}
	id, err := w.tryRedeem(w.t.Context(), "wiki", "u", "$w")
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(id).To(Equal(wiki.one(user("ann")).ID))
	w.Expect(w.redeem("x", "$b")).To(Equal(other.one(user("bob")).ID), "whoever owns the row")
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
}

func redeemedOver(w *world) {
	w.must(append([]store.Change{put(user("ann", withEmail(address))), put(user("bob"))}, rotated("ann")...)...)
	w.must(conceal(2, "s"), invite("ann", 3, "t"))
	now := w.settle(shop)
	bob := w.validAfter(shop)["bob"]
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	w.Expect(w.credential("ann")).To(Equal(store.Credential{Version: 4, Source: store.SourceChosen, Verifier: "$v"}))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$v", ""}))
	w.Expect(w.column(`SELECT previous_verifier FROM credentials WHERE previous_verifier <> ''`)).To(BeEmpty(), "it is not only hidden")
	w.ended(w.validAfter(shop)["ann"], now, "ann")
	w.Expect(w.validAfter(shop)["bob"]).To(Equal(bob))
}

func redeemedFirst(w *world) {
	w.invited()
	w.settle(shop)
	before := w.validAfter(shop)
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	w.Expect(w.validAfter(shop)).To(Equal(before))
}

func chosenKept(w *world) {
	w.invited()
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	before := w.one(user("ann")).Credential
	for i, change := range []func(*store.User){held, withheld, deactivated, withEmail("new@shop.example"), administrator} {
		w.put(user("ann", withEmail(address), atGeneration(int64(i+2)), change))
		w.Expect(w.one(user("ann")).Credential).To(Equal(before))
	}
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$v", ""}))
}

func chosenVersion(w *world) {
	w.must(put(user("ann", withEmail(address))), issue("ann", 1, "v"), revoke("ann", 2), invite("ann", 3, "t"))
	w.Expect(w.credential("ann").Revoked).To(Equal("v"))
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	w.Expect(w.credential("ann")).To(Equal(store.Credential{Version: 4, Source: store.SourceChosen, Verifier: "$v"}))
	w.must(issue("ann", 5, "v-5", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-5", "$v"}))
	w.must(finish("ann", 5, "s"), invite("ann", 6, "u"))
	w.Expect(w.redeem("u", "$w")).NotTo(BeEmpty())
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$w", ""}))
}

// redeemedFence: no change that was decided before a token was redeemed undoes what the user chose.
func redeemedFence(w *world) {
	w.invited()
	at := w.ago(-time.Second)
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	for _, change := range []store.Change{
		issue("ann", 2, "v-2"), issue("ann", 2, "v-2", resets(at)), invite("ann", 2, "u"), revoke("ann", 2), finish("ann", 1, "s"),
	} {
		w.Expect(w.apply(change)).To(MatchError(store.ErrStale), "%T", change)
	}
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$v", ""}))
}
