// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func emailCases() cases {
	return cases{
		"an e-mail address belongs to one account":                           emailTaken,
		"an e-mail address that differs in case only is taken":               foldedEmailTaken,
		"e-mail addresses fold by ASCII only":                                emailFolding,
		"who has no e-mail address is in nobody's way":                       noEmail,
		"an e-mail address that was removed or changed is free":              emailFreed,
		"two users of one batch with one e-mail address: one wins":           emailsInABatch,
		"two users at once with one e-mail address: one wins":                emailsAtOnce,
		"an e-mail address of another owner is taken and is never touched":   foreignEmail,
		"the e-mail address of an orphan is taken, also by its former owner": orphanedEmail,
		"the e-mail address of a row that outlived its object is taken":      outlivedEmail,
		"who takes over a row takes over its e-mail address":                 emailTakenOver,
		"another back office has e-mail addresses of its own":                emailElsewhere,
		"verdicts have an order":                                             emailOrder,
	}
}

const address = "Ann.Lee@Shop.example"

func emailTaken(w *world) {
	ann := user("ann", withEmail(address))
	w.put(ann, user("cy"))
	before := w.all()
	err := w.apply(put(user("bob", withEmail(address))))
	w.Expect(err).To(MatchError(store.ErrEmailTaken), "a new account")
	w.Expect(err.Error()).NotTo(ContainSubstring("shop.example"))
	w.Expect(w.apply(put(user("cy", withEmail(address), atGeneration(2))))).To(MatchError(store.ErrEmailTaken), "one that is stored")
	w.Expect(w.apply(put(user("lost")), put(user("bob", withEmail(address))))).To(MatchError(store.ErrEmailTaken), "the group goes with it")
	w.Expect(w.all()).To(Equal(before))
	w.put(ann, user("ann", withEmail(address), atGeneration(2)))
	w.Expect(w.one(ann).Record.(store.User).Email).To(Equal(address))
}

func foldedEmailTaken(w *world) {
	w.put(user("ann", withEmail(address)))
	for _, other := range []string{"ann.lee@shop.example", "ANN.LEE@SHOP.EXAMPLE"} {
		w.Expect(w.apply(put(user("bob", withEmail(other))))).To(MatchError(store.ErrEmailTaken), other)
	}
	w.put(user("ann", withEmail("ann.LEE@shop.example"), atGeneration(2)))
	w.Expect(w.query(`SELECT email, email_folded FROM user_profiles WHERE back_office = $1`, shop)).
		To(Equal([][]string{{"ann.LEE@shop.example", "ann.lee@shop.example"}}))
}

func emailFolding(w *world) {
	w.put(user("ann", withEmail("Ä@x")), user("bob", withEmail("ä@x")), user("cy", withEmail("\u212a@x")), user("dan", withEmail("k@x")))
	w.Expect(w.apply(put(user("eve", withEmail("Ä@X"))))).To(MatchError(store.ErrEmailTaken))
	w.Expect(w.apply(put(user("eve", withEmail("K@x"))))).To(MatchError(store.ErrEmailTaken))
}

func noEmail(w *world) {
	w.put(user("ann"), user("bob"), user("cy", withEmail(" ")))
	w.must(remove("ann", store.Deactivate), remove("bob", store.Orphan))
	w.put(user("dan"), user("eve"))
	w.Expect(w.users()).To(ConsistOf("cy", "dan", "eve"))
}

func emailFreed(w *world) {
	w.put(user("ann", withEmail("a@x")), user("bob", withEmail("b@x")), user("cy", withEmail("c@x")))
	w.must(remove("ann", store.Delete))
	w.put(user("new-ann", withEmail("a@x")))
	w.put(user("bob", atGeneration(2)), user("new-bob", withEmail("b@x")))
	// A batch sees its own changes, in their order.
	w.Expect(w.batch(
		store.Group{put(user("new-cy", withEmail("c@x")))}, store.Group{put(user("cy", withEmail("d@x"), atGeneration(2)))},
		store.Group{put(user("new-cy", withEmail("c@x")))},
	)).To(HaveExactElements(MatchError(store.ErrEmailTaken), Succeed(), Succeed()))
}

func emailsInABatch(w *world) {
	verdicts := w.batch(store.Group{put(user("ann", withEmail("A@x")))}, store.Group{put(user("bob", withEmail("a@x")))}, store.Group{put(user("cy"))})
	w.Expect(verdicts).To(HaveExactElements(Succeed(), MatchError(store.ErrEmailTaken), Succeed()))
	w.Expect(w.apply(put(user("dan", withEmail("d@x"))), put(user("eve", withEmail("d@x"))))).To(MatchError(store.ErrEmailTaken), "within a group")
	w.Expect(w.users()).To(ConsistOf("ann", "cy"))
	w.put(user("eve", withEmail("d@x"))) // the group that was left out has taken nothing
}

func emailsAtOnce(w *world) {
	other := w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" }))
	stores := []store.Store{w.st, other, w.st}
	for i := range 10 {
		addresses := []string{fmt.Sprintf("ann-%d@x", i), fmt.Sprintf("Ann-%d@x", i), fmt.Sprintf("aNN-%d@x", i)}
		outcomes := parallel(len(addresses), func(n int) error {
			return w.applyTo(stores[n], put(user(fmt.Sprintf("user-%d-%d", i, n), withEmail(addresses[n]))))
		})
		w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
		w.Expect(count(outcomes, store.ErrEmailTaken)).To(Equal(2), "%v", outcomes)
	}
}

func foreignEmail(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.put(user("ann", withEmail(address)))
	before := other.all()
	w.Expect(w.apply(put(user("bob", withEmail(address))))).To(MatchError(store.ErrEmailTaken))
	w.put(user("bob"))
	w.Expect(w.apply(put(user("bob", withEmail(address), atGeneration(2))))).To(MatchError(store.ErrEmailTaken))
	w.Expect(other.all()).To(Equal(before))
	other.must(remove("ann", store.Delete))
	w.put(user("bob", withEmail(address), atGeneration(2)))
}

func orphanedEmail(w *world) {
	w.put(user("ann", withEmail(address)))
	w.must(remove("ann", store.Orphan))
	w.Expect(w.apply(put(user("bob", withEmail(address))))).To(MatchError(store.ErrEmailTaken))
	w.Expect(w.query(`SELECT login, email FROM user_profiles WHERE back_office = $1`, shop)).To(Equal([][]string{{"ann", address}}))
}

func outlivedEmail(w *world) {
	w.put(user("ann", withEmail(address)))
	w.must(remove("ann", store.Deactivate))
	w.Expect(w.apply(put(user("bob", withEmail(address))))).To(MatchError(store.ErrEmailTaken))
}

func emailTakenOver(w *world) {
	w.put(user("ann", withEmail(address)), user("cy", withEmail("c@x")))
	w.must(remove("ann", store.Deactivate))
	w.Expect(w.apply(put(user("ann", withUID("heir"), withEmail("C@X"))))).To(MatchError(store.ErrEmailTaken))
	w.Expect(w.column(`SELECT email FROM user_profiles WHERE back_office = $1 AND login = $2`, shop, "ann")).To(ConsistOf(address), "it stays as it is")
	w.put(user("ann", withUID("heir"), withEmail(address)))
	w.must(remove("heir", store.Deactivate))
	w.put(user("ann", withUID("another")))
	w.Expect(w.one(user("ann", withUID("another"))).Record.(store.User).Email).To(BeEmpty(), "nothing of the old account but its ID")
	w.put(user("bob", withEmail(address)))
}

func emailElsewhere(w *world) {
	w.put(user("ann", withEmail(address)))
	there := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	there.put(user("bob", withEmail(address)))
	w.Expect(there.users()).To(ConsistOf("bob"))
}

func emailOrder(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.put(user("foreign"))
	w.put(office(maxUsers(2)), user("ann", withEmail(address)), user("gone"))
	w.must(disposed("gone", need("", 1)))
	w.put(user("bob"))
	for sentence, test := range map[string]struct {
		record store.User
		want   error
	}{
		"a taken login comes first":     {user("ANN", withUID("new"), withEmail(address)), store.ErrTaken},
		"so does a foreign one":         {user("foreign", withEmail(address)), store.ErrForeignRow},
		"and a protected one":           {user("gone", withUID("new"), withEmail(address)), store.ErrProtected},
		"it comes before the quota":     {user("cy", withEmail(address)), store.ErrEmailTaken},
		"which counts where it is free": {user("cy", withEmail("cy@x")), store.ErrQuota},
	} {
		w.Expect(w.apply(put(test.record))).To(MatchError(test.want), sentence)
	}
}
