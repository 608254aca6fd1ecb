// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// runs is the number of worlds of each test.
const runs = 200

// live lets a world go on for a while: its managers do their steps, are killed, frozen, replaced and resumed, and what happens to it happens.
func (w *world) live(ticks int, events ...func()) {
	for range ticks {
		switch w.random.IntN(12) {
		case 0:
			w.start()
		case 1, 2: // one that was replaced goes on
			w.advance(w.managers[w.random.IntN(len(w.managers))])
		case 3:
			w.pass(time.Duration(w.random.IntN(120)) * time.Second)
		case 4:
			if len(events) > 0 && w.one(2) {
				events[w.random.IntN(len(events))]()
			}
		default:
			w.advance(w.leader())
		}
		w.check()
		if w.violation != "" {
			return
		}
	}
}

// advance lets a manager do one step.
func (w *world) advance(m *manager) {
	m.lag = w.random.IntN(3)
	m.resume()
	w.check()
}

// calm ends all trouble, lets the managers do what is left to do, and checks what has to hold then.
func (w *world) calm() {
	w.refuses, w.unsure, w.policy.Deactivated = false, false, false
	w.pass(time.Minute)
	w.start()
	w.settle()
	if w.leader().plan.Action == credential.Conflict {
		w.set(nil) // as status tells people to
		w.excuse()
		w.settle()
	}
	for _, m := range w.managers[:len(w.managers)-1] { // who was frozen goes on at last
		for range 40 {
			if _, alive := m.resume(); !alive {
				break
			}
			w.check()
			w.settle()
		}
	}
	w.settle()
	w.finally()
}

// end stops the managers, where they stand.
func (w *world) end() {
	for _, m := range w.managers {
		m.stop()
	}
}

// settle lets the leader work until it has nothing to do.
func (w *world) settle() {
	m := w.leader()
	m.lag = 0
	for range 12 {
		before := []int{w.reads, w.writes}
		for range 12 {
			if what, _ := m.resume(); what == "idle" {
				break
			}
			w.check()
		}
		waits := slices.Contains([]credential.Action{credential.Conflict, credential.Missing, credential.Refuse}, m.plan.Action)
		if waits || w.reads == before[0] && w.writes == before[1] {
			return
		}
	}
	w.violated("there is no end of it: %+v", m.plan)
}

func (w *world) finally() {
	m := w.leader()
	held := w.client.held
	switch {
	case m.plan.Action != credential.Keep:
		w.violated("it ends in %+v", m.plan)
	case w.client.excused && w.row.concealed: // who emptied the Secret has what it held before
	case held == "" || held != w.row.verifier:
		w.violated("the client has %q, and that is not the current password", held)
	case !w.row.concealed && (w.secret == nil || w.secret.password != held || w.row.recorded != w.secret.Revision):
		w.violated("the Secret is %s, and that is not recorded", w.secret)
	case w.row.concealed && w.secret != nil && w.secret.password != "":
		w.violated("the Secret still holds what was delivered")
	}
	for _, at := range w.policy.Resets {
		if w.row.issuedAt.Before(at) && !at.After(w.now) {
			w.violated("a reset was forgotten")
		}
	}
	w.pass(w.policy.Grace + time.Second)
	w.check()
	for password := range w.client.issued {
		if password != w.row.verifier && w.valid(password) {
			w.violated("%s is valid after its grace", password)
		}
	}
}

// trouble is what the world does by itself.
func (w *world) trouble() []func() {
	return []func(){
		func() { w.refuses = !w.refuses },
		func() { w.unsure = !w.unsure },
		func() { w.label() },
		func() { w.pass(time.Duration(w.random.IntN(3*60)) * time.Minute) },
	}
}

// rotating has passwords rotated now and then, and more than one way of delivery.
func rotating(w *world) {
	w.policy.Interval = []time.Duration{0, 10 * time.Hour}[w.random.IntN(2)]
	w.policy.Grace = []time.Duration{0, time.Minute, 5 * time.Hour}[w.random.IntN(3)]
	w.policy.OneTime = w.one(4)
	w.live(150, append(w.trouble(), w.askForRotation)...)
}

func resetting(w *world) {
	w.policy.Grace = 5 * time.Hour
	w.live(150, append(w.trouble(), w.askForRotation, w.askForReset)...)
}

func meddled(w *world) {
	w.policy.Grace = 5 * time.Hour
	w.policy.OneTime = w.one(4)
	w.live(150, append(w.trouble(), w.askForRotation, w.askForReset, w.edit, w.edit, w.edit, w.loseStore, func() {
		w.policy.Deactivated = !w.policy.Deactivated
	})...)
}

// violation is the first thing that goes wrong in the worlds of a kind, with the same defect in each.
func violation(kind func(*world), defect mutation, worlds uint64) string {
	run := func(seed uint64, traced bool) string {
		w := newWorld(seed)
		defer w.end()
		w.mutation, w.traced = defect, traced
		kind(w)
		if w.violation == "" {
			w.calm()
		}
		return w.violation
	}
	for seed := range worlds {
		if run(seed, false) != "" {
			return fmt.Sprintf("world %d: %s", seed, run(seed, true))
		}
	}
	return ""
}

func TestTheClientAlwaysLogsIn(t *testing.T) {
	for sentence, kind := range map[string]func(*world){
		"while passwords are rotated, managers stop anywhere and go on anywhere, and the API server refuses writes": rotating,
		"also when resets are asked for, but for the moments after":                                                 resetting,
		"also when Secrets are edited and the store is lost, once that is mended":                                   meddled,
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(violation(kind, mutation{}, runs)).To(BeEmpty())
		})
	}
}

func TestNothingHappensUnasked(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		w.settle()
		first := w.client.held
		for range 5 {
			w.live(20, w.label, func() { w.pass(1000 * time.Hour) })
			w.start()
		}
		w.calm()
		g.Expect(w.violation).To(BeEmpty())
		g.Expect(w.client.held).To(Equal(first))
		g.Expect(w.client.issued).To(HaveLen(1))
		w.end()
	}
}

func TestALostStoreChangesNoPassword(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		w.askForReset()
		w.askForRotation()
		w.pass(10 * time.Minute)
		w.settle()
		held, issued := w.client.held, len(w.client.issued)
		for range 5 {
			w.loseStore()
			for range w.random.IntN(12) {
				w.unsure = w.one(2)
				w.advance(w.leader())
				if w.one(5) {
					w.leader().stop() // for good
					w.start()
				}
			}
		}
		w.calm()
		g.Expect(w.violation).To(BeEmpty())
		g.Expect(w.client.held).To(Equal(held))
		g.Expect(w.client.issued).To(HaveLen(issued))
		w.end()
	}
}

func TestALostSecretIsOneNewPassword(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		w.settle()
		for lost := range 4 {
			w.set(nil)
			w.excuse()
			for range w.random.IntN(20) {
				w.advance(w.leader())
			}
			w.settle()
			g.Expect(w.client.issued).To(HaveLen(lost + 2))
		}
		w.calm()
		g.Expect(w.violation).To(BeEmpty())
		w.end()
	}
}

func TestAForeignSecretIsNeverOverwritten(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		w.live(w.random.IntN(20), w.askForRotation)
		w.set(&object{password: "theirs"})
		w.excuse()
		for range 5 {
			w.live(10, w.loseStore, w.askForReset, w.askForRotation, func() { w.unsure = !w.unsure })
			g.Expect(w.secret.password).To(Equal("theirs"))
		}
		w.calm()
		g.Expect(w.violation).To(BeEmpty())
		w.end()
	}
}
