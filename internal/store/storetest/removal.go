// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func removalCases() cases {
	return cases{
		"a deactivated row cannot log in, is not observed and keeps its login": rowDeactivated,
		"a deactivated row is taken over by the next object with its login":    takenOver,
		"a row is taken over whatever the case of its login":                   takenOverFolded,
		"a row is taken over by one object":                                    takenOverOnce,
		"an object that has a row takes over no other":                         takesOneRow,
		"a deleted row is gone":                                                rowDeleted,
		"an orphan stays as it is":                                             orphaned,
	}
}

// employed is ann with a password and a permission.
func (w *world) employed() store.Observed {
	w.t.Helper()
	w.put(set("s", grants("a", write)), binding("b", "s", []string{"ann"}), user("ann", func(u *store.User) {
		u.FullName, u.Networks, u.Filters = "Ann Lee", []string{"10.0.0.0/8"}, fullFilters()
	}))
	w.must(issue("ann", 1, "v"))
	w.Expect(w.permissions(shop, "ann")).To(HaveLen(1))
	return w.one(user("ann"))
}

func rowDeactivated(w *world) {
	w.employed()
	w.must(remove("ann", store.Deactivate))
	w.Expect(w.users()).To(BeEmpty())
	w.Expect(w.active()).To(BeEmpty())
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.Expect(w.observe(user("ann").Key())).To(BeEmpty())
	w.Expect(w.column(`SELECT state FROM users WHERE back_office = $1`, shop)).To(Equal([]string{store.StateDeactivated}))
	w.Expect(w.query(`SELECT verifier FROM credentials`)).To(BeEmpty())
	w.Expect(w.query(`SELECT user_uid FROM role_binding_subjects`)).To(BeEmpty())
}

func takenOver(w *world) {
	before := w.employed()
	w.must(remove("ann", store.Deactivate))
	heir := user("ann", withUID("new"))
	w.put(heir)
	after := w.one(heir)
	w.Expect(after).To(Equal(store.Observed{Record: heir, ID: before.ID}), "nothing of the old account but its ID")
	w.Expect(w.annsVerifier()).To(BeEmpty())
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty(), "the binding named another object")
	w.must(issue("new", 1, "w"))
	w.Expect(w.annsVerifier()).To(Equal("w"))

	// The old object has no way back.
	w.Expect(w.apply(put(user("ann", atGeneration(2))))).To(MatchError(store.ErrTaken))
	w.must(remove("ann", store.Delete))
	w.Expect(w.users()).To(ConsistOf("ann"))
}

func takenOverFolded(w *world) {
	id := w.employed().ID
	w.must(remove("ann", store.Deactivate))
	w.put(user("ANN", withUID("new")))
	w.Expect(w.one(user("ANN", withUID("new"))).ID).To(Equal(id))
	w.Expect(w.active()).To(ConsistOf("ANN"))
}

func takenOverOnce(w *world) {
	w.put(user("ann"))
	w.must(remove("ann", store.Deactivate))
	heirs := []string{"heir-1", "heir-2", "heir-3"}
	outcomes := parallel(len(heirs), func(i int) error { return w.applyTo(w.st, put(user("ann", withUID(heirs[i])))) })
	w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrTaken)).To(Equal(2), "%v", outcomes)
}

func takesOneRow(w *world) {
	w.put(user("ann"), user("bob"))
	w.must(remove("ann", store.Deactivate))
	before := w.all()
	w.Expect(w.apply(put(user("ann", withUID("bob"), atGeneration(2))))).To(MatchError(store.ErrTaken))
	w.Expect(w.all()).To(Equal(before))
}

func rowDeleted(w *world) {
	before := w.employed()
	w.must(remove("ann", store.Delete))
	for _, table := range []string{"users", "credentials", "allowed_networks", "user_filters", "role_binding_subjects"} {
		w.Expect(w.query(`SELECT * FROM `+table)).To(BeEmpty(), table)
	}
	w.put(user("ann"))
	after := w.one(user("ann"))
	w.Expect(after.ID).NotTo(Equal(before.ID))
	w.Expect(after.Credential).To(Equal(store.Credential{}))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
}

func orphaned(w *world) {
	w.employed()
	w.must(remove("ann", store.Orphan))
	w.Expect(w.users()).To(BeEmpty())
	w.Expect(w.annsVerifier()).To(Equal("v"))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": write}))
	w.Expect(w.query(`SELECT full_name FROM users WHERE owner IS NULL AND login = $1`, "ann")).To(Equal([][]string{{"Ann Lee"}}))
	// What its sets give changes with them.
	w.put(set("s", grants("a", read)))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": read}))
	w.put(binding("b", "s", []string{"ann"}, gives("b", write), takes("c")))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": read, "b": write, "c": none}))
}
