// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// sessionTexts notes texts by chance, and others, and holds the end of sessions to the contract's own words.
func sessionTexts(w *world) {
	const trials = 90
	texts := []string{
		"a Write", "label a=b", "label ", "label", "labels a", "subject ann", "subjects", "selector a=b", "inherits p", "inherits ", "inherits", "inherit p",
		"deny a", "deny label a", "deny inherits p", "deny ", "deny", " label a", " deny a", "Label a", "é",
	}
	dice := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // G404: the same texts every time
	some := func() []string {
		var list []string
		for _, text := range texts {
			if dice.IntN(4) == 0 {
				list = append(list, text)
			}
		}
		slices.Sort(list)
		return list
	}
	login := func(i int) string { return fmt.Sprintf("user-%d", i) }
	written := func(i int, gives []string) store.Change {
		uid := fmt.Sprintf("x-%d", i)
		return told([]store.Record{
			set(uid, inherits("p", 1)), binding(uid, "", []string{login(i)}), user(login(i), bound(uid)),
		}[i%3], gives...)
	}
	noted := make([][]string, trials)
	for i := range trials {
		noted[i] = some()
		if len(noted[i]) > 3 {
			noted[i] = noted[i][:3] // short ones, so that some changes end nothing
		}
		w.must(written(i, noted[i]))
		if i%3 == 0 {
			w.put(binding(fmt.Sprintf("x-%d", i), fmt.Sprintf("x-%d", i), []string{login(i)}))
		}
		if i%3 != 2 {
			w.put(user(login(i)))
		}
	}
	now := w.settle(shop)
	before := w.validAfter(shop)
	ends := map[bool]int{}
	for i := range trials {
		gives := some()
		if dice.IntN(2) == 0 {
			gives = slices.Compact(slices.Sorted(slices.Values(slices.Concat(noted[i], gives))))
		}
		w.must(written(i, gives))
		end := store.EndsSessions(store.Difference(noted[i], gives))
		ends[end]++
		sentence := fmt.Sprintf("%q, and then %q", noted[i], gives)
		if after := w.validAfter(shop)[login(i)]; end {
			w.ended(after, now, sentence)
		} else {
			w.Expect(after).To(Equal(before[login(i)]), sentence)
		}
	}
	w.Expect(ends).To(And(HaveKeyWithValue(true, BeNumerically(">", 10)), HaveKeyWithValue(false, BeNumerically(">", 10))), "chance made something of everything")
}

// passing asks for sessions until the database's clock has passed t; before it and from it on the moment has to be as told.
func (w *world) passing(t time.Time, login string, before, after func(at time.Time)) {
	w.t.Helper()
	w.Eventually(func() bool {
		first, found, last := w.now(), w.validAfter(shop)[login], w.now()
		if last.Before(t) {
			before(found)
		}
		if !first.Before(t) {
			after(found)
		}
		return !first.Before(t)
	}).WithTimeout(patience).Should(BeTrue())
}

func sessionsEndWithBinding(w *world) {
	w.put(user("ann"), user("bob"), set("s", grants("a", write)))
	end := w.soon().Add(time.Second)
	w.put(binding("b", "s", []string{"ann"}, window(time.Time{}, end)), binding("c", "s", []string{"bob"}, window(time.Time{}, farAway)))
	start := w.validAfter(shop)
	w.passing(end, "ann", func(at time.Time) { w.Expect(at).To(Equal(start["ann"])) }, func(at time.Time) {
		w.Expect(at).To(And(BeTemporally(">=", end), BeTemporally("<=", end.Add(time.Second))))
	})
	w.Expect(w.validAfter(shop)["bob"]).To(Equal(start["bob"]), "his goes on")
	// Whatever becomes of the binding, what has ended does not begin again.
	ended := w.validAfter(shop)["ann"]
	w.put(binding("b", "s", []string{"ann"}, window(time.Time{}, farAway)))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	w.Expect(w.validAfter(shop)["ann"]).To(BeTemporally(">=", ended))
	w.must(store.Remove{Key: binding("b", "s", nil).Key()})
	w.Expect(w.validAfter(shop)["ann"]).To(BeTemporally(">=", ended))
}

func sessionsEndWithDenial(w *world) {
	begin := w.soon().Add(2 * time.Second)
	from := window(begin, time.Time{})
	w.put(user("ann"), user("bob"), user("cy"), user("dan"), set("s", grants("a", write)), set("t", inherits("u", 3)), set("u", denies("z")))
	w.put(binding("a", "s", []string{"ann"}, from, takes("x")), binding("b", "s", []string{"bob"}, from), binding("c", "t", []string{"cy"}, from),
		binding("d", "t", []string{"dan"}))
	start := w.validAfter(shop)
	w.Expect(start["dan"]).To(BeTemporally("<", begin))
	w.passing(begin, "ann", func(at time.Time) { w.Expect(at).To(Equal(start["ann"])) }, func(at time.Time) {
		w.Expect(at).To(And(BeTemporally(">=", begin), BeTemporally("<=", begin.Add(time.Second))))
	})
	after := w.validAfter(shop)
	w.Expect(after["bob"]).To(Equal(start["bob"]), "his binding gives, and denies nothing")
	w.Expect(after["cy"]).To(BeTemporally(">=", begin), "what his set inherits denies")
	w.Expect(after["dan"]).To(Equal(start["dan"]), "denied from the begin")
}

// everyEnd are changes that end sessions by each way there is.
func everyEnd() []store.Change {
	return []store.Change{
		told(office(catalog("z"))), told(set("s"), "deny x"), told(forAnn("b", "s"), "deny x"), told(user("ann", withLabels("others"), atGeneration(2))),
		told(forAnn("b", "", bindingAt(2))),
		store.Remove{Key: set("s").Key()},
		store.Remove{Key: forAnn("b", "s").Key()},
		remove("ann", store.Deactivate), told(user("ann", withUID("heir"))),
	}
}

func otherSessions(w *world) {
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	records := []store.Record{office(), set("s", grants("a", write)), forAnn("b", "s")}
	for _, there := range []*world{w, wiki, other} {
		there.put(records...)
	}
	w.put(user("ann"), user("bystander"))
	wiki.put(user("ann"))
	other.put(user("theirs", withUID("ann")))
	now := w.settle(shop, "wiki")
	before, elsewhere := w.validAfter(shop), w.validAfter("wiki")
	w.must(everyEnd()[1:]...)
	after := w.validAfter(shop)
	w.ended(after["ann"], now, "ann")
	w.Expect(after["theirs"]).To(Equal(before["theirs"]), "another owner's")
	w.Expect(after["bystander"]).To(Equal(before["bystander"]), "another user's")
	w.must(everyEnd()[0])
	after = w.validAfter(shop)
	w.ended(after["bystander"], now, "bystander")
	w.Expect(after["theirs"]).To(Equal(before["theirs"]), "another owner's")
	w.Expect(w.validAfter("wiki")).To(Equal(elsewhere), "another back office's")

	// A change that is left out with its group ends nothing.
	for _, change := range slices.Concat(everyEnd()[:3], everyEnd()[4:7]) { // but for her who has a login of theirs
		other.must(put(office()))
		w.Expect(other.apply(change, issue("never", 1, "v"))).To(MatchError(store.ErrNotFound))
	}
	w.Expect(w.validAfter(shop)["theirs"]).To(Equal(before["theirs"]))
}

// sessionsRoundedUp: a session that begins late in a second, before the change, is over all the same.
func sessionsRoundedUp(w *world) {
	const late = 900 * time.Millisecond
	w.must(told(user("ann"), "a"))
	first := w.settle(shop).Truncate(time.Second)
	tick := first
	w.Eventually(func() time.Time {
		tick = w.now().Truncate(time.Second)
		return tick
	}).WithTimeout(patience).WithPolling(time.Millisecond).Should(BeTemporally(">", first))
	time.Sleep(late)
	w.must(told(user("ann")))
	w.Expect(w.validAfter(shop)["ann"]).To(BeTemporally(">=", tick.Add(late+time.Second)))
}
