// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func adoptionCases() cases {
	return cases{
		"the table of who may be adopted":                            adoptions,
		"who is adopted keeps the password, and its grace":           adoptedPassword,
		"who is adopted without a password has none":                 adoptedWithout,
		"an account that somebody has imported is adopted":           adoptedImport,
		"who is adopted has nothing of the former owner's":           adoptedBindings,
		"adoption takes the power that the row is protected by":      adoptedProtection,
		"adoption takes a seat":                                      adoptedSeat,
		"the former object has no way back without adoption":         adoptedForGood,
		"of many who adopt an account at once one does":              adoptedAtOnce,
		"an adoption that is left out with its group takes nothing":  adoptionUndone,
		"an object that has a row adopts no other":                   adoptsOneRow,
		"what is refused for another reason is refused all the same": adoptionRefused,
		"an adopted password is rotated and reset as any other":      adoptedRotation,
	}
}

// adopting is the change by which another object wants the row of a login.
func adopting(login string, a store.Adoption, power ...store.Power) store.Change {
	return store.Put{Record: user(login, withUID("heir-of-"+login)), Adopts: a, Admission: store.Admission{Power: power}}
}

// adoptions are of accounts with the password v.
func adoptions(w *world) {
	owners := map[string]*world{"owner-1": w, "owner-2": w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))}
	n := 0
	for sentence, test := range map[string]struct {
		owner          string
		ends           store.Disposal
		none, unowned  error
		force          error
		keepsAPassword bool
	}{
		"an orphan":                        {"owner-1", store.Orphan, store.ErrForeignRow, nil, nil, true},
		"another owner's orphan":           {"owner-2", store.Orphan, store.ErrForeignRow, nil, nil, true},
		"another owner's living account":   {"owner-2", "", store.ErrForeignRow, store.ErrForeignRow, nil, true},
		"what another owner's object left": {"owner-2", store.Deactivate, store.ErrForeignRow, store.ErrForeignRow, nil, false},
		"what an object of ours left":      {"owner-1", store.Deactivate, nil, nil, nil, false},
		"a living account of ours":         {"owner-1", "", store.ErrTaken, store.ErrTaken, store.ErrTaken, true},
	} {
		for adoption, want := range map[store.Adoption]error{store.AdoptNone: test.none, store.AdoptUnowned: test.unowned, store.AdoptAny: test.force} {
			n++
			login := fmt.Sprintf("user-%d", n)
			w.t.Run(fmt.Sprintf("%s, adoption %q", sentence, adoption), func(t *testing.T) {
				w, there := w.of(t), owners[test.owner].of(t)
				there.must(put(user(login)), issue(login, 1, "v"), finish(login, 1, "s"))
				id := there.one(user(login)).ID
				if test.ends != "" {
					there.must(remove(login, test.ends))
				}
				if want != nil {
					w.Expect(w.apply(adopting(login, adoption))).To(MatchError(want))
					w.Expect(w.observe(user("heir-of-" + login).Key())).To(BeEmpty())
					return
				}
				w.must(adopting(login, adoption))
				adopted := w.one(user("heir-of-" + login))
				w.Expect(adopted.ID).To(Equal(id))
				w.Expect(adopted.Record).To(Equal(user(login, withUID("heir-of-"+login))))
				w.Expect(there.observe(user(login).Key())).To(BeEmpty())
				if test.keepsAPassword {
					w.Expect(w.credential("heir-of-" + login)).To(Equal(store.Credential{Version: 1, Source: store.SourceAdopted, Verifier: "v"}))
					w.Expect(w.verifiers(login)).To(Equal([2]string{"v", ""}))
				} else {
					w.Expect(adopted.Credential).To(Equal(store.Credential{}))
				}
			})
		}
	}
}

func adoptedPassword(w *world) {
	at := w.ago(time.Hour)
	w.must(put(user("ann")), issue("ann", 1, "v-1", issuedAt(at)), finish("ann", 1, "s"),
		issue("ann", 2, "v-2", keeping(store.KeepCurrent), issuedAt(at.Add(time.Minute))))
	w.must(store.FinishCredential{UserUID: "ann", Version: 2, SecretUID: "s", SecretResourceVersion: "1", Grace: time.Hour, Concealed: true})
	w.must(remove("ann", store.Orphan), adopting("ann", store.AdoptUnowned))
	w.Expect(w.one(user("heir-of-ann")).Credential).To(Equal(store.Credential{
		Version: 2, Source: store.SourceAdopted, Verifier: "v-2", IssuedAt: at.Add(time.Minute), Previous: "v-1", PreviousIssuedAt: at,
	}))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", "v-1"}))
	w.must(adopting("ann", store.AdoptUnowned), adopting("ann", store.AdoptNone)) // again: it is its own row
	w.Expect(w.credential("heir-of-ann").Source).To(Equal(store.SourceAdopted))
}

func adoptedWithout(w *world) {
	w.must(put(user("ann")), remove("ann", store.Orphan), adopting("ann", store.AdoptUnowned))
	w.Expect(w.one(user("heir-of-ann")).Credential).To(Equal(store.Credential{}))
	w.must(issue("heir-of-ann", 1, "v"))
	w.must(put(user("bob")), issue("bob", 1, "v"), revoke("bob", 2), remove("bob", store.Orphan), adopting("bob", store.AdoptUnowned))
	w.Expect(w.credential("heir-of-bob")).To(Equal(store.Credential{Version: 2, Revoked: "v"}))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{}))
}

// adoptedImport: an administrator has written an account of an application that was there before, as docs/store.md tells.
func adoptedImport(w *world) {
	for _, statement := range []string{
		`INSERT INTO users (back_office, login, login_folded, account_type, state) VALUES ('shop', 'Ann', 'ann', 'Staff', 'Active')`,
		`INSERT INTO credentials (user_id, verifier) SELECT id, '$2b$imported' FROM users WHERE login_folded = 'ann'`,
	} {
		_, err := w.db.write()(w.t.Context(), statement)
		w.Expect(err).NotTo(HaveOccurred(), statement)
	}
	w.Expect(w.verifiers("Ann")).To(Equal([2]string{"$2b$imported", ""}), "it works before it is adopted")
	w.Expect(w.apply(put(user("ann", ofType("Staff"))))).To(MatchError(store.ErrForeignRow))
	w.must(store.Put{Record: user("Ann", ofType("Staff")), Adopts: store.AdoptUnowned})
	w.Expect(w.credential("Ann")).To(Equal(store.Credential{Version: 1, Source: store.SourceAdopted, Verifier: "$2b$imported"}))
	w.Expect(w.verifiers("Ann")).To(Equal([2]string{"$2b$imported", ""}))
	w.must(issue("Ann", 2, "v-2", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("Ann")).To(Equal([2]string{"v-2", "$2b$imported"}))
}

func adoptedBindings(w *world) {
	w.employed()
	w.must(remove("ann", store.Orphan))
	w.Expect(w.permissions(shop, "ann")).NotTo(BeEmpty())
	w.endsSessions([]string{"ann"}, adopting("ann", store.AdoptUnowned))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.Expect(w.one(user("heir-of-ann")).Record).To(Equal(user("ann", withUID("heir-of-ann"))), "the profile is the new object's")
	w.Expect(w.column(`SELECT user_uid FROM role_binding_subjects`)).To(BeEmpty(), "nothing of the former object is left")
	w.put(binding("b", "s", []string{"heir-of-ann"}, bindingAt(2)))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))

	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.must(store.Put{Record: user("ann", withUID("heir-of-ann")), Adopts: store.AdoptAny})
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty(), "the same UID of another owner is another object")
}

func adoptedProtection(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	n := 0
	for sentence, test := range claims() {
		n++
		for disposal, there := range map[store.Disposal]*world{store.Orphan: w, store.Deactivate: other} {
			login := fmt.Sprintf("%s-%d", disposal, n)
			w.t.Run(fmt.Sprintf("%s, %s", sentence, disposal), func(t *testing.T) {
				w, there := w.of(t), there.of(t)
				there.must(put(user(login)), store.RemoveUser{UID: login, Disposal: disposal, Protection: test.needs})
				verdict := w.apply(adopting(login, store.AdoptAny, test.power...))
				if test.want == nil {
					w.Expect(verdict).To(Succeed())
				} else {
					w.Expect(verdict).To(MatchError(test.want))
				}
			})
		}
	}
}

func adoptedSeat(w *world) {
	w.put(office(maxUsers(2)), user("ann"), user("bob"))
	w.must(remove("ann", store.Orphan), put(user("cy")))
	w.Expect(w.apply(adopting("ann", store.AdoptUnowned))).To(MatchError(store.ErrQuota))
	w.must(remove("cy", store.Delete), adopting("ann", store.AdoptUnowned))
	w.Expect(w.apply(put(user("cy")))).To(MatchError(store.ErrQuota))
}

func adoptedForGood(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.must(put(user("ann")), issue("ann", 1, "v"))
	w.must(adopting("ann", store.AdoptAny))
	before := w.all()
	w.Expect(other.apply(put(user("ann", atGeneration(2))))).To(MatchError(store.ErrForeignRow))
	for _, change := range []store.Change{issue("ann", 2, "stolen"), finish("ann", 1, "s"), revoke("ann", 2), invite("ann", 2, "t")} {
		w.Expect(other.apply(change)).To(MatchError(store.ErrNotFound), "%T", change)
	}
	for _, d := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
		other.must(remove("ann", d))
	}
	w.Expect(w.all()).To(Equal(before))
}

func adoptedAtOnce(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"), remove("ann", store.Orphan))
	other := w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" }))
	stores := []store.Store{w.st, other, w.st, other}
	outcomes := parallel(len(stores), func(i int) error {
		return w.applyTo(stores[i], store.Put{Record: user("ann", withUID(fmt.Sprintf("heir-%d", i))), Adopts: store.AdoptUnowned})
	})
	w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrTaken)+count(outcomes, store.ErrForeignRow)).To(Equal(len(stores)-1), "%v", outcomes)
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v", ""}))
}

func adoptionUndone(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"), remove("ann", store.Orphan))
	rows, passwords := w.query(`SELECT * FROM users`), w.query(`SELECT * FROM credentials`)
	w.Expect(w.apply(adopting("ann", store.AdoptUnowned), issue("never", 1, "v"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.query(`SELECT * FROM users`)).To(Equal(rows))
	w.Expect(w.query(`SELECT * FROM credentials`)).To(Equal(passwords))
}

func adoptsOneRow(w *world) {
	w.must(put(user("ann")), put(user("bob")), remove("ann", store.Orphan))
	before := w.all()
	for _, a := range []store.Adoption{store.AdoptUnowned, store.AdoptAny} {
		w.Expect(w.apply(store.Put{Record: user("ann", withUID("bob"), atGeneration(2)), Adopts: a})).To(MatchError(store.ErrForeignRow))
	}
	w.Expect(w.all()).To(Equal(before))
}

func adoptionRefused(w *world) {
	w.put(office(neverReuse), user("gone", withEmail("gone@x")), user("bob", withEmail("b@x")), user("ann"))
	w.must(remove("gone", store.Delete), remove("ann", store.Orphan))
	wanting := func(email string) store.Change {
		return store.Put{Record: user("ann", withUID("heir"), withEmail(email)), Adopts: store.AdoptAny}
	}
	w.Expect(w.apply(wanting("b@x"))).To(MatchError(store.ErrEmailTaken))
	w.Expect(w.apply(wanting("gone@x"))).To(MatchError(store.ErrRetired))
	w.must(wanting("new@x"))
}

func adoptedRotation(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v", issuedAt(w.ago(time.Hour))), remove("ann", store.Orphan), adopting("ann", store.AdoptUnowned))
	w.Expect(w.apply(issue("heir-of-ann", 1, "w"))).To(MatchError(store.ErrStale))
	w.must(issue("heir-of-ann", 2, "w", keeping(store.KeepCurrent)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"w", "v"}))
	w.must(issue("heir-of-ann", 3, "x", resets(w.ago(time.Minute))))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"x", ""}))
}
