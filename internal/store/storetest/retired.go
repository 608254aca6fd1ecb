// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"crypto/sha256"
	"encoding/hex"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func retiredCases() cases {
	return cases{
		"the login of a deleted account is not used again":                  loginRetired,
		"the e-mail address of a deleted account is not used again":         emailRetired,
		"nor is one that a stored account takes":                            emailRetiredByChange,
		"an account that is deactivated or orphaned is not retired":         notRetired,
		"where identities may be reused no tombstone is left":               reuseAllowed,
		"where identities may be reused no tombstone counts":                tombstonesIgnored,
		"tombstones may be lifted":                                          tombstonesLifted,
		"who lifts the tombstones of one identity leaves the others":        othersNotLifted,
		"where nothing is retired there is nothing to lift":                 nothingLifted,
		"tombstones are an owner's and a back office's own":                 separateTombstones,
		"a tombstone holds a hash and no personal data":                     tombstoneHashes,
		"a batch sees its own tombstones":                                   tombstonesInABatch,
		"a group that is left out leaves no tombstones, and lifts none":     tombstonesUndone,
		"who takes over a row may not take a retired e-mail address":        retiredTakeOver,
		"a retired login comes after a taken one and before e-mail address": retiredOrder,
	}
}

// retire deletes accounts, where identities are never used again.
func (w *world) retire(users ...store.User) {
	w.t.Helper()
	w.put(office(neverReuse))
	for _, u := range users {
		w.must(put(u), remove(u.UID, store.Delete))
	}
}

// lifting is the change that writes an account with the identity of a deleted one.
func lifting(u store.User) store.Change { return store.Put{Record: u, LiftTombstones: true} }

// tombstones are the kinds of those that are left, sorted.
func (w *world) tombstones() []string {
	w.t.Helper()
	return w.column(`SELECT kind FROM tombstones ORDER BY kind`)
}

func loginRetired(w *world) {
	w.retire(user("Ann"))
	for _, u := range []store.User{user("Ann"), user("Ann", withUID("new")), user("aNN", withUID("new")), user("ann", withEmail("new@x"))} {
		w.Expect(w.apply(put(u))).To(MatchError(store.ErrRetired))
	}
	w.Expect(w.users()).To(BeEmpty())
	w.put(user("anna"))
}

func emailRetired(w *world) {
	w.retire(user("ann", withEmail(address)))
	w.Expect(w.tombstones()).To(Equal([]string{"email", "login"}))
	for _, other := range []string{address, "ann.lee@shop.example", "ANN.LEE@SHOP.EXAMPLE"} {
		w.Expect(w.apply(put(user("bob", withEmail(other))))).To(MatchError(store.ErrRetired), other)
	}
	w.put(user("bob", withEmail("bob@shop.example")))
}

func emailRetiredByChange(w *world) {
	w.retire(user("ann", withEmail(address)))
	w.put(user("bob", withEmail("b@x")))
	before := w.all()
	w.Expect(w.apply(put(user("bob", withEmail(address), atGeneration(2))))).To(MatchError(store.ErrRetired))
	w.Expect(w.all()).To(Equal(before))
	w.put(user("bob", withEmail("c@x"), atGeneration(2)), user("bob", withEmail("b@x"), atGeneration(3)))
}

func notRetired(w *world) {
	w.put(office(neverReuse), user("ann", withEmail(address)), user("bob", withEmail("b@x")))
	w.must(remove("ann", store.Deactivate), remove("bob", store.Orphan))
	w.Expect(w.tombstones()).To(BeEmpty())
	w.put(user("ann", withUID("heir"), withEmail(address)))
	w.Expect(w.apply(put(user("bob")))).To(MatchError(store.ErrForeignRow))
}

func reuseAllowed(w *world) {
	w.put(user("ann", withEmail(address))) // no Office is stored
	w.must(remove("ann", store.Delete))
	w.put(office(), user("ann", withEmail(address)))
	w.must(remove("ann", store.Delete))
	w.Expect(w.tombstones()).To(BeEmpty())
	w.put(office(neverReuse), user("ann", withEmail(address)))
}

func tombstonesIgnored(w *world) {
	w.retire(user("ann", withEmail(address)), user("bob", withEmail("b@x")))
	w.put(office())
	w.put(user("ann", withEmail("new@x")), user("cy", withEmail(address)))
	w.put(office(neverReuse))
	for generation := range int64(3) { // who has an identity keeps it
		w.put(user("ann", withEmail("new@x"), atGeneration(generation+1)), user("cy", withEmail(address), atGeneration(generation+1)))
	}
	w.put(user("cy", withEmail("ANN.lee@shop.example"), atGeneration(4)))
	w.Expect(w.apply(put(user("bob")))).To(MatchError(store.ErrRetired))
	w.Expect(w.apply(put(user("dan", withEmail("b@x"))))).To(MatchError(store.ErrRetired))
}

func tombstonesLifted(w *world) {
	ann := user("ann", withEmail(address))
	w.retire(ann)
	w.must(lifting(ann))
	w.Expect(w.tombstones()).To(BeEmpty())
	w.must(lifting(ann)) // again
	w.put(ann)
	w.must(remove("ann", store.Delete))
	w.Expect(w.apply(put(ann))).To(MatchError(store.ErrRetired), "it is deleted again")
}

func othersNotLifted(w *world) {
	w.retire(user("ann", withEmail(address)), user("bob", withEmail("b@x")))
	w.must(lifting(user("cy", withEmail("B@x"))))
	w.Expect(w.tombstones()).To(Equal([]string{"email", "login", "login"}))
	for _, u := range []store.User{user("ann"), user("bob"), user("dan", withEmail(address))} {
		w.Expect(w.apply(put(u))).To(MatchError(store.ErrRetired))
	}
}

func nothingLifted(w *world) {
	w.put(office(neverReuse))
	w.must(lifting(user("ann", withEmail(address))))
	w.Expect(w.apply(lifting(user("ANN", withUID("other"))))).To(MatchError(store.ErrTaken), "who lives keeps the login")
	w.Expect(w.apply(lifting(user("bob", withEmail(address))))).To(MatchError(store.ErrEmailTaken), "and the e-mail address")
}

func separateTombstones(w *world) {
	ann := user("ann", withEmail(address))
	w.retire(ann)
	for _, change := range []func(*store.Options){
		func(o *store.Options) { o.BackOffice = "wiki" }, func(o *store.Options) { o.Owner = "owner-2" },
	} {
		there := w.at(w.open(w.options(change)))
		there.put(office(neverReuse), ann)
		there.must(lifting(ann))
		w.Expect(w.tombstones()).To(HaveLen(2), "they are not theirs to lift")
		there.must(remove("ann", store.Delete))
		w.Expect(there.apply(put(ann))).To(MatchError(store.ErrRetired))
		there.must(lifting(ann), remove("ann", store.Orphan), store.Release{})
		w.Expect(w.tombstones()).To(HaveLen(2))
		_, err := w.db.write()(w.t.Context(), `DELETE FROM users`)
		w.Expect(err).NotTo(HaveOccurred())
	}
	w.Expect(w.apply(put(ann))).To(MatchError(store.ErrRetired))
}

func tombstoneHashes(w *world) {
	w.retire(user("Ann", withEmail(address)))
	hash := func(kind, folded string) string {
		sum := sha256.Sum256([]byte(owner + "\n" + shop + "\n" + kind + "\n" + folded))
		return hex.EncodeToString(sum[:])
	}
	w.Expect(w.query(`SELECT owner, back_office, kind, hash FROM tombstones ORDER BY kind`)).To(Equal([][]string{
		{owner, shop, "email", hash("email", "ann.lee@shop.example")}, {owner, shop, "login", hash("login", "ann")},
	}))
	w.Expect(w.query(`SELECT owner FROM tombstones WHERE created_at IS NOT NULL`)).To(HaveLen(2))
	w.retire(user("bob"))
	w.Expect(w.tombstones()).To(Equal([]string{"email", "login", "login"}), "no e-mail address is nobody's")
}

func tombstonesInABatch(w *world) {
	ann, bob := user("ann", withEmail(address)), user("bob", withEmail(address))
	w.Expect(w.batch(
		store.Group{put(office(neverReuse)), put(ann)}, store.Group{remove("ann", store.Delete)}, store.Group{put(ann)}, store.Group{put(bob)},
		store.Group{lifting(bob)}, store.Group{put(ann)}, store.Group{put(bob)},
	)).To(HaveExactElements(Succeed(), Succeed(), MatchError(store.ErrRetired), MatchError(store.ErrRetired), Succeed(),
		MatchError(store.ErrRetired), Succeed()))
}

func tombstonesUndone(w *world) {
	w.put(office(neverReuse), user("ann", withEmail(address)))
	w.Expect(w.apply(remove("ann", store.Delete), issue("never", 1, "v"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.tombstones()).To(BeEmpty())
	w.must(remove("ann", store.Delete))
	w.Expect(w.apply(lifting(user("ann", withEmail(address))), issue("never", 1, "v"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.apply(put(user("ann")))).To(MatchError(store.ErrRetired))
	w.Expect(w.tombstones()).To(HaveLen(2))
}

func retiredTakeOver(w *world) {
	w.retire(user("ann", withEmail(address)))
	w.put(user("bob", withEmail("b@x")))
	w.must(remove("bob", store.Deactivate))
	w.Expect(w.apply(put(user("bob", withUID("heir"), withEmail(address))))).To(MatchError(store.ErrRetired))
	w.put(user("bob", withUID("heir"), withEmail("b@x")))
}

func retiredOrder(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	w.retire(user("ann", withEmail(address)), user("foreign"))
	other.put(user("foreign"))
	w.put(office(neverReuse, maxUsers(1)), user("bob", withEmail("b@x")))
	for sentence, test := range map[string]struct {
		record store.User
		want   error
	}{
		"a taken login comes first":                           {user("BOB", withUID("new"), withEmail(address)), store.ErrTaken},
		"so does a foreign one":                               {user("foreign"), store.ErrForeignRow},
		"a retired login comes before a taken address":        {user("ann", withEmail("b@x")), store.ErrRetired},
		"and before the quota":                                {user("ann"), store.ErrRetired},
		"a retired address comes before the quota":            {user("cy", withEmail(address)), store.ErrRetired},
		"which counts where all is free":                      {user("cy"), store.ErrQuota},
		"a taken address stands alone where the login is new": {user("cy", withEmail("b@x")), store.ErrEmailTaken},
	} {
		w.Expect(w.apply(put(test.record))).To(MatchError(test.want), sentence)
	}
}
