// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"
)

const (
	// changesPerSecond bounds how many passwords of a back office are changed in a second because they are due: a reset of all, or an interval
	// that is new, makes that of all accounts at once, and neither the API server nor those who read the Secrets are to choke on it.
	changesPerSecond = 50
	// changesAtOnce is how many may go ahead where there were none before.
	changesAtOnce = 50
	// patience is how long a place stays good after its turn: a reconcile comes late where there is much to do, and comes again where it failed.
	patience = 2 * time.Minute
	// maxPlaces bounds the memory. Whoever finds no place comes back when those who have one had their turn.
	maxPlaces = 200_000
)

// throttle spaces such changes: accounts wait in a queue, each at a place of its own, and so come back once each, when it is their turn. The zero
// value is ready; it is safe for concurrent use.
type throttle struct {
	mu sync.Mutex
	// next is the turn of who comes next.
	next time.Time
	// turns are the places by account, and queue those who have them, in the order of their turns.
	turns map[string]time.Time
	queue []string
}

// reserve returns 0 where a change of the account may go ahead now, and otherwise how long it is until its turn. It never blocks. An account that asks
// again has the place that it had, whatever has become of the object meanwhile, and takes no other one.
func (t *throttle) reserve(account string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := monotonic()
	t.prune(now)
	turn, waits := t.turns[account]
	if waits {
		return max(turn.Sub(now), 0)
	}
	if turn = now.Add(-changesAtOnce * time.Second / changesPerSecond); turn.Before(t.next) {
		turn = t.next
	}
	if len(t.turns) >= maxPlaces {
		return max(turn.Sub(now), time.Second)
	}
	t.next = turn.Add(time.Second / changesPerSecond)
	if t.turns == nil {
		t.turns = map[string]time.Time{}
	}
	t.turns[account], t.queue = turn, append(t.queue, account)
	return max(turn.Sub(now), 0)
}

// prune forgets who had a turn and does not come any more.
func (t *throttle) prune(now time.Time) {
	gone := 0
	for gone < len(t.queue) && t.turns[t.queue[gone]].Add(patience).Before(now) {
		delete(t.turns, t.queue[gone])
		gone++
	}
	if t.queue = t.queue[gone:]; len(t.queue) == 0 {
		t.queue, t.turns = nil, nil // a map never gets smaller
	}
}
