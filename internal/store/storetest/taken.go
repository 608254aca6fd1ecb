// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func takenCases() cases {
	return cases{
		"a login belongs to one object":                               loginTaken,
		"a login that differs in case only is taken":                  foldedLoginTaken,
		"two users of one batch who differ in case only: one wins":    foldedLoginsInABatch,
		"two users at once who differ in case only: one wins":         foldedLoginsAtOnce,
		"a login that was removed or changed is free":                 loginFreed,
		"the key of a set belongs to one object":                      keyTaken,
		"a key that was removed or changed is free":                   keyFreed,
		"a login of another owner is foreign and is never touched":    foreignLogin,
		"two owners at once who want one login: one wins":             foreignLoginsAtOnce,
		"the row of an orphan is foreign, also to its former object":  orphanedLogin,
		"another back office has logins, keys and objects of its own": separateBackOffices,
		"the same objects under another owner are others":             separateOwners,
	}
}

func loginTaken(w *world) {
	ann := user("ann")
	w.put(ann)
	before := w.all()
	w.Expect(w.apply(put(user("ann", withUID("other"))))).To(MatchError(store.ErrTaken))
	w.put(user("bob"))
	w.must(remove("bob", store.Delete))
	w.Expect(w.all()).To(Equal(before))
	w.put(ann)
}

func foldedLoginTaken(w *world) {
	w.put(user("Ann"))
	w.Expect(w.apply(put(user("aNN")))).To(MatchError(store.ErrTaken))
	w.put(user("bob"))
	w.Expect(w.apply(put(user("ANN", withUID("bob"), atGeneration(2))))).To(MatchError(store.ErrTaken))
	w.Expect(w.users()).To(ConsistOf("Ann", "bob"))
	w.put(user("ANN", withUID("Ann")))
	w.Expect(w.users()).To(ConsistOf("ANN", "bob"))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND login_folded = $2`, shop, "ann")).To(ConsistOf("ANN"))
}

func foldedLoginsInABatch(w *world) {
	verdicts := w.batch(store.Group{put(user("Ann"))}, store.Group{put(user("ann"))}, store.Group{put(user("bob"))})
	w.Expect(verdicts[0]).To(Succeed())
	w.Expect(verdicts[1]).To(MatchError(store.ErrTaken))
	w.Expect(verdicts[2]).To(Succeed())
	w.Expect(w.users()).To(ConsistOf("Ann", "bob"))
}

func foldedLoginsAtOnce(w *world) {
	for i := range 10 {
		logins := []string{fmt.Sprintf("ann-%d", i), fmt.Sprintf("Ann-%d", i), fmt.Sprintf("aNN-%d", i)}
		outcomes := parallel(len(logins), func(n int) error { return w.applyTo(w.st, put(user(logins[n]))) })
		w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
		w.Expect(count(outcomes, store.ErrTaken)).To(Equal(2), "%v", outcomes)
	}
	w.Expect(w.users()).To(HaveLen(10))
}

func loginFreed(w *world) {
	w.put(user("ann"), user("bob"))
	w.must(remove("ann", store.Delete))
	w.put(user("ann", withUID("new")))
	w.put(user("robert", withUID("bob"), atGeneration(2)))
	w.put(user("bob", withUID("new-bob")))
	w.Expect(w.users()).To(ConsistOf("ann", "robert", "bob"))
}

func keyTaken(w *world) {
	w.put(set("clerk", grants("a", read)))
	before := w.all()
	w.Expect(w.apply(put(set("clerk", otherSet)))).To(MatchError(store.ErrTaken))
	w.Expect(w.all()).To(Equal(before))

	verdicts := w.batch(store.Group{put(set("boss"))}, store.Group{put(set("boss", otherSet))})
	w.Expect(verdicts[0]).To(Succeed())
	w.Expect(verdicts[1]).To(MatchError(store.ErrTaken))

	moved := set("boss", func(s *store.PermissionSet) { s.SetKey = "clerk" })
	w.Expect(w.apply(put(moved))).To(MatchError(store.ErrTaken))
	w.put(set("clerk", grants("b", read)))
}

func keyFreed(w *world) {
	w.put(set("clerk"), set("boss"))
	w.must(store.Remove{Key: set("clerk").Key()})
	heir := set("heir", func(s *store.PermissionSet) { s.SetKey = "clerk" })
	w.put(heir)
	// A batch sees its own changes, in their order.
	w.put(set("boss", func(s *store.PermissionSet) { s.SetKey = "chief" }), set("new", func(s *store.PermissionSet) { s.SetKey = "boss" }))
	w.Expect(w.all()).To(HaveLen(3))
}

func foreignLogin(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.put(user("Ann"), user("bob"))
	other.must(issue("Ann", 1, "v"))
	before := other.all()

	w.Expect(w.apply(put(user("ann")))).To(MatchError(store.ErrForeignRow))
	w.Expect(w.apply(put(user("Ann")))).To(MatchError(store.ErrForeignRow), "even with the same UID")
	w.put(user("cy"))
	w.Expect(w.apply(put(user("bob", withUID("cy"), atGeneration(2))))).To(MatchError(store.ErrForeignRow))
	w.Expect(w.apply(issue("Ann", 2, "stolen"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.apply(store.FinishCredential{UserUID: "Ann", Version: 1, SecretUID: "s"})).To(MatchError(store.ErrNotFound))
	for _, d := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
		w.must(remove("Ann", d))
	}
	w.Expect(other.all()).To(Equal(before))
	w.Expect(w.users()).To(ConsistOf("cy"))

	// Also a row that outlived its object is another owner's.
	other.must(remove("bob", store.Deactivate))
	w.Expect(w.apply(put(user("bob")))).To(MatchError(store.ErrForeignRow))
}

func foreignLoginsAtOnce(w *world) {
	other := w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" }))
	stores := []store.Store{w.st, other}
	for i := range 20 {
		login := fmt.Sprintf("ann-%d", i)
		outcomes := parallel(len(stores), func(n int) error { return w.applyTo(stores[n], put(user(login))) })
		w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
		w.Expect(count(outcomes, store.ErrForeignRow)).To(Equal(1), "%v", outcomes)
	}
}

func orphanedLogin(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v"), remove("ann", store.Orphan))
	w.Expect(w.all()).To(BeEmpty(), "an orphan is not ours any more")
	for _, u := range []store.User{user("ann", atGeneration(2)), user("ANN", withUID("new"))} {
		w.Expect(w.apply(put(u))).To(MatchError(store.ErrForeignRow))
	}
	w.Expect(w.apply(issue("ann", 2, "stolen"))).To(MatchError(store.ErrNotFound))
	w.must(remove("ann", store.Delete))
	w.Expect(w.query(`SELECT login, verifier FROM active_users WHERE back_office = $1`, shop)).To(Equal([][]string{{"ann", "v"}}))
}

// separated expects that what is done at one store is never seen at the other, though all keys are equal.
func (w *world) separated(here, there *world) {
	w.t.Helper()
	records := func(level string) []store.Record {
		return []store.Record{
			office(catalog("a"), maxUsers(1)), set("s", grants("a", level), denies("z")), binding("b", "s", []string{"ann"}),
		}
	}
	here.put(records(read)...)
	there.put(records(write)...)
	before := there.all()
	here.put(office(catalog("b")), set("s", grants("b", read)), binding("b", "s", []string{"bob"}, bindingAt(2)))
	w.Expect(there.all()).To(Equal(before))
	for _, r := range records(read) {
		here.must(store.Remove{Key: r.Key()})
	}
	w.Expect(here.all()).To(BeEmpty())
	w.Expect(there.all()).To(Equal(before))
}

func separateBackOffices(w *world) {
	there := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	w.separated(w, there)
	there.put(user("ann"), binding("b", "s", []string{"ann"}, bindingAt(2)))
	w.put(user("ann", bound("b")), set("s", grants("a", read)))
	w.Expect(w.permissions("wiki", "ann")).To(Equal(map[string]string{"a": write}))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty(), "the binding is another back office's")
	w.put(binding("b", "s", nil))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": read}))
	w.must(remove("ann", store.Delete))
	w.Expect(w.permissions("wiki", "ann")).To(Equal(map[string]string{"a": write}))
	w.Expect(w.observe(store.Key{Kind: store.KindUser, UID: "ann"})).To(BeEmpty())
	w.Expect(there.users()).To(ConsistOf("ann"))
}

// separateOwners: a cluster that was cloned has the UIDs of its original, and another owner.
func separateOwners(w *world) {
	there := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	w.separated(w, there)
	there.put(user("ann"), binding("b", "s", []string{"ann", "bob"}, bindingAt(2)))
	w.put(user("bob"), binding("b", "s", []string{"ann"}), set("s", grants("a", read)))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": write}))
	w.Expect(w.permissions(shop, "bob")).To(BeEmpty(), "the binding is another owner's")
	w.must(store.Remove{Key: store.Key{Kind: store.KindRoleBinding, UID: "b"}}, remove("bob", store.Delete))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": write}))
}
