// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func quotaCases() cases {
	return cases{
		"no quota is no limit":                                      noQuota,
		"the account after the last seat gets none":                 lastSeat,
		"a quota of zero admits nobody":                             zeroQuota,
		"who is Deactivated has no seat":                            deactivatedHasNoSeat,
		"a seat once taken is kept":                                 seatKept,
		"reactivation needs a seat":                                 reactivation,
		"becoming an Administrator needs a seat of theirs":          promotion,
		"an Administrator takes a seat of both kinds":               administratorSeats,
		"taking over a row needs a seat":                            takeOverNeedsASeat,
		"who was removed leaves a seat, also within a batch":        seatLeft,
		"a new quota counts from the next change on":                quotaChanged,
		"50 at once never exceed the quota":                         quotaAtOnce,
		"50 at once never exceed the quota of Administrators":       administratorsAtOnce,
		"accounts of other owners and back offices take no seats":   othersTakeNoSeats,
		"a seat that the group did not get in the end stays free":   seatOfALostGroup,
		"an orphan leaves its seat":                                 orphanLeavesSeat,
		"who is Blocked, held or not in force has a seat":           blockedHasASeat,
		"an Administrator who is Deactivated has no seat of either": deactivatedAdministrator,
	}
}

var (
	administrator = ofType(store.AccountTypeAdministrator)
	deactivated   = inState(store.StateDeactivated)
)

func noQuota(w *world) {
	w.put(user("ann"), user("bob", administrator)) // no Office is stored
	w.put(office())
	w.put(user("cy"), user("dan", administrator))
	w.Expect(w.users()).To(HaveLen(4))
}

func lastSeat(w *world) {
	w.put(office(maxUsers(2)), user("ann"))
	verdicts := w.batch(store.Group{put(user("bob"))}, store.Group{put(user("cy"))}, store.Group{put(user("ann", atGeneration(2)))})
	w.Expect(verdicts[0]).To(Succeed())
	w.Expect(verdicts[1]).To(MatchError(store.ErrQuota))
	w.Expect(verdicts[2]).To(Succeed())
	w.Expect(w.apply(put(user("cy")))).To(MatchError(store.ErrQuota))
	w.Expect(w.users()).To(ConsistOf("ann", "bob"))
}

func zeroQuota(w *world) {
	w.put(office(maxUsers(0)))
	w.Expect(w.apply(put(user("ann")))).To(MatchError(store.ErrQuota))
	w.put(user("bob", deactivated))
	w.put(office(maxAdministrators(0)))
	w.Expect(w.apply(put(user("ann", administrator)))).To(MatchError(store.ErrQuota))
	w.put(user("ann"))
}

func deactivatedHasNoSeat(w *world) {
	w.put(office(maxUsers(1)), user("ann"), user("bob", deactivated), user("cy", deactivated))
	w.put(user("ann", deactivated, atGeneration(2)), user("bob", atGeneration(2)))
	w.Expect(w.apply(put(user("ann", atGeneration(3))))).To(MatchError(store.ErrQuota))
}

func seatKept(w *world) {
	w.put(user("ann", administrator), user("bob", administrator), user("cy"))
	w.put(office(maxUsers(1), maxAdministrators(0)))
	for i, change := range []func(*store.User){inState(store.StateBlocked), held, withheld, withLabels("l-2"), ofType("Employee")} {
		w.put(user("ann", administrator, atGeneration(int64(i+2)), change))
	}
	w.Expect(w.apply(put(user("ann", administrator, atGeneration(9))))).To(MatchError(store.ErrQuota), "the last change gave it up")
	w.put(user("bob", administrator, atGeneration(2)), user("bob", ofType("Guest"), atGeneration(3)), user("cy", held))
}

func reactivation(w *world) {
	w.put(office(maxUsers(1)), user("ann"), user("bob", deactivated))
	before := w.all()
	for _, state := range []string{store.StateActive, store.StateBlocked} {
		w.Expect(w.apply(put(user("bob", inState(state), atGeneration(2))))).To(MatchError(store.ErrQuota))
	}
	w.Expect(w.all()).To(Equal(before))
	w.must(remove("ann", store.Deactivate))
	w.put(user("bob", atGeneration(2)))
}

func promotion(w *world) {
	w.put(office(maxAdministrators(1)), user("ann", administrator), user("bob"))
	before := w.all()
	w.Expect(w.apply(put(user("bob", administrator, atGeneration(2))))).To(MatchError(store.ErrQuota))
	w.Expect(w.all()).To(Equal(before))
	w.put(user("ann", atGeneration(2)), user("bob", administrator, atGeneration(2)))
}

func administratorSeats(w *world) {
	w.put(office(maxUsers(1), maxAdministrators(1)), user("ann"))
	w.Expect(w.apply(put(user("bob", administrator)))).To(MatchError(store.ErrQuota))
	w.put(user("ann", administrator, atGeneration(2)))
	w.put(office(maxUsers(2), maxAdministrators(1)))
	w.Expect(w.apply(put(user("bob", administrator)))).To(MatchError(store.ErrQuota))
	w.put(user("bob"))
}

func takeOverNeedsASeat(w *world) {
	w.put(office(maxUsers(1)), user("ann"))
	w.must(remove("ann", store.Deactivate))
	w.put(user("bob"))
	w.Expect(w.apply(put(user("ann", withUID("new"))))).To(MatchError(store.ErrQuota))
	w.Expect(w.users()).To(ConsistOf("bob"))
	w.put(user("ann", withUID("new"), deactivated))
	w.must(remove("bob", store.Delete))
	w.put(user("ann", withUID("new"), atGeneration(2)))
}

func seatLeft(w *world) {
	w.put(office(maxUsers(1)), user("ann"))
	for i, d := range []store.Disposal{store.Delete, store.Deactivate, store.Orphan} {
		old, next := w.users()[0], fmt.Sprintf("next-%d", i)
		verdicts := w.batch(store.Group{remove(old, d)}, store.Group{put(user(next))}, store.Group{put(user("late"))})
		w.Expect(verdicts[0]).To(Succeed())
		w.Expect(verdicts[1]).To(Succeed())
		w.Expect(verdicts[2]).To(MatchError(store.ErrQuota))
	}
	w.must(remove(w.users()[0], store.Delete), put(user("in-one-group")))

	w.put(office(maxUsers(2)))
	verdicts := w.batch(store.Group{put(user("second"))}, store.Group{put(user("third"))}, store.Group{remove("second", store.Delete)},
		store.Group{put(user("fourth"))}, store.Group{put(user("fifth"))}, store.Group{put(user("fourth", deactivated))}, store.Group{put(user("sixth"))})
	for i, want := range []error{nil, store.ErrQuota, nil, nil, store.ErrQuota, nil, nil} {
		w.Expect(errors.Is(verdicts[i], want)).To(BeTrue(), "%d: %v", i, verdicts[i])
	}
	w.Expect(w.users()).To(ConsistOf("in-one-group", "fourth", "sixth"))
}

func quotaChanged(w *world) {
	verdicts := w.batch(store.Group{put(office(maxUsers(1)))}, store.Group{put(user("ann"))}, store.Group{put(user("bob"))},
		store.Group{put(office(maxUsers(2)))}, store.Group{put(user("cy"))})
	w.Expect(verdicts[2]).To(MatchError(store.ErrQuota))
	w.Expect(w.users()).To(ConsistOf("ann", "cy"))
	w.must(put(office(maxUsers(0))), store.Remove{Key: office().Key()}, put(user("bob")))
}

func quotaAtOnce(w *world) {
	const seats, all = 7, 50
	w.put(office(maxUsers(seats)))
	outcomes := parallel(all, func(i int) error { return w.applyTo(w.st, put(user(fmt.Sprintf("user-%d", i)))) })
	w.Expect(count(outcomes, nil)).To(Equal(seats), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrQuota)).To(Equal(all-seats), "%v", outcomes)
	w.Expect(w.users()).To(HaveLen(seats))
}

func administratorsAtOnce(w *world) {
	const seats, all = 3, 50
	w.put(office(maxAdministrators(seats)))
	for i := range all {
		w.put(user(fmt.Sprintf("user-%d", i)))
	}
	outcomes := parallel(all, func(i int) error {
		return w.applyTo(w.st, put(user(fmt.Sprintf("user-%d", i), administrator, atGeneration(2))))
	})
	w.Expect(count(outcomes, nil)).To(Equal(seats), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrQuota)).To(Equal(all-seats), "%v", outcomes)
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND account_type = $2`, shop, store.AccountTypeAdministrator)).
		To(HaveLen(seats))
}

func othersTakeNoSeats(w *world) {
	for _, change := range []func(*store.Options){
		func(o *store.Options) { o.Owner = "owner-2" }, func(o *store.Options) { o.BackOffice = "wiki" },
	} {
		w.at(w.open(w.options(change))).put(user("ann-of-another", administrator), user("bob-of-another"))
	}
	w.put(office(maxUsers(1), maxAdministrators(1)), user("ann", administrator))
	w.Expect(w.apply(put(user("bob")))).To(MatchError(store.ErrQuota))
}

func seatOfALostGroup(w *world) {
	w.put(office(maxUsers(2)), user("ann"))
	verdicts := w.batch(store.Group{put(user("bob")), issue("bob", 7, "v")}, store.Group{put(user("cy"))})
	w.Expect(verdicts[0]).To(MatchError(store.ErrStale))
	w.Expect(verdicts[1]).To(Succeed())
	w.Expect(w.users()).To(ConsistOf("ann", "cy"))
}

func orphanLeavesSeat(w *world) {
	w.put(office(maxUsers(1)), user("ann"))
	w.must(remove("ann", store.Orphan))
	w.put(user("bob"))
}

func blockedHasASeat(w *world) {
	w.put(office(maxUsers(3)), user("ann", inState(store.StateBlocked)), user("bob", held), user("cy", withheld))
	w.Expect(w.apply(put(user("dan")))).To(MatchError(store.ErrQuota))
}

func deactivatedAdministrator(w *world) {
	w.put(office(maxUsers(1), maxAdministrators(1)), user("ann", administrator, deactivated), user("bob", administrator))
	w.Expect(w.apply(put(user("ann", administrator, atGeneration(2))))).To(MatchError(store.ErrQuota))
	w.put(user("bob", administrator, deactivated, atGeneration(2)), user("ann", administrator, atGeneration(2)))
}
