// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func subjectCases() cases {
	return cases{
		"who is written first, user or binding, makes no difference":  bothOrders,
		"the row of a former generation grants nothing":               staleGeneration,
		"the row of a former generation of the user's view waits":     userAhead,
		"the row of former labels grants nothing":                     staleLabels,
		"a binding that does not name a user any more grants nothing": subjectDropped,
		"a user who came before is found with what was seen then":     userSawEarlier,
		"a binding that is late takes nothing from a newer one":       bindingLate,
		"10,000 subjects are written at once":                         manySubjects,
		"a subject that is no user harms nobody":                      unknownSubjects,
		"a removed user leaves no rows behind":                        subjectRemoved,
		"observed users know their bindings":                          boundObserved,
	}
}

var grantA = map[string]string{"a": write}

// permutations calls f with every order of records.
func permutations(records []store.Record, f func([]store.Record)) {
	if len(records) < 2 {
		f(records)
		return
	}
	for i := range records {
		rest := slices.Delete(slices.Clone(records), i, i+1)
		permutations(rest, func(tail []store.Record) { f(append([]store.Record{records[i]}, tail...)) })
	}
}

// bothOrders: whoever comes later knows the other, and some are known to both.
func bothOrders(w *world) {
	n := 0
	for _, seen := range []struct{ byBinding, byUser bool }{{true, true}, {true, false}, {false, true}} {
		n++
		name := func(s string) string { return fmt.Sprintf("%s-%d", s, n) }
		u, b := user(name("ann")), binding(name("b"), name("s"), nil)
		if seen.byBinding {
			b.Subjects = []store.Subject{{UserUID: u.UID, LabelsHash: labels}}
		}
		if seen.byUser {
			u.Bindings = []store.Bound{{BindingUID: b.UID, Generation: 1}}
		}
		permutations([]store.Record{u, b, set(name("s"), grants("a", write))}, func(order []store.Record) {
			w.put(order...)
			w.Expect(w.permissions(shop, u.Login)).To(Equal(grantA))
			bound := w.one(u).Record.(store.User).Bindings
			w.Expect(bound).To(Equal([]store.Bound{{BindingUID: b.UID, Generation: 1}}))
			w.must(store.Remove{Key: b.Key()}, remove(u.UID, store.Delete), store.Remove{Key: set(name("s")).Key()})
			w.Expect(w.permissions(shop, u.Login)).To(BeEmpty())
		})
	}
}

func (w *world) setA() {
	w.t.Helper()
	w.put(set("s", grants("a", write)))
}

func staleGeneration(w *world) {
	w.setA()
	w.put(user("ann"), user("bob"), binding("b", "s", []string{"ann", "bob"}))
	w.put(binding("b", "s", []string{"bob"}, bindingAt(2)))
	w.put(user("ann", bound("b")), user("bob", bound("b"))) // both saw generation 1
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.Expect(w.permissions(shop, "bob")).To(Equal(grantA))
}

func userAhead(w *world) {
	w.setA()
	w.put(binding("b", "s", nil))
	w.put(user("ann", func(u *store.User) { u.Bindings = []store.Bound{{BindingUID: "b", Generation: 2}} }))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(binding("b", "s", nil))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(binding("b", "s", nil, bindingAt(2)))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	w.put(binding("b", "s", nil, bindingAt(3)))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
}

func staleLabels(w *world) {
	w.setA()
	w.put(user("ann", withLabels("new"), atGeneration(2)), binding("b", "s", []string{"ann"}))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty(), "the binding saw other labels")
	w.put(user("ann", atGeneration(3)))
	w.put(binding("b", "s", []string{"ann"}))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	w.put(user("ann", withLabels("new"), atGeneration(4)))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(user("ann", atGeneration(5)))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty(), "what was evaluated once is not believed again")
}

func subjectDropped(w *world) {
	w.setA()
	w.put(user("ann", bound("b")), user("bob", bound("b")), binding("b", "s", []string{"ann", "bob"}))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	w.put(binding("b", "s", []string{"bob"}, bindingAt(2)))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.Expect(w.permissions(shop, "bob")).To(Equal(grantA))
	w.Expect(w.one(user("ann")).Record.(store.User).Bindings).To(BeEmpty(), "the former generation's rows are gone")
}

func userSawEarlier(w *world) {
	w.setA()
	saw := func(generation int64) func(*store.User) {
		return func(u *store.User) { u.Bindings = []store.Bound{{BindingUID: "b", Generation: generation}} }
	}
	w.put(user("ann", saw(1)), user("ann", saw(2)), user("ann", saw(3)))
	for generation := range int64(4) {
		w.put(binding("b", "s", nil, bindingAt(generation)))
		if generation == 0 {
			w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
			continue
		}
		w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	}
	w.Expect(w.one(user("ann")).Record).To(Equal(user("ann", saw(3))))
}

func bindingLate(w *world) {
	w.setA()
	w.put(user("ann"), binding("b", "s", []string{"ann"}, bindingAt(2)))
	w.Expect(w.apply(put(binding("b", "s", []string{"bob"})))).To(MatchError(store.ErrStale))
	w.put(user("bob"))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	w.Expect(w.permissions(shop, "bob")).To(BeEmpty())
}

func manySubjects(w *world) {
	const n = 10_000
	uids := make([]string, n)
	for i := range uids {
		uids[i] = manyLogin(i)
	}
	w.setA()
	w.put(user(uids[0]), user(uids[n/2]))
	w.put(binding("b", "s", uids))
	w.put(user(uids[n-1]), user("ann"))
	for _, login := range []string{uids[0], uids[n/2], uids[n-1]} {
		w.Expect(w.permissions(shop, login)).To(Equal(grantA), login)
	}
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(binding("b", "s", uids[1:]))
	w.put(binding("b", "s", uids[1:], bindingAt(2)))
	w.Expect(w.permissions(shop, uids[0])).To(BeEmpty())
	w.Expect(w.permissions(shop, uids[n-1])).To(Equal(grantA))
	w.must(store.Remove{Key: store.Key{Kind: store.KindRoleBinding, UID: "b"}})
	w.Expect(w.query(`SELECT user_uid FROM role_binding_subjects`)).To(BeEmpty())
}

func unknownSubjects(w *world) {
	w.setA()
	w.put(user("ann", bound("gone", "b")), binding("b", "s", []string{"ann", "never"}), binding("c", "never", []string{"ann"}),
		binding("d", "", []string{"ann"}))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
}

func subjectRemoved(w *world) {
	w.setA()
	for _, d := range []store.Disposal{store.Deactivate, store.Delete} {
		w.put(user("ann", bound("b")), binding("b", "s", []string{"ann", "bob"}))
		w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
		w.must(remove("ann", d))
		w.Expect(w.column(`SELECT user_uid FROM role_binding_subjects`)).To(ConsistOf("bob"))
	}
}

func boundObserved(w *world) {
	w.put(user("ann", bound("c")), binding("d", "", []string{"ann"}), binding("a", "", []string{"ann"}, bindingAt(3)))
	w.put(binding("e", "", nil, func(b *store.RoleBinding) { b.Subjects = []store.Subject{{UserUID: "ann", LabelsHash: "others"}} }))
	want := []store.Bound{{BindingUID: "a", Generation: 3}, {BindingUID: "c", Generation: 1}, {BindingUID: "d", Generation: 1}}
	w.Expect(w.one(user("ann")).Record.(store.User).Bindings).To(Equal(want))
	w.Expect(w.all()[user("ann").Key()].Record.(store.User).Bindings).To(Equal(want))
	w.put(user("ann", withLabels("new")))
	w.Expect(w.one(user("ann")).Record.(store.User).Bindings).To(BeEmpty())
}
