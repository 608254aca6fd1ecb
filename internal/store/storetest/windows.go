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
		"a binding grants within its window only":               windows,
		"a binding ends by the database's clock, with no write": windowEnds,
		"a binding begins by the database's clock":              windowBegins,
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

func windowEnds(w *world) {
	w.put(user("ann"), set("s", grants("a", write)))
	end := w.soon()
	w.put(binding("b", "s", []string{"ann"}, window(time.Time{}, end)))
	before := w.permissions(shop, "ann")
	if w.now().Before(end) { // a slow machine may have missed it
		w.Expect(before).To(Equal(grantA))
	}
	w.Eventually(func() map[string]string { return w.permissions(shop, "ann") }).WithTimeout(patience).Should(BeEmpty())
	w.Expect(w.now()).NotTo(BeTemporally("<", end), "it ended at its time")
}

func windowBegins(w *world) {
	w.put(user("ann"), set("s", grants("a", write)))
	begin := w.soon()
	w.put(binding("b", "s", []string{"ann"}, window(begin, time.Time{})))
	before := w.permissions(shop, "ann")
	if w.now().Before(begin) {
		w.Expect(before).To(BeEmpty())
	}
	w.Eventually(func() map[string]string { return w.permissions(shop, "ann") }).WithTimeout(patience).Should(Equal(grantA))
	w.Expect(w.now()).NotTo(BeTemporally("<", begin), "it began at its time")
}
