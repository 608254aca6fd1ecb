// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func auditCases() cases {
	return cases{
		"what is written first is granted in full":                       auditCreated,
		"what is written again leaves no row":                            auditRepeated,
		"a new stamp is a row, also where nothing else changed":          auditStamp,
		"what is new is granted and what is gone is lost":                auditDifference,
		"what facts changed has neither actor nor stamp":                 auditFacts,
		"a new denial is lost and a gone one is granted":                 auditDenials,
		"without stamp and actor there is a row as well":                 auditUnstamped,
		"what is removed is lost":                                        auditRemoved,
		"a disposal is logged by its name, and an orphan keeps all":      auditDisposed,
		"an account that is taken over begins anew":                      auditTakenOver,
		"an object that comes back begins anew":                          auditBack,
		"a new office object begins anew":                                auditOfficeReplaced,
		"a change with a verdict leaves no row, nor does its group":      auditVerdicts,
		"rows of one batch stand in the order of its changes":            auditOrder,
		"passwords and their Secrets leave no row":                       auditCredentials,
		"neither passwords nor personal data are in the log":             auditDiscreet,
		"rows are never changed or deleted":                              auditAppendOnly,
		"a row tells when it was written, by the database's clock":       auditTime,
		"every owner and back office has a log of its own":               auditSeparate,
		"any text is logged as it is":                                    auditTexts,
		"the questions of the documentation have answers":                auditQuestions,
		"what many write at once is logged once":                         auditAtOnce,
		"the log told from its begin is what is noted, as chance has it": auditTold,
	}
}

func auditCreated(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		w.Expect(w.newsOf(admitted(r, stamp, "eve", "a", "b"))).To(Equal([]entry{written(r, by("eve", stamp, granting("a", "b")))}))
	}
}

func auditRepeated(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		p := admitted(r, stamp, "eve", "a", "b")
		w.must(p)
		again := p
		again.Admission.Actor, again.Admission.Power, again.Revoking = "mallory", []store.Power{{Rank: 1}}, true
		next := admitted(withMeta(r, func(m *store.Meta) { m.Generation = 2 }), stamp, "mallory", "a", "b")
		for _, change := range []store.Change{p, again, next} {
			w.Expect(w.newsOf(change)).To(BeEmpty())
			w.Expect(w.newsOf(change, change)).To(BeEmpty())
		}
		w.Expect(w.one(r).Record).To(HaveField("Meta.Generation", BeEquivalentTo(2)), "it is written all the same")
	}
}

func auditStamp(w *world) {
	for _, r := range oneOfEach() {
		first, second := "first-"+r.Key().UID, "second-"+r.Key().UID
		w.must(admitted(r, first, "eve", "a"))
		w.Expect(w.newsOf(admitted(r, second, "bob", "a"))).To(Equal([]entry{written(r, by("bob", second, nothing))}))
		w.Expect(w.newsOf(admitted(r, second, "bob", "a"))).To(BeEmpty())
		w.Expect(w.newsOf(admitted(r, first, "eve", "a"))).To(Equal([]entry{written(r, by("eve", first, nothing))}), "a former one is new again")
		w.Expect(w.newsOf(admitted(r, "", "cy", "a"))).To(Equal([]entry{written(r, by("cy", "", nothing))}))
		w.Expect(w.newsOf(admitted(r, "", "eve", "a"))).To(BeEmpty())
	}
}

func auditDifference(w *world) {
	for _, r := range oneOfEach() {
		uid := r.Key().UID
		w.must(admitted(r, "first-"+uid, "eve", "a", "b", "c", "f"))
		next := withMeta(r, func(m *store.Meta) { m.Generation, m.Namespace, m.Name = 2, "team-a", "moved" })
		want := written(next, func(e *entry) {
			e.actor, e.stamp, e.granted, e.lost = "bob", "second-"+uid, []string{"d", "e"}, []string{"a", "c"}
		})
		w.Expect(w.newsOf(admitted(next, "second-"+uid, "bob", "b", "d", "e", "f"))).To(Equal([]entry{want}))
	}
}

func auditFacts(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		w.must(admitted(r, stamp, "eve", "a", "b"))
		w.Expect(w.newsOf(admitted(r, stamp, "eve"))).To(Equal([]entry{written(r, losing("a", "b"))}), "withheld")
		w.Expect(w.newsOf(admitted(r, stamp, "eve"))).To(BeEmpty())
		w.Expect(w.newsOf(admitted(r, stamp, "eve", "b"))).To(Equal([]entry{written(r, granting("b"))}), "and in part in force again")
		// Who asks for something new while it is withheld has asked for what then comes into force.
		w.Expect(w.newsOf(admitted(r, stamp+"-2", "bob", "b", "c"))).To(Equal([]entry{written(r, by("bob", stamp+"-2", granting("c")))}))
	}
}

func auditDenials(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		created := written(r, func(e *entry) {
			e.actor, e.stamp, e.granted, e.lost = "eve", stamp, []string{"a", "denyx"}, []string{"deny x", "deny y"}
		})
		w.Expect(w.newsOf(admitted(r, stamp, "eve", "a", "deny x", "deny y", "denyx"))).To(Equal([]entry{created}), "what only begins like it is none")
		changed := written(r, func(e *entry) { e.granted, e.lost = []string{"b", "deny x"}, []string{"a", "deny z", "denyx"} })
		w.Expect(w.newsOf(admitted(r, stamp, "eve", "b", "deny y", "deny z"))).To(Equal([]entry{changed}))
		removed := written(r, func(e *entry) { e.granted, e.lost = []string{"deny y", "deny z"}, []string{"b"} })
		if removed.action = "Remove"; r.Key().Kind == store.KindUser {
			removed.action = "Delete"
		}
		w.Expect(w.newsOf(removal(r))).To(Equal([]entry{removed}))
	}
}

func auditUnstamped(w *world) {
	for _, r := range oneOfEach() {
		w.Expect(w.newsOf(put(r))).To(Equal([]entry{written(r, nothing)}))
		w.Expect(w.newsOf(put(r))).To(BeEmpty())
		w.Expect(w.newsOf(admitted(r, "", "eve", "a"))).To(Equal([]entry{written(r, granting("a"))}), "the stamp is not new")
		w.must(removal(r))
		w.Expect(w.newsOf(admitted(r, "", "eve", "a"))).To(Equal([]entry{written(r, by("eve", "", granting("a")))}), "it is of a new record")
	}
}

func auditRemoved(w *world) {
	for _, r := range oneOfEach()[:3] {
		w.Expect(w.newsOf(removal(r))).To(BeEmpty(), "nothing is stored")
		moved := withMeta(r, func(m *store.Meta) { m.Namespace, m.Name, m.Generation = "team-a", "moved", 7 })
		w.must(admitted(moved, "stamp-"+r.Key().UID, "eve", "a", "b"))
		w.Expect(w.newsOf(removal(r))).To(Equal([]entry{written(moved, removing("Remove", losing("a", "b")))}))
		w.Expect(w.newsOf(removal(r))).To(BeEmpty())
	}
}

func auditDisposed(w *world) {
	for login, test := range map[string]struct {
		disposal store.Disposal
		row      func(*entry)
	}{
		"ann": {store.Deactivate, removing("Deactivate", losing("a", "b"))},
		"bob": {store.Delete, removing("Delete", losing("a", "b"))},
		"cy":  {store.Orphan, removing("Orphan", nothing)},
	} {
		w.Expect(w.newsOf(remove(login, test.disposal))).To(BeEmpty(), "nothing is stored")
		w.must(admitted(user(login), "stamp-"+login, "eve", "a", "b"))
		w.Expect(w.newsOf(remove(login, test.disposal))).To(Equal([]entry{written(user(login), test.row)}))
		for _, again := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
			w.Expect(w.newsOf(remove(login, again))).To(BeEmpty(), "%s after %s", again, test.disposal)
		}
	}
}

func auditTakenOver(w *world) {
	w.must(admitted(user("ann"), "first", "eve", "a", "b"))
	w.must(remove("ann", store.Deactivate))
	heir := user("ann", withUID("heir"))
	w.Expect(w.newsOf(admitted(heir, "second", "bob", "b", "c"))).To(Equal([]entry{written(heir, by("bob", "second", granting("b", "c")))}))
	w.must(remove("heir", store.Deactivate))
	third := user("ann", withUID("third"))
	w.Expect(w.newsOf(put(third))).To(Equal([]entry{written(third, nothing)}), "also without a stamp, and with nothing")
}

func auditBack(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		want := []entry{written(r, by("eve", stamp, granting("a", "b")))}
		w.Expect(w.newsOf(admitted(r, stamp, "eve", "a", "b"))).To(Equal(want))
		w.must(removal(r))
		w.Expect(w.newsOf(admitted(r, stamp, "eve", "a", "b"))).To(Equal(want))
	}
}

func auditOfficeReplaced(w *world) {
	w.must(admitted(office(), "first", "eve", "a", "b"))
	other := office(func(o *store.Office) { o.Meta = meta("office-2") })
	w.Expect(w.newsOf(admitted(other, "second", "bob", "b", "c"))).To(Equal([]entry{written(other, by("bob", "second", granting("b", "c")))}))
	w.Expect(w.newsOf(removal(office()))).To(BeEmpty(), "the old one is not stored")
	w.Expect(w.newsOf(removal(other))).To(Equal([]entry{written(other, removing("Remove", losing("b", "c")))}))
}
