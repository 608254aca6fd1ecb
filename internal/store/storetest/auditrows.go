// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func auditVerdicts(w *world) {
	w.put(office(maxUsers(1)), user("ann", atGeneration(5)), set("clerk"))
	for sentence, test := range map[string]struct {
		change store.Change
		want   error
	}{
		"stale":    {admitted(user("ann", atGeneration(4)), "s", "eve", "a"), store.ErrStale},
		"taken":    {admitted(user("ann", withUID("other")), "s", "eve", "a"), store.ErrTaken},
		"quota":    {admitted(user("bob"), "s", "eve", "a"), store.ErrQuota},
		"a key":    {admitted(set("clerk", otherSet), "s", "eve", "a"), store.ErrTaken},
		"no user":  {issue("never", 1, "v"), store.ErrNotFound},
		"no issue": {issue("ann", 7, "v"), store.ErrStale},
	} {
		added := w.news(func() {
			w.Expect(w.apply(test.change)).To(MatchError(test.want), sentence)
			w.Expect(w.apply(admitted(set("new"), "new", "eve", "a"), admitted(office(), "new-office", "eve", "b"), remove("ann", store.Delete),
				removal(set("clerk")), admitted(binding("b", "", nil), "new-b", "eve", "c"), put(user("ann", atGeneration(5))),
				put(set("clerk")), put(office(maxUsers(1))), test.change)).To(MatchError(test.want), sentence)
		})
		w.Expect(added).To(BeEmpty(), sentence)
	}
	verdicts := w.batch(store.Group{put(set("first"))}, store.Group{put(set("lost")), issue("never", 1, "v")}, store.Group{put(set("last"))})
	w.Expect(verdicts[1]).To(MatchError(store.ErrNotFound))
	w.Expect(w.column(`SELECT uid FROM audit_log WHERE uid IN ($1, $2, $3)`, "first", "lost", "last")).To(ConsistOf("first", "last"))
}

func auditOrder(w *world) {
	const n = 50
	r := set("clerk")
	var groups []store.Group
	var want []entry
	for i := range n {
		stamp := fmt.Sprintf("stamp-%d", i)
		groups = append(groups, store.Group{admitted(r, stamp, "eve", stamp), removal(r)})
		want = append(want, written(r, by("eve", stamp, granting(stamp))), written(r, removing("Remove", losing(stamp))))
	}
	w.Expect(w.news(func() { w.Expect(w.batch(groups...)).To(HaveEach(BeNil())) })).To(Equal(want))
}

func auditCredentials(w *world) {
	w.put(user("ann"))
	w.Expect(w.newsOf(issue("ann", 1, "v-1"), finish("ann", 1, "s"), issue("ann", 2, "v-2"), invite("ann", 3, "t"), revoke("ann", 4),
		resetAll(w.clock()), store.Release{})).To(BeEmpty())
}

// everything is what stands in all columns of the audit log.
func (w *world) everything() string {
	w.t.Helper()
	var cells strings.Builder
	for _, row := range w.query(`SELECT * FROM audit_log ORDER BY at, id`) {
		fmt.Fprintln(&cells, row)
	}
	return cells.String()
}

func auditDiscreet(w *world) {
	const secret = "verysecret"
	private := func(u *store.User) {
		u.Profile = store.Profile{
			FullName: secret + " name", FirstName: secret, LastName: secret, Email: u.UID + "@" + secret, Phone: secret, Gender: secret,
		}
		u.Description, u.HoldReason, u.Networks = secret+" text", secret+" reason", []string{secret + " network"}
	}
	for i, d := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
		uid := fmt.Sprintf("ann-%d", i)
		w.must(admitted(user(uid, private), "stamp-"+uid, "eve", "a"), issue(uid, 1, secret), finish(uid, 1, secret))
		w.must(admitted(user(uid, private, held), "next-"+uid, "eve", "a"), issue(uid, 2, secret), finish(uid, 2, secret))
		w.must(remove(uid, d))
	}
	w.Expect(w.everything()).To(And(ContainSubstring("stamp-ann-1"), Not(ContainSubstring(secret))))
}

func auditAppendOnly(w *world) {
	w.must(admitted(user("ann"), "stamp", "eve", "a"))
	before := w.everything()
	for _, statement := range []string{
		`UPDATE audit_log SET actor = 'mallory'`, `UPDATE audit_log SET granted = '[]' WHERE uid = 'ann'`, `UPDATE audit_log SET id = id`,
		`DELETE FROM audit_log`, `DELETE FROM audit_log WHERE uid = 'ann'`,
	} {
		_, err := w.db.write()(w.t.Context(), statement)
		w.Expect(err).To(MatchError(ContainSubstring("append-only")), statement)
		w.Expect(w.everything()).To(Equal(before), statement)
	}
	w.must(admitted(user("ann"), "next", "eve", "a")) // and the store works on
	w.Expect(w.everything()).To(HavePrefix(before))
}

// auditTime holds the time of a row between those of changes before and after it.
func auditTime(w *world) {
	w.put(user("before"))
	w.put(user("ann"))
	w.put(user("after"))
	for _, user := range []string{"before", "ann", "after"} {
		w.Expect(w.column(`SELECT a.uid FROM audit_log a WHERE a.uid = $1 AND a.at IS NOT NULL`, user)).To(HaveLen(1))
	}
	w.Expect(w.column(`SELECT a.uid FROM audit_log a, users u WHERE a.uid = 'ann' AND u.uid = 'before' AND a.at >= u.created_at`)).To(HaveLen(1))
	w.Expect(w.column(`SELECT a.uid FROM audit_log a, users u WHERE a.uid = 'ann' AND u.uid = 'after' AND a.at <= u.created_at`)).To(HaveLen(1))
}

func auditSeparate(w *world) {
	there := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	for _, r := range oneOfEach()[:3] {
		w.must(admitted(r, "stamp-"+r.Key().UID, "eve", "a"))
		for _, other := range []*world{there, wiki} {
			w.Expect(w.newsOf(removal(r), put(r))).To(HaveLen(2))
			w.Expect(w.news(func() { other.must(put(r), admitted(r, "other-"+r.Key().UID, "bob", "b"), removal(r)) })).To(BeEmpty())
		}
		w.Expect(w.newsOf(admitted(r, "", "", "c"))).To(Equal([]entry{written(r, granting("c"))}), "what others noted is theirs")
	}
	w.Expect(w.query(`SELECT owner, back_office, count(*) FROM audit_log GROUP BY owner, back_office ORDER BY owner, back_office`)).
		To(ConsistOf([]string{owner, shop, "18"}, []string{"owner-2", shop, "9"}, []string{owner, "wiki", "9"}))
}

func auditTexts(w *world) {
	for i, s := range texts() {
		r := withMeta(set(fmt.Sprintf("set-%d", i)), func(m *store.Meta) { m.Namespace, m.Name = s, s })
		w.Expect(w.newsOf(admitted(r, s, s, s))).To(Equal([]entry{written(r, by(s, s, granting(s)))}))
		w.Expect(w.newsOf(admitted(r, s, s, s))).To(BeEmpty())
		w.Expect(w.newsOf(removal(r))).To(Equal([]entry{written(r, removing("Remove", losing(s)))}))
	}
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprintf("text-%05d", i))
	}
	r := set("many")
	w.Expect(w.newsOf(admitted(r, "many", "eve", many...))).To(Equal([]entry{written(r, by("eve", "many", granting(many...)))}))
	w.Expect(w.newsOf(admitted(r, "many", "eve", many...))).To(BeEmpty())
}

func auditAtOnce(w *world) {
	const writers = 8
	r := set("clerk")
	added := w.news(func() {
		w.Expect(parallel(writers, func(int) error { return w.applyTo(w.st, admitted(r, "stamp", "eve", "a")) })).To(HaveEach(BeNil()))
	})
	w.Expect(added).To(Equal([]entry{written(r, by("eve", "stamp", granting("a")))}))
}
