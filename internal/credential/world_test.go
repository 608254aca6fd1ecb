// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// world is a database, an API server with one Secret, managers, and a client that logs in at every instant. Passwords are names; a verifier is the
// name of its password. Nothing happens but in steps, and any manager may stop between any two of its steps and go on at any later time.
type world struct {
	random *rand.Rand
	now    time.Time // by the database's clock
	row    row
	epoch  int // counts the stores that were lost
	// deletions are those of the Secret: who was about to create it may do so after each.
	deletions int
	fence     int // of the manager that leads
	secret    *object
	past      []*object // what the API server had, oldest first; a lagging cache shows any of them
	names     int
	policy    credential.Policy

	refuses  bool // the API server refuses to write
	unsure   bool // some answers get lost
	managers []*manager
	mutation mutation

	reads, writes int // of managers
	client        client
	violation     string
	traced        bool
	trace         []string
}

// object is a Secret; it is never changed, but replaced.
type object struct {
	credential.Revision
	ours, owned  bool
	password     string
	issuedAt     time.Time
	acknowledged bool
}

var midnight = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func newWorld(seed uint64) *world {
	w := &world{random: rand.New(rand.NewPCG(seed, 5)), now: midnight}
	w.policy = credential.Policy{Source: v1alpha1.CredentialGenerated, Account: fmt.Sprint("account-", seed), TTL: 12 * time.Hour}
	w.client.issued = map[string]time.Time{}
	w.start()
	return w
}

func (w *world) name(prefix string) string {
	w.names++
	return fmt.Sprint(prefix, w.names)
}

// one in n.
func (w *world) one(n int) bool { return w.random.IntN(n) == 0 }

func (w *world) log(format string, args ...any) {
	if !w.traced {
		return
	}
	w.trace = append(w.trace, fmt.Sprintf("%s %s", w.now.Format("02T15:04:05"), fmt.Sprintf(format, args...)))
}

func (w *world) violated(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf(format, args...) + "\n" + strings.Join(w.trace[max(0, len(w.trace)-60):], "\n")
	}
}

// The API server.

func (w *world) set(next *object) {
	w.past = append(w.past, w.secret)
	if next == nil {
		w.deletions++
	} else {
		next.ResourceVersion = w.name("rv")
		if next.UID == "" {
			next.UID = w.name("uid")
		}
	}
	w.secret = next
}

// put is a Create where nothing was read, and else an Update with the resourceVersion that was read.
func (w *world) put(read *object, next object) (*object, verdict) {
	switch {
	case w.refuses:
		return nil, failed
	case w.mutation.forced: // as a forced apply
	case (read == nil) != (w.secret == nil), read != nil && read.Revision != w.secret.Revision:
		return nil, stale
	}
	if w.unsure && w.one(6) {
		return nil, failed
	}
	next.Revision = credential.Revision{}
	if w.secret != nil {
		next.UID = w.secret.UID
	}
	w.replaced(next.password)
	w.set(&next)
	if w.unsure && w.one(6) {
		return nil, failed // it happened, and nobody knows
	}
	return &next, done
}

// What people do.

// edit lets somebody change the Secret, which excuses what follows of it.
func (w *world) edit() {
	before := w.secret
	switch kind := w.random.IntN(7); {
	case kind == 0:
		w.set(nil)
	case kind == 1:
		w.set(&object{ours: false, password: w.name("foreign")})
	case kind == 2 && len(w.past) > 0: // from a backup
		if old := w.past[w.random.IntN(len(w.past))]; old != nil && old.ours {
			w.set(&object{ours: true, owned: true, password: old.password, issuedAt: old.issuedAt})
		}
	case before == nil:
		return
	case kind == 3: // from a backup of another cluster
		w.set(&object{ours: true, owned: false, password: before.password, issuedAt: before.issuedAt})
	default:
		next := *before
		switch kind {
		case 4:
			next.password = w.name("edited")
		case 5:
			next.password = ""
		case 6:
			next.UID = ""
		}
		w.set(&next)
	}
	w.log("somebody changed the Secret from %s to %s", before, w.secret)
	w.excuse()
}

// label lets somebody change the Secret's metadata alone.
func (w *world) label() {
	if w.secret != nil {
		next := *w.secret
		next.acknowledged = next.acknowledged || w.one(3)
		w.set(&next)
	}
}

func (w *world) loseStore() {
	w.log("the store is lost")
	w.row, w.epoch = row{}, w.epoch+1
	w.client.reset = time.Time{}
	w.excuse()
}

func (w *world) askForReset() {
	at := w.now.Add(time.Duration(w.random.IntN(400)-200) * time.Second).Truncate(time.Second)
	w.log("a reset of what was issued before %s is asked for", at.Format("15:04:05"))
	w.policy.Resets = append(w.policy.Resets, at)
}

func (w *world) askForRotation() {
	w.log("a rotation is asked for")
	w.policy.RotateIssuedBefore = w.now.Truncate(time.Second)
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (o *object) String() string {
	switch {
	case o == nil:
		return "nothing"
	case !o.ours:
		return "a foreign one"
	default:
		return fmt.Sprintf("%q (%s)", o.password, o.ResourceVersion)
	}
}
