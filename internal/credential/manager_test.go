// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"iter"
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// mutation is a defect that the tests have to find.
type mutation struct {
	plan        func(credential.State, credential.Plan) credential.Plan
	finishFirst bool // (3) before (2)
	secretFirst bool // (2) before (1)
	forced      bool // the Secret is written whatever it has become
	careless    bool // the store does not compare versions
	unfenced    bool // the store takes writes of managers that no longer lead
	deaf        bool // no manager hears of a reset
}

// manager executes plans. It is a coroutine that stands before its next step; one that is never resumed is one that was killed.
type manager struct {
	w     *world
	name  string
	fence int
	known row // what it knows of the store
	lag   int // by how many changes of the Secret its cache is behind

	resume func() (string, bool)
	stop   func()
	yield  func(string) bool
	dead   bool
	plan   credential.Plan // the last one
}

// stopped unwinds a manager that is no longer wanted.
type stopped struct{}

// start has another manager take over. The ones before know nothing of it.
func (w *world) start() *manager {
	w.fence++
	m := &manager{w: w, name: w.name("m"), fence: w.fence, known: w.observe()}
	m.resume, m.stop = iter.Pull(func(yield func(string) bool) {
		defer func() {
			if p := recover(); p != nil && p != any(stopped{}) {
				panic(p)
			}
		}()
		m.yield = yield
		for !m.dead {
			m.reconcile()
			m.step("idle")
		}
	})
	w.managers = append(w.managers, m)
	m.resume() // to its first step
	return m
}

// step stands before a step until the manager is resumed.
func (m *manager) step(what string) {
	if !m.yield(what) {
		panic(stopped{})
	}
	if what != "reconcile" && what != "idle" {
		m.w.log("%s: %s", m.name, what)
	}
}

// leader is the manager that was started last.
func (w *world) leader() *manager { return w.managers[len(w.managers)-1] }

// clock is the database's clock as the manager knows it: some seconds behind.
func (m *manager) clock() time.Time {
	return m.w.now.Add(-time.Duration(m.w.random.IntN(3)) * time.Second)
}

// reconcile executes one plan, as a controller does.
func (m *manager) reconcile() {
	m.step("reconcile")
	w := m.w
	policy := w.policy
	if w.mutation.deaf {
		policy.Resets = nil
	}
	seen := append(slices.Clip(w.past), w.secret)
	cached := seen[max(0, len(seen)-1-m.lag)]
	s := m.state()
	if cached != nil {
		s.Live, s.Acknowledged = cached.Revision, cached.acknowledged
		if !cached.ours {
			s.Secret, s.Live = credential.SecretForeign, credential.Revision{}
		}
	}
	plan := credential.Decide(m.clock(), policy, s)
	var live *object
	if plan.Action == credential.Read {
		m.step("read")
		w.reads++
		live = w.secret
		m.known = w.observe()
		s = m.state()
		s.Secret = w.read(live)
		if live != nil {
			s.Live, s.Acknowledged = live.Revision, live.acknowledged
		}
		plan = credential.Decide(m.clock(), policy, s)
	}
	if mutate := w.mutation.plan; mutate != nil {
		plan = mutate(s, plan)
	}
	m.plan = plan
	m.execute(plan, live)
}

// state is what the manager knows of the store.
func (m *manager) state() credential.State {
	k := m.known
	return credential.State{
		Version: k.version, HasVerifier: k.verifier != "", Source: k.source, IssuedAt: k.issuedAt, PreviousIssuedAt: k.previousIssuedAt,
		Recorded: k.recorded, Concealed: k.concealed, HadPassword: true,
	}
}

// read is what a live read tells.
func (w *world) read(live *object) credential.Secret {
	if w.policy.Source == v1alpha1.CredentialSecretRef {
		return w.readSupplied(live)
	}
	fits := live != nil && w.valid(live.password)
	switch {
	case live == nil:
		return credential.SecretAbsent
	case !live.ours, !live.owned && !fits:
		return credential.SecretForeign
	case live.password == "":
		return credential.SecretEmpty
	case !live.owned:
		return credential.SecretUnowned
	case live.password == w.row.verifier:
		return credential.SecretFits
	case fits:
		return credential.SecretFitsPrevious
	default:
		return credential.SecretDoesNotFit
	}
}

func (m *manager) execute(plan credential.Plan, live *object) {
	w := m.w
	switch plan.Action {
	case credential.Issue, credential.Rotate:
		m.issue(plan, live)
	case credential.Reset:
		if w.policy.Source == v1alpha1.CredentialGenerated {
			m.issue(plan, live)
			return
		}
		m.revoke(plan)
	case credential.Restore:
		m.restore(plan, live)
	case credential.Finish:
		m.finish(plan.Version, live.Revision, false)
	case credential.Conceal:
		m.conceal(plan, live)
	case credential.TakeOver:
		next := *live
		next.owned = true
		m.write("take the Secret over", live, next)
	case credential.Revoke:
		m.revoke(plan)
	case credential.Supply:
		m.supply(plan, live)
	case credential.Keep, credential.Conflict, credential.Missing, credential.Refuse:
	default:
		w.violated("a plan that cannot be executed: %s", plan.Action)
	}
}

// issue is what the whole package is about.
func (m *manager) issue(plan credential.Plan, live *object) {
	w := m.w
	if plan.Claim {
		claim := object{ours: true, owned: true}
		if live != nil {
			claim = *live
		}
		if live = m.write("claim the Secret", live, claim); live == nil {
			return
		}
	}
	password, issuedAt, epoch, deletions := w.name("password"), m.clock().Truncate(time.Second), w.epoch, w.deletions
	secret := func() *object {
		written := m.write("(2) write the Secret with "+password, live, object{ours: true, owned: true, password: password, issuedAt: m.known.issuedAt})
		if w.secret != nil && w.secret.password == password && (epoch != w.epoch || live == nil && deletions != w.deletions) {
			w.excuse() // it is from a store that was lost, or takes the place of a Secret that somebody deleted
		}
		return written
	}
	if w.mutation.secretFirst && secret() == nil {
		return
	}
	ok := m.store("(1) issue "+password, func() verdict {
		before := w.row
		v := w.issueCredential(plan, password, issuedAt)
		if v == done && before.verifier != password {
			epoch = w.epoch
			w.judge(plan, before, live)
			w.client.issued[password] = w.row.issuedAt
		}
		return v
	})
	if !ok || w.mutation.secretFirst {
		return
	}
	if w.mutation.finishFirst {
		m.finish(plan.Version, credential.Revision{UID: "to be"}, false)
	}
	if written := secret(); written != nil {
		m.finish(plan.Version, written.Revision, false)
	}
}

// restore is (1) and (3) in one transaction.
func (m *manager) restore(plan credential.Plan, live *object) {
	w := m.w
	m.store("restore "+live.password, func() verdict {
		v := w.issueCredential(plan, live.password, live.issuedAt)
		if v == done {
			w.client.issued[live.password] = w.row.issuedAt
			v = w.finishCredential(plan.Version, live.Revision, false)
		}
		return v
	})
}

func (m *manager) revoke(plan credential.Plan) {
	m.store("revoke", func() verdict {
		v := m.w.revokeCredential(plan)
		if v == done && !plan.Resets.IsZero() {
			m.w.wasReset(plan)
		}
		return v
	})
}

func (m *manager) conceal(plan credential.Plan, live *object) {
	r := m.known.recorded
	if live != nil && live.password != "" {
		next := *live
		next.password = ""
		if live = m.write("conceal", live, next); live == nil {
			return
		}
	}
	if live != nil {
		r = live.Revision
	}
	m.finish(plan.Version, r, true)
}

func (m *manager) finish(version int64, r credential.Revision, concealed bool) {
	m.store("(3) finish", func() verdict { return m.w.finishCredential(version, r, concealed) })
}

// store does a transaction, and tells whether it is known to have succeeded.
func (m *manager) store(what string, write func() verdict) bool {
	m.step(what)
	m.w.writes++
	switch m.w.transaction(m, write) {
	case done:
		m.known = m.w.observe()
		return true
	case fenced:
		m.dead = true
	case stale, failed:
		m.known = m.w.observe()
	}
	return false
}

// write writes the Secret, and returns it where that is known to have succeeded.
func (m *manager) write(what string, read *object, next object) *object {
	m.step(what)
	m.w.writes++
	written, v := m.w.put(read, next)
	if v != done {
		return nil
	}
	return written
}
