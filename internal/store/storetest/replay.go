// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func replayCases() cases {
	return cases{
		"a stamp belongs to one object":                          replayed,
		"a stamp belongs to one object, whatever the kind":       replayedAcrossKinds,
		"an object may have its former stamp again":              formerStamp,
		"a stamp outlives its object":                            stampOutlives,
		"of two objects of one batch with a stamp one is stored": replayedInABatch,
		"of many objects at once with a stamp one is stored":     replayedAtOnce,
		"a stamp that was taken back with its group is free":     stampTakenBack,
		"no stamp is nobody's":                                   noStamp,
		"every owner and back office has stamps of its own":      separateStamps,
		"a replay comes after stale and before all else":         replayFirst,
	}
}

// copied is a record as another object.
func copied(r store.Record, uid string) store.Record {
	r = withMeta(r, func(m *store.Meta) { m.UID, m.Name = uid, uid })
	switch r := r.(type) {
	case store.PermissionSet:
		r.SetKey = uid
		return r
	case store.User:
		r.Login = uid
		return r
	default:
		return r
	}
}

func replayed(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		w.must(admitted(r, stamp, "eve", "a"))
		before := w.all()
		added := w.news(func() {
			w.Expect(w.apply(admitted(copied(r, "copy"), stamp, "eve", "a"))).To(MatchError(store.ErrReplayed))
		})
		w.Expect(added).To(BeEmpty())
		w.Expect(w.all()).To(Equal(before))
		w.must(admitted(copied(r, "copy"), stamp+"-2", "eve", "a"))
		w.Expect(w.apply(admitted(copied(r, "copy"), stamp, "eve", "a"))).To(MatchError(store.ErrReplayed), "of an object that is stored")
		w.must(removal(copied(r, "copy")))
	}
}

func replayedAcrossKinds(w *world) {
	for i, first := range oneOfEach() {
		stamp := fmt.Sprintf("stamp-%d", i)
		w.must(admitted(first, stamp, "eve"))
		for _, second := range oneOfEach() {
			if second.Key() != first.Key() {
				w.Expect(w.apply(admitted(copied(second, "copy"), stamp, "eve"))).To(MatchError(store.ErrReplayed))
			}
		}
	}
}

func formerStamp(w *world) {
	for _, r := range oneOfEach() {
		stamp := func(i int) string { return fmt.Sprintf("stamp-%d-%s", i, r.Key().UID) }
		for _, i := range []int{1, 2, 1, 3, 1} {
			w.must(admitted(r, stamp(i), "eve"))
		}
		for i := range 3 {
			w.Expect(w.apply(admitted(copied(r, "copy"), stamp(i+1), "eve"))).To(MatchError(store.ErrReplayed))
		}
	}
}

func stampOutlives(w *world) {
	for _, r := range oneOfEach() {
		stamp := "stamp-" + r.Key().UID
		w.must(admitted(r, stamp, "eve", "a"), removal(r))
		w.Expect(w.apply(admitted(copied(r, "copy"), stamp, "eve", "a"))).To(MatchError(store.ErrReplayed))
		w.must(admitted(r, stamp, "eve", "a"))
	}
	for i, d := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
		login := fmt.Sprintf("user-%d", i)
		w.must(admitted(user(login), "stamp-"+login, "eve", "a"), remove(login, d))
		w.Expect(w.apply(admitted(user(login, withUID("copy")), "stamp-"+login, "eve", "a"))).To(MatchError(store.ErrReplayed), "after %s", d)
	}
}

func replayedInABatch(w *world) {
	verdicts := w.batch(store.Group{admitted(set("first"), "stamp", "eve")}, store.Group{admitted(set("second"), "stamp", "eve")},
		store.Group{put(set("neighbour"))}, store.Group{put(set("lost")), admitted(user("third"), "stamp", "eve")})
	w.Expect(verdicts).To(HaveExactElements(Succeed(), MatchError(store.ErrReplayed), Succeed(), MatchError(store.ErrReplayed)))
	w.Expect(w.apply(admitted(user("ann"), "new", "eve"), admitted(user("bob"), "new", "eve"))).To(MatchError(store.ErrReplayed), "within a group")
	w.Expect(w.all()).To(HaveLen(2))
}

func replayedAtOnce(w *world) {
	const all = 8
	outcomes := parallel(all, func(i int) error { return w.applyTo(w.st, admitted(user(fmt.Sprintf("user-%d", i)), "stamp", "eve")) })
	w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrReplayed)).To(Equal(all-1), "%v", outcomes)
}

func stampTakenBack(w *world) {
	verdicts := w.batch(store.Group{admitted(set("lost"), "stamp", "eve"), issue("never", 1, "v")}, store.Group{admitted(set("kept"), "stamp", "eve")})
	w.Expect(verdicts).To(HaveExactElements(MatchError(store.ErrNotFound), Succeed()))
}

func noStamp(w *world) {
	for _, r := range oneOfEach() {
		w.must(admitted(r, "", "eve", "a"))
		if r.Key().Kind != store.KindOffice {
			w.must(admitted(copied(r, "copy-"+r.Key().UID), "", "eve", "a"))
		}
	}
}

func separateStamps(w *world) {
	for _, change := range []func(*store.Options){
		func(o *store.Options) { o.Owner = "owner-2" }, func(o *store.Options) { o.BackOffice = "wiki" },
	} {
		there := w.at(w.open(w.options(change)))
		for _, r := range oneOfEach() {
			there.must(admitted(copied(r, "elsewhere"), "stamp-"+r.Key().UID, "eve", "a"), removal(copied(r, "elsewhere")))
		}
	}
	for _, r := range oneOfEach() {
		w.must(admitted(r, "stamp-"+r.Key().UID, "eve", "a"))
	}
}

func replayFirst(w *world) {
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.put(user("foreign"))
	w.must(admitted(set("clerk"), "stamp", "eve"))
	w.put(user("ann", atGeneration(5)), user("gone"), office(maxUsers(1)))
	w.must(store.RemoveUser{UID: "gone", Disposal: store.Deactivate, Protection: needs{need("", 1)}})
	w.Expect(w.apply(admitted(user("ann", atGeneration(4)), "stamp", "eve"))).To(MatchError(store.ErrStale))
	for sentence, r := range map[string]store.Record{
		"a new generation": user("ann", atGeneration(6)), "a taken login": user("ann", withUID("copy")), "a foreign login": user("foreign"),
		"a protected login": user("gone", withUID("copy")), "no seat": user("bob"),
		"a taken key": set("clerk", func(s *store.PermissionSet) { s.UID, s.Name = "copy", "copy" }),
	} {
		w.Expect(w.apply(admitted(r, "stamp", "eve"))).To(MatchError(store.ErrReplayed), sentence)
	}
}
