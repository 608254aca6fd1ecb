// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func observeCases() cases {
	return cases{
		"an empty back office has no records":                      observedEmpty,
		"without keys all is read, offices first and users last":   observedInOrder,
		"with keys these are read, and what is absent is left out": observedByKey,
		"many pages are read, each record once":                    observedPages,
		"thousands of keys are read":                               observedManyKeys,
		"who reads may stop":                                       observedAndStopped,
		"who reads may write":                                      observedAndWritten,
		"another back office's and owner's records are not read":   observedOwn,
		"an ID is stable and no other record's":                    observedIDs,
	}
}

// putMany writes n users, each with a network, a binding and a password.
func (w *world) putMany(n int) {
	w.t.Helper()
	var groups []store.Group
	for i := range n {
		login := manyLogin(i)
		groups = append(groups, store.Group{put(manyUser(i)), issue(login, 1, "v-"+login)})
	}
	for chunk := range slices.Chunk(groups, 500) {
		w.Expect(w.batch(chunk...)).To(HaveEach(BeNil()))
	}
}

func manyLogin(i int) string { return fmt.Sprintf("user-%05d", i) }

func manyUser(i int) store.User {
	login := manyLogin(i)
	return user(login, bound("b-"+login, "c-"+login), func(u *store.User) { u.Networks = []string{"10.0.0.0/8", "net-" + login} })
}

func observedEmpty(w *world) {
	w.Expect(w.observe()).To(BeEmpty())
	w.Expect(w.observe(user("ann").Key(), office().Key())).To(BeEmpty())
}

func observedInOrder(w *world) {
	records := fullRecords()
	slices.Reverse(records)
	w.put(records...)
	w.put(user("another"), set("another"))
	var kinds []store.Kind
	for _, o := range w.observe() {
		kinds = append(kinds, o.Record.Key().Kind)
	}
	w.Expect(kinds).To(Equal([]store.Kind{
		store.KindOffice, store.KindPermissionSet, store.KindPermissionSet, store.KindRoleBinding, store.KindUser, store.KindUser,
	}))
}

func observedByKey(w *world) {
	w.put(fullRecords()...)
	w.put(user("another"), set("another"), binding("another", "", nil))
	w.must(issue("user", 1, "v"), finish("user", 1, "s"))
	all := w.all()
	var keys []store.Key
	for _, r := range fullRecords() {
		keys = append(keys, r.Key(), store.Key{Kind: r.Key().Kind, UID: "never"})
		// UIDs are not mixed up between kinds.
		if r.Key().Kind != store.KindUser {
			keys = append(keys, store.Key{Kind: store.KindUser, UID: r.Key().UID})
		}
	}
	found := w.observe(keys...)
	w.Expect(found).To(HaveLen(len(fullRecords())))
	for _, o := range found {
		w.Expect(o).To(Equal(all[o.Record.Key()]))
	}
}

func observedPages(w *world) {
	const n = 2500
	w.putMany(n)
	want := map[store.Key]store.Record{}
	var records []store.Record
	for i := range n {
		want[manyUser(i).Key()] = manyUser(i)
		name := fmt.Sprintf("other-%d", i)
		records = append(records,
			set(name, grants("a", read), grants("b", write), denies("c", "d"), inherits("parent", 1)),
			binding(name, name, nil, window(longAgo, farAway), gives("a", read), gives("b", write), takes("c", "d")))
	}
	w.put(records...)
	for _, r := range records {
		want[r.Key()] = r
	}
	all := w.all()
	w.Expect(all).To(HaveLen(len(want)))
	for key, r := range want { // one by one, for a failure prints what it compares
		w.Expect(all[key].Record).To(Equal(r))
		if u, ok := r.(store.User); ok {
			c := all[key].Credential
			c.IssuedAt = time.Time{}
			w.Expect(c).To(Equal(store.Credential{Version: 1, Source: store.SourceGenerated, Verifier: "v-" + u.Login}))
		}
	}
}

func observedManyKeys(w *world) {
	const asked, each = 5000, 250
	var keys []store.Key
	var want []store.Record
	for i := range asked {
		keys = append(keys, manyUser(i).Key())
		if i%each == each-1 {
			want = append(want, manyUser(i))
		}
	}
	w.put(want...)
	var found []store.Record
	for _, o := range w.observe(keys...) {
		found = append(found, o.Record)
	}
	w.Expect(found).To(ConsistOf(want))
}

func observedAndStopped(w *world) {
	w.putMany(30)
	for range 20 { // a connection that is kept would be missed
		for _, err := range w.st.Observe(w.t.Context()) {
			w.Expect(err).NotTo(HaveOccurred())
			break
		}
	}
	w.put(user("ann"))
	w.Expect(w.users()).To(HaveLen(31))
}

func observedAndWritten(w *world) {
	w.putMany(30)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for o, err := range w.st.Observe(ctx) {
		w.Expect(err).NotTo(HaveOccurred())
		verdicts, err := w.st.Apply(ctx, []store.Group{{remove(o.Record.Key().UID, store.Delete)}})
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(verdicts).To(HaveEach(BeNil()))
		w.Expect(ping(ctx, w.st)).To(Succeed())
	}
}

func observedOwn(w *world) {
	for _, change := range []func(*store.Options){
		func(o *store.Options) { o.Owner = "owner-2" }, func(o *store.Options) { o.BackOffice = "wiki" },
	} {
		there := w.at(w.open(w.options(change)))
		there.put(office(), set("s"), binding("b", "s", nil), user("ann"))
		w.Expect(w.observe()).To(BeEmpty())
		w.Expect(w.observe(office().Key(), set("s").Key(), binding("b", "s", nil).Key(), user("ann").Key())).To(BeEmpty())
	}
}

func observedIDs(w *world) {
	w.put(office(), set("s"), user("ann"), user("bob"))
	ann, bob := w.one(user("ann")), w.one(user("bob"))
	w.Expect(ann.ID).NotTo(BeEmpty())
	w.Expect(ann.ID).NotTo(Equal(bob.ID))
	w.put(user("anna", withUID("ann"), atGeneration(2)))
	w.Expect(w.one(user("ann")).ID).To(Equal(ann.ID))
	w.Expect(w.one(set("s"))).To(Equal(store.Observed{Record: set("s")}))
	w.Expect(w.one(office())).To(Equal(store.Observed{Record: office()}))
	w.Expect(w.column(`SELECT id FROM active_users WHERE back_office = $1 AND login = $2`, shop, "anna")).To(ConsistOf(ann.ID))
}
