// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"math/rand/v2"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

const runs = 3000

func newWorld(seed uint64) *world {
	return &world{random: rand.New(rand.NewPCG(seed, 2)), disturb: func() {}}
}

// crashSometimes lets the process die before any step.
func (w *world) crashSometimes() {
	if w.random.IntN(4) == 0 {
		panic(crash{})
	}
}

// expectConverges checks that one undisturbed run is enough, and that the next one neither reads nor writes.
func expectConverges(g *WithT, w *world, seed uint64) {
	w.disturb = func() {}
	w.policy = credential.Policy{}
	if w.secret != nil && !w.secret.ours {
		w.reconcile(0)
		g.Expect(w.lastPlan.Action).To(Equal(credential.Conflict), "seed %d", seed)
		w.deleteSecret()
	}
	w.reconcile(0)
	g.Expect(w.works()).To(BeTrue(), "seed %d: after %+v", seed, w.lastPlan)
	g.Expect(w.recorded).To(Equal(w.secret.Revision), "seed %d", seed)

	reads, issues := w.reads, w.issues
	w.reconcile(0)
	g.Expect(w.lastPlan.Action).To(Equal(credential.Keep), "seed %d", seed)
	g.Expect([]int{w.reads, w.issues}).To(Equal([]int{reads, issues}), "seed %d: an idle run reads and writes nothing", seed)
}

func TestEveryCrashConverges(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		for range w.random.IntN(12) {
			w.disturb = w.crashSometimes
			w.reconcile(w.random.IntN(3))
			if w.random.IntN(3) == 0 {
				w.destroy()
			}
			if w.random.IntN(6) == 0 {
				w.loseStore()
			}
		}
		expectConverges(g, w, seed)
	}
}

func TestAPasswordThatWorksNeverChanges(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		for range w.random.IntN(20) {
			switch w.random.IntN(8) {
			case 0:
				w.destroy()
			case 1:
				w.loseStore()
			case 2:
				w.replaceSecret(func(*object) {}) // a label, say
			}
			worked, password, issues := w.works() || w.restorable(), w.password(), w.issues
			w.disturb = w.crashSometimes
			crashed := w.reconcile(w.random.IntN(3))
			if !worked {
				continue
			}
			g.Expect(w.issues).To(Equal(issues), "seed %d", seed)
			g.Expect(w.password()).To(Equal(password), "seed %d", seed)
			if !crashed && !w.policy.Deactivated && w.lastPlan.Action != credential.Conflict {
				g.Expect(w.works()).To(BeTrue(), "seed %d: after %+v", seed, w.lastPlan)
			}
		}
		expectConverges(g, w, seed)
	}
}

func TestALostStoreChangesNoPassword(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		w.reconcile(0)
		password := w.password()
		for range 8 {
			w.loseStore()
			w.disturb = w.crashSometimes
			for range w.random.IntN(3) {
				w.reconcile(w.random.IntN(3))
			}
		}
		expectConverges(g, w, seed)
		g.Expect(w.password()).To(Equal(password))
		g.Expect(w.issues).To(Equal(1))
	}
}

func TestALostSecretIsOneNewPassword(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		w.reconcile(0)
		for lost := range 5 {
			w.deleteSecret()
			for range 1 + w.random.IntN(3) {
				w.reconcile(w.random.IntN(2))
			}
			expectConverges(g, w, seed)
			g.Expect(w.issues).To(Equal(lost+2), "seed %d", seed)
		}
	}
}

func TestAForeignSecretIsNeverOverwritten(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		for range w.random.IntN(3) {
			w.reconcile(0)
		}
		w.set(&object{password: "theirs"})
		for range 5 {
			w.disturb = w.crashSometimes
			w.reconcile(w.random.IntN(4))
			if w.random.IntN(4) == 0 {
				w.loseStore()
			}
			g.Expect(w.password()).To(Equal("theirs"))
		}
		expectConverges(g, w, seed)
	}
}

// TestAnythingBetweenAnyTwoStepsConverges also lets another manager, one that thinks that it leads, run between two steps.
func TestAnythingBetweenAnyTwoStepsConverges(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newWorld(seed)
		depth := 0
		w.disturb = func() {
			switch w.random.IntN(12) {
			case 0:
				panic(crash{})
			case 1:
				w.loseStore()
			case 2, 3:
				w.destroy()
			case 4, 5:
				if depth < 2 {
					depth++
					w.reconcile(w.random.IntN(3))
					depth--
				}
			}
		}
		for range 1 + w.random.IntN(8) {
			w.reconcile(w.random.IntN(3))
		}
		expectConverges(g, w, seed)
	}
}
