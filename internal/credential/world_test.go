// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// world is a store, an API server and a cache of it, with one account. Passwords are names; a verifier is the name of its password.
type world struct {
	random *rand.Rand

	version  int64
	verifier string
	recorded credential.Revision

	secret *object
	cached []*object // what the API server had, oldest first; a lagging cache shows any of them
	count  int       // of all that is named

	policy   credential.Policy
	disturb  func() // runs between any two steps; may panic with crash{}
	lastPlan credential.Plan
	reads    int
	issues   int
}

// object is a Secret; it is never changed, but replaced.
type object struct {
	credential.Revision
	ours     bool
	password string
}

type crash struct{}

func (w *world) name(prefix string) string {
	w.count++
	return fmt.Sprint(prefix, w.count)
}

func (w *world) set(secret *object) {
	w.cached = append(w.cached, w.secret)
	if secret != nil {
		secret.ResourceVersion = w.name("rv")
		if secret.UID == "" {
			secret.UID = w.name("uid")
		}
	}
	w.secret = secret
}

// works tells whether a client with the Secret's password can log in.
func (w *world) works() bool {
	return w.secret != nil && w.secret.ours && w.secret.password != "" && w.secret.password == w.verifier
}

// restorable tells whether it could before the store was lost.
func (w *world) restorable() bool {
	return w.version == 0 && w.secret != nil && w.secret.ours && w.secret.password != ""
}

func (w *world) password() string {
	if w.secret == nil {
		return ""
	}
	return w.secret.password
}

// The events.

func (w *world) loseStore()    { w.version, w.verifier, w.recorded = 0, "", credential.Revision{} }
func (w *world) deleteSecret() { w.set(nil) }

func (w *world) replaceSecret(change func(*object)) {
	if w.secret == nil {
		return
	}
	next := *w.secret
	change(&next)
	w.set(&next)
}

func (w *world) destroy() {
	switch w.random.IntN(6) {
	case 0:
		w.deleteSecret()
	case 1:
		w.replaceSecret(func(o *object) { o.password = w.name("edited") })
	case 2:
		w.replaceSecret(func(o *object) { o.password = "" })
	case 3:
		w.set(&object{ours: false, password: w.name("foreign")})
	case 4:
		if old := w.cached; len(old) > 0 && old[len(old)-1] != nil { // from a backup
			w.set(&object{ours: true, password: old[len(old)-1].password})
		}
	case 5:
		w.policy.Deactivated = !w.policy.Deactivated
	}
}

// reconcile executes one plan as a controller does, from a cache that lags behind by some changes of the Secret.
func (w *world) reconcile(lag int) (crashed bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, crashed = p.(crash); !crashed {
				panic(p)
			}
		}
	}()
	seen := append(slices.Clip(w.cached), w.secret)
	cached := seen[max(0, len(seen)-1-lag)]
	s := credential.State{Version: w.version, HasVerifier: w.verifier != "", Recorded: w.recorded}
	if cached != nil {
		s.Live = cached.Revision
		if !cached.ours {
			s.Secret = credential.SecretForeign
		}
	}
	verifier := w.verifier
	plan := credential.Decide(w.policy, s)
	var live *object
	if plan.Action == credential.Read {
		w.disturb()
		w.reads++
		live = w.secret
		s.Secret, s.Live = read(live, verifier)
		plan = credential.Decide(w.policy, s)
	}
	w.lastPlan = plan
	w.execute(plan, live)
	return false
}

func read(live *object, verifier string) (credential.Secret, credential.Revision) {
	switch {
	case live == nil:
		return credential.SecretAbsent, credential.Revision{}
	case !live.ours:
		return credential.SecretForeign, live.Revision
	case live.password == "":
		return credential.SecretEmpty, live.Revision
	case live.password == verifier:
		return credential.SecretFits, live.Revision
	default:
		return credential.SecretDoesNotFit, live.Revision
	}
}

func (w *world) execute(plan credential.Plan, live *object) {
	switch plan.Action {
	case credential.Issue:
		password := w.name("generated")
		w.disturb()
		if w.storeIssue(plan.Version, password) {
			w.issues++
			w.disturb()
			if written := w.write(live, password); written != nil {
				w.disturb()
				w.storeFinish(plan.Version, written.Revision)
			}
		}
	case credential.Restore:
		w.disturb()
		if w.storeIssue(plan.Version, live.password) {
			w.disturb()
			w.storeFinish(plan.Version, live.Revision)
		}
	case credential.Finish:
		w.disturb()
		w.storeFinish(plan.Version, live.Revision)
	case credential.Keep, credential.Conflict:
	default:
		panic("a plan that cannot be executed: " + plan.Action)
	}
}

// storeIssue is store.IssueCredential, storeFinish store.FinishCredential.
func (w *world) storeIssue(version int64, verifier string) bool {
	if w.version != version-1 {
		return false
	}
	w.version, w.verifier, w.recorded = version, verifier, credential.Revision{}
	return true
}

func (w *world) storeFinish(version int64, r credential.Revision) {
	if w.version == version {
		w.recorded = r
	}
}

// write is a Create or an Update with the resourceVersion that was read.
func (w *world) write(live *object, password string) *object {
	if (live == nil) != (w.secret == nil) || live != nil && live.Revision != w.secret.Revision {
		return nil
	}
	next := &object{ours: true, password: password}
	if live != nil {
		next.UID = live.UID
	}
	w.set(next)
	return next
}
