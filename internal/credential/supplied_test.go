// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// readSupplied is what a live read of the administrator's Secret tells. Passwords that begin with "weak" break the structure.
func (w *world) readSupplied(live *object) credential.Secret {
	switch {
	case live == nil:
		return credential.SecretAbsent
	case !live.ours:
		return credential.SecretForeign
	case live.password == "":
		return credential.SecretEmpty
	case live.password == w.row.verifier:
		return credential.SecretFits
	case live.password == w.previous():
		return credential.SecretFitsPrevious
	case live.password == w.row.revoked:
		return credential.SecretRevoked
	case strings.HasPrefix(live.password, "weak"):
		return credential.SecretUnacceptable
	default:
		return credential.SecretDoesNotFit
	}
}

// supply is (1) and (3) in one transaction. What was accepted works until another one is, and then for the grace.
func (m *manager) supply(plan credential.Plan, live *object) {
	w := m.w
	issuedAt := m.clock().Truncate(time.Second)
	m.store("supply "+live.password, func() verdict {
		before := w.row
		v := w.issueCredential(plan, live.password, issuedAt)
		if v != done || before.version == plan.Version {
			return v
		}
		w.row.source = v1alpha1.CredentialSecretRef
		w.client.issued[live.password] = w.row.issuedAt
		w.client.promised = map[string]time.Time{live.password: w.now.Add(100000 * time.Hour)}
		if before.verifier != "" {
			w.client.promised[before.verifier] = w.now.Add(w.policy.Grace)
		}
		return w.finishCredential(plan.Version, live.Revision, false)
	})
}

func newSupplied(seed uint64) *world {
	w := newWorld(seed)
	w.end()
	w.policy.Source, w.policy.Grace = v1alpha1.CredentialSecretRef, time.Hour
	w.start()
	return w
}

// administrate lets the administrator do something to the Secret.
func (w *world) administrate() {
	next := &object{ours: true, password: w.name("password")}
	switch w.random.IntN(7) {
	case 0:
		next = nil
	case 1:
		next.ours = false
	case 2:
		next.password = ""
	case 3:
		next.password = w.name("weak")
	case 4:
		if old := w.secret; old != nil { // a label
			next.password, next.UID = old.password, old.UID
		}
	case 5: // back to an earlier one
		if n := len(w.past); n > 0 && w.past[n-1] != nil && w.past[n-1].ours {
			next.password = w.past[n-1].password
		}
	}
	w.log("the administrator has %s", next)
	w.set(next)
}

// suppliedFinally mends the Secret, and checks that its password is the one.
func (w *world) suppliedFinally() {
	w.unsure = false
	w.pass(time.Hour) // what was asked for a moment ahead is past
	w.set(&object{ours: true, password: w.name("password")})
	w.start()
	w.settle()
	if w.row.verifier != w.secret.password || w.row.recorded != w.secret.Revision {
		w.violated("the Secret has %s, and that is not the current password", w.secret)
	}
	w.pass(w.policy.Grace + time.Second)
	w.check()
	for password := range w.client.issued {
		if password != w.row.verifier && w.valid(password) {
			w.violated("%s is valid after its grace", password)
		}
	}
}

// suppliedWorlds tells the first thing that goes wrong in some worlds, and how many passwords were accepted and how many worlds had a reset.
func suppliedWorlds(defect mutation) (violation string, supplies, resets int) {
	for seed := range uint64(runs) {
		w := newSupplied(seed)
		w.mutation = defect
		w.live(300, w.administrate, w.administrate, w.administrate, w.administrate, w.administrate, w.askForReset, func() { w.unsure = !w.unsure })
		if w.violation == "" {
			w.suppliedFinally()
		}
		w.end()
		if supplies += len(w.client.issued); !w.client.reset.IsZero() {
			resets++
		}
		if w.violation != "" {
			return fmt.Sprintf("world %d: %s", seed, w.violation), supplies, resets
		}
	}
	return "", supplies, resets
}

func TestASuppliedPasswordWorksUntilAnotherOneIsAccepted(t *testing.T) {
	g := NewWithT(t)
	violation, supplies, resets := suppliedWorlds(mutation{})
	g.Expect(violation).To(BeEmpty())
	g.Expect(supplies).To(BeNumerically(">", 2*runs), "worlds in which nothing happens prove nothing")
	g.Expect(resets).To(BeNumerically(">", runs/4))
}

func TestSuppliedPasswordsNeedTheirPrecautions(t *testing.T) {
	const ends = "ended before its grace"
	for sentence, c := range map[string]struct {
		change  func(credential.State, *credential.Plan)
		noticed string
	}{
		"nothing is kept": {func(_ credential.State, plan *credential.Plan) {
			if plan.Action == credential.Supply {
				plan.Keep = credential.KeepNone
			}
		}, ends},
		"a missing Secret takes the password away": {func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Missing && s.HasVerifier {
				plan.Action, plan.Version = credential.Revoke, s.Version+1
			}
		}, ends},
		"a refused one takes the password away": {func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Refuse && s.HasVerifier {
				plan.Action, plan.Version = credential.Revoke, s.Version+1
			}
		}, ends},
		"a change is taken for none": {func(s credential.State, plan *credential.Plan) {
			if plan.Action == credential.Supply && s.HasVerifier {
				plan.Action, plan.Version = credential.Finish, s.Version
			}
		}, "not the current password"},
	} {
		t.Run(sentence, func(t *testing.T) {
			violation, _, _ := suppliedWorlds(mutation{plan: alter(c.change)})
			NewWithT(t).Expect(violation).To(ContainSubstring(c.noticed))
		})
	}
}

func TestAPasswordThatWasResetIsNotSuppliedAgain(t *testing.T) {
	g := NewWithT(t)
	for seed := range uint64(runs) {
		w := newSupplied(seed)
		w.set(&object{ours: true, password: "leaked"})
		w.settle()
		g.Expect(w.valid("leaked")).To(BeTrue())
		w.policy.Resets = []time.Time{w.now.Add(time.Minute)}
		for range 5 {
			w.settle()
			g.Expect(w.valid("leaked")).To(BeFalse())
			w.pass(20 * time.Minute)
			w.set(&object{ours: true, password: "leaked"}) // made anew
			w.start()
		}
		w.set(&object{ours: true, password: "another"})
		w.settle()
		g.Expect(w.valid("another")).To(BeTrue())
		g.Expect(w.violation).To(BeEmpty())
		w.end()
	}
}
