// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func remadeCases() cases {
	return cases{
		"an account that was lost and made anew keeps its password":         remadeAccount,
		"an account that was made anew while an issue was under way":        remadeUnfinished,
		"an account that was made anew under another name is another":       remadeElsewhere,
		"an account that was made anew has nothing of the former's":         remadeBindings,
		"an account that was made anew keeps its seat and its invitation":   remadeSeat,
		"the log of what was made anew begins anew":                         remadeLog,
		"the table of the power that it takes to have what was lost":        lostPowers,
		"what it takes to have what was lost is kept with the account":      lostProtection,
		"what somebody has removed is not lost":                             removedNotLost,
		"another owner's and back office's account is not lost":             foreignNotLost,
		"a set that was lost and made anew takes its key back":              remadeSet,
		"a binding that was lost and made anew takes the former's place":    remadeBinding,
		"objects without a name are never the same":                         nameless,
		"a group begins with the version that was observed":                 guards,
		"a cluster that is made anew has what it had, and nothing is twice": remadeCluster,
	}
}

func remadeAccount(w *world) {
	at := w.ago(time.Hour)
	w.must(put(user("ann", atGeneration(7), withEmail(address))), issue("ann", 1, "v-1", issuedAt(at)), finish("ann", 1, "s"),
		issue("ann", 2, "v-2", keeping(store.KeepCurrent), issuedAt(at.Add(time.Minute))))
	w.must(store.FinishCredential{UserUID: "ann", Version: 2, SecretUID: "s", SecretResourceVersion: "1", Grace: time.Hour, Concealed: true})
	before := w.one(user("ann"))
	anew := user("ann", remade("new"), withEmail(address))
	w.put(anew)
	before.Record = anew
	w.Expect(w.one(anew)).To(Equal(before), "the ID, and the password with its Secret")
	w.Expect(w.observe(user("ann").Key())).To(BeEmpty())
	w.Expect(w.users()).To(Equal([]string{"ann"}))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", "v-1"}))
	w.Expect(w.apply(issue("ann", 3, "v"))).To(MatchError(store.ErrNotFound))
	w.must(remove("ann", store.Delete)) // a late removal of the former object
	w.Expect(w.one(anew)).To(Equal(before))
	w.must(issue("new", 3, "v-3", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", "v-2"}))
}

func remadeUnfinished(w *world) {
	w.must(append([]store.Change{put(user("ann"))}, rotated("ann")...)...)
	before := w.one(user("ann")).Credential
	w.put(user("ann", remade("new")))
	w.Expect(w.one(user("new")).Credential).To(Equal(before))
	w.must(issue("new", 3, "v-3", keeping(store.KeepPrevious)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", "v-1"}))
}

func remadeElsewhere(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"))
	before := w.all()
	for _, change := range []func(*store.User){
		func(u *store.User) { u.Name = "other" }, func(u *store.User) { u.Namespace = "other" },
		func(u *store.User) { u.Namespace, u.Name = u.Name, u.Namespace },
	} {
		w.Expect(w.apply(put(user("ann", remade("new"), change)))).To(MatchError(store.ErrTaken))
		w.Expect(w.apply(store.Put{Record: user("ann", remade("new"), change), Adopts: store.AdoptAny})).To(MatchError(store.ErrTaken))
	}
	w.Expect(w.all()).To(Equal(before))
	w.put(user("bob", remade("new"), func(u *store.User) { u.Name = "ann" }))
	w.Expect(w.users()).To(Equal([]string{"ann", "bob"}), "another login is another account")
	w.Expect(w.one(user("new")).Credential).To(Equal(store.Credential{}))
}

func remadeBindings(w *world) {
	w.employed()
	w.must(put(user("bob")))
	w.endsSessions([]string{"ann"}, mighty(user("ann", remade("new"))))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(binding("b", "s", []string{"new"}))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
}

func remadeSeat(w *world) {
	w.put(office(maxUsers(1), maxAdministrators(1)), user("ann", administrator, withEmail(address)))
	w.must(invite("ann", 1, "t"))
	before, mails := w.one(user("ann")).Credential, w.mails()
	w.put(user("ann", remade("new"), administrator, withEmail(address)))
	w.Expect(w.one(user("new")).Credential).To(Equal(before))
	w.Expect(w.mails()).To(Equal(mails))
	w.Expect(w.redeem("t", "$v")).NotTo(BeEmpty())
	w.Expect(w.apply(put(user("bob")))).To(MatchError(store.ErrQuota))
	w.must(put(user("ann", remade("newer"), administrator, withEmail("new@x"))))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"$v", ""}))
}

func remadeLog(w *world) {
	w.must(admitted(user("ann"), "stamp-1", "eve", "a", "b"))
	anew := user("ann", remade("new"))
	w.Expect(w.newsOf(admitted(anew, "stamp-2", "bob", "a"))).To(Equal([]entry{written(anew, by("bob", "stamp-2", granting("a")))}))
	w.Expect(w.newsOf(admitted(anew, "stamp-2", "bob", "a"))).To(BeEmpty())
	w.Expect(w.apply(admitted(user("ann", remade("copy")), "stamp-2", "bob", "a"))).To(MatchError(store.ErrReplayed))
}

func removedNotLost(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"), disposed("ann", need("f", 1)))
	w.Expect(w.apply(put(user("ann", remade("new"))))).To(MatchError(store.ErrProtected))
	w.must(store.Put{Record: user("ann", remade("new")), Admission: store.Admission{Power: []store.Power{in(1)}}})
	w.Expect(w.one(user("new")).Credential).To(Equal(store.Credential{}))
	w.must(issue("new", 1, "w"), remove("new", store.Orphan))
	w.Expect(w.apply(put(user("ann", remade("newer"))))).To(MatchError(store.ErrForeignRow))
}

func foreignNotLost(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	other.must(put(user("ann")), issue("ann", 1, "v"), put(set("s")), put(binding("b", "s", nil)))
	wiki.must(put(user("bob")), issue("bob", 1, "v"), put(set("s")), put(binding("b", "s", nil)))
	before := []map[store.Key]store.Observed{other.all(), wiki.all()}
	w.Expect(w.apply(put(user("ann", remade("new"))))).To(MatchError(store.ErrForeignRow))
	w.put(user("bob", remade("new")), remadeAs(set("s"), "new"), remadeAs(binding("b", "s", nil), "new"))
	w.Expect(w.one(user("new")).Credential).To(Equal(store.Credential{}))
	w.Expect([]map[store.Key]store.Observed{other.all(), wiki.all()}).To(Equal(before))
}

// remadeAs is a record of the object that was lost and made anew.
func remadeAs(r store.Record, uid string) store.Record {
	return withMeta(r, func(m *store.Meta) { m.UID = uid })
}

func remadeSet(w *world) {
	w.put(set("s", grants("a", write), denies("z")), binding("b", "s", []string{"ann"}), user("ann"))
	w.Expect(w.permissions(shop, "ann")).To(Equal(levels{"a": write, "z": none}))
	anew := set("s", grants("b", read), func(s *store.PermissionSet) { s.UID, s.Ancestors = "new", []store.Ancestor{{UID: "new"}} })
	w.endsSessions([]string{"ann"}, put(anew))
	w.Expect(w.observe(set("s").Key())).To(BeEmpty())
	w.Expect(w.one(anew).Record).To(Equal(anew))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty(), "the binding is of the former one")
	w.put(binding("b", "new", []string{"ann"}, bindingAt(2)))
	w.Expect(w.permissions(shop, "ann")).To(Equal(levels{"b": read}))
	elsewhere := anew
	elsewhere.UID, elsewhere.Namespace = "newer", "other"
	w.Expect(w.apply(put(elsewhere))).To(MatchError(store.ErrTaken))
	w.must(store.Remove{Key: set("s").Key()}) // a late removal of the former object
	w.Expect(w.permissions(shop, "ann")).To(Equal(levels{"b": read}))
}

func remadeBinding(w *world) {
	w.put(set("s", grants("a", write)), user("ann"), user("bob"), binding("b", "s", []string{"ann"}, bindingAt(5), gives("c", read), takes("z")))
	w.Expect(w.permissions(shop, "ann")).To(Equal(levels{"a": write, "c": read, "z": none}))
	anew := remadeAs(binding("b", "s", []string{"bob"}), "new")
	w.endsSessions([]string{"ann"}, put(anew))
	w.Expect(w.observe(binding("b", "s", nil).Key())).To(BeEmpty())
	w.Expect(w.observe(anew.Key())).To(HaveLen(1))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.Expect(w.permissions(shop, "bob")).To(Equal(grantA))
	w.put(binding("other", "s", []string{"ann"}))
	w.Expect(w.permissions(shop, "bob")).To(Equal(grantA), "another name is another binding")
	w.must(store.Remove{Key: binding("b", "s", nil).Key()})
	w.Expect(w.permissions(shop, "bob")).To(Equal(grantA))
}

func nameless(w *world) {
	named := func(r store.Record, uid string) store.Record {
		return withMeta(r, func(m *store.Meta) { *m = store.Meta{UID: uid, Generation: 1} })
	}
	w.must(put(named(user("ann"), "ann")), put(named(set("s"), "s")), put(named(binding("b", "s", nil), "b")), put(named(binding("b", "s", nil), "c")))
	w.Expect(w.apply(put(named(user("ann"), "other")))).To(MatchError(store.ErrTaken))
	w.Expect(w.apply(put(named(set("s"), "other")))).To(MatchError(store.ErrTaken))
	w.Expect(w.all()).To(HaveLen(4))
}

// guards are changes that do nothing, and tell whether the account is still as it was observed: what follows in the group relies on that.
func guards(w *world) {
	w.must(put(user("ann", withEmail(address))))
	guarded := func(guard store.Change) error {
		before := w.all()
		verdict := w.apply(guard)
		w.Expect(w.all()).To(Equal(before), "%+v", guard)
		return verdict
	}
	w.Expect(guarded(revoke("ann", 0))).To(Succeed())
	w.Expect(guarded(revoke("never", 0))).To(MatchError(store.ErrNotFound))
	w.must(issue("ann", 1, "v"), finish("ann", 1, "s"))
	w.Expect(guarded(revoke("ann", 0))).To(MatchError(store.ErrStale))
	w.Expect(guarded(issue("ann", 1, "v"))).To(Succeed())
	w.Expect(guarded(issue("ann", 1, "w"))).To(MatchError(store.ErrStale))
	w.must(resetAll(w.ago(-time.Second)))
	w.Expect(guarded(issue("ann", 1, "v"))).To(Succeed(), "though that was reset")
	w.must(revoke("ann", 2))
	w.Expect(guarded(revoke("ann", 2))).To(Succeed())
	w.Expect(guarded(revoke("ann", 1))).To(MatchError(store.ErrStale))
	w.must(invite("ann", 3, "t"))
	mails := w.mails()
	w.Expect(guarded(revoke("ann", 3))).To(Succeed())
	w.Expect(w.mails()).To(Equal(mails))
	w.put(user("ann", remade("new"), withEmail(address)))
	w.Expect(w.apply(revoke("ann", 3), put(user("ann", withheld)))).To(MatchError(store.ErrNotFound), "the former object has no row")
	w.Expect(w.active()).To(Equal([]string{"ann"}))
}

// remadeCluster: all objects come back with other UIDs, in the order in which tools write them.
func remadeCluster(w *world) {
	w.put(office(), set("s", grants("a", write)), set("t", inherits("s", 1)), binding("b", "s", []string{"ann"}), binding("c", "t", []string{"bob"}),
		user("ann"), user("bob"))
	w.must(issue("ann", 1, "v"), finish("ann", 1, "s"))
	ids := map[string]string{"ann": w.one(user("ann")).ID, "bob": w.one(user("bob")).ID}
	w.must(put(remadeAs(office(), "office-2")), mighty(user("ann", remade("ann-2"))), put(remadeAs(binding("b", "s-2", []string{"ann-2"}), "b-2")),
		put(remadeAs(binding("c", "t-2", []string{"bob-2"}), "c-2")), mighty(user("bob", remade("bob-2"))))
	w.put(
		set("t", func(s *store.PermissionSet) {
			s.UID, s.Ancestors = "t-2", []store.Ancestor{{UID: "s-2", Distance: 1}, {UID: "t-2"}}
		}),
		set("s", grants("a", write), func(s *store.PermissionSet) { s.UID, s.Ancestors = "s-2", []store.Ancestor{{UID: "s-2"}} }))
	w.Expect(w.all()).To(HaveLen(7))
	for login, id := range ids {
		w.Expect(w.one(user(login + "-2")).ID).To(Equal(id))
		w.Expect(w.permissions(shop, login)).To(Equal(grantA), login)
	}
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v", ""}))
}
