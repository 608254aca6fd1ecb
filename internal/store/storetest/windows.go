// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"time"

	. "github.com/onsi/gomega"
)

// patience bounds what a test waits for, and is never waited out where the driver is right.
const patience = 30 * time.Second

func windowCases() cases {
	return cases{
		"a binding grants within its window only":   windows,
		"a binding ends by the database's clock":    windowEnds,
		"a binding begins by the database's clock":  windowBegins,
		"single grants end by the database's clock": grantsEnd,
		"denials begin by the database's clock":     denialsBegin,
	}
}

func windows(w *world) {
	type bounds = struct{ from, to time.Time }
	always := time.Time{}
	w.put(set("s", grants("a", write)))
	for login, b := range map[string]bounds{
		"unbounded": {always, always}, "since": {longAgo, always}, "until": {always, farAway}, "between": {longAgo, farAway},
		"ended": {always, longAgo}, "begun-and-ended": {longAgo.AddDate(-60, 0, 0), longAgo}, "to-come": {farAway, always}, "never": {farAway, longAgo},
	} {
		w.put(user(login), binding("b-"+login, "s", []string{login}, window(b.from, b.to)))
		if b.to.Equal(longAgo) || b.from.Equal(farAway) {
			w.Expect(w.permissions(shop, login)).To(BeEmpty(), login)
		} else {
			w.Expect(w.permissions(shop, login)).To(Equal(grantA), login)
		}
	}
}

// soon is between one and two seconds from now.
func (w *world) soon() time.Time { return w.now().Truncate(time.Second).Add(2 * time.Second) }

// pass asks for ann again and again until the database's clock has passed t: before it she has before, and from t on she has after.
func (w *world) pass(t time.Time, before, after levels) {
	w.t.Helper()
	w.Eventually(func() bool {
		first, found, last := w.now(), w.permissions(shop, "ann"), w.now()
		if last.Before(t) {
			w.Expect(found).To(Equal(before))
		}
		if !first.Before(t) {
			w.Expect(found).To(Equal(after))
		}
		return !first.Before(t)
	}).WithTimeout(patience).Should(BeTrue())
}

func windowEnds(w *world) {
	w.put(user("ann"), set("s", grants("a", write)))
	end := w.soon()
	w.put(binding("b", "s", []string{"ann"}, window(time.Time{}, end)))
	w.pass(end, grantA, levels{})
}

func windowBegins(w *world) {
	w.put(user("ann"), set("s", grants("a", write)))
	begin := w.soon()
	w.put(binding("b", "s", []string{"ann"}, window(begin, time.Time{})))
	w.pass(begin, levels{}, grantA)
}

func grantsEnd(w *world) {
	w.put(user("ann"), set("s", grants("a", read)), binding("held", "s", []string{"ann"}))
	end := w.soon()
	w.put(binding("b", "", []string{"ann"}, window(time.Time{}, end), gives("a", write), gives("b", read)))
	w.pass(end, levels{"a": write, "b": read}, levels{"a": read})
}

func denialsBegin(w *world) {
	w.put(user("ann"), set("s", grants("a", write)), binding("held", "s", []string{"ann"}))
	begin := w.soon()
	w.put(binding("b", "", []string{"ann"}, window(begin, time.Time{}), takes("a", "b")))
	w.pass(begin, grantA, levels{"a": none, "b": none})
}
