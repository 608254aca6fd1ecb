// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// invitations are the accounts whose user was invited to choose a password. It is the application that takes the answer, in a transaction of its own:
// no event tells of that, and so the store is asked while there may be one. The zero value is ready; it is safe for concurrent use.
type invitations struct {
	mu sync.Mutex
	// until is when the invitation of an account is over, by the database's clock.
	until map[string]time.Time
}

// note remembers until when the user of an account is invited; zero: not, or no longer.
func (i *invitations) note(userUID string, until time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if until.IsZero() {
		delete(i.until, userUID)
		return
	}
	if i.until == nil {
		i.until = map[string]time.Time{}
	}
	i.until[userUID] = until
}

// pending are the accounts that may have been answered.
func (i *invitations) pending() []store.Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	var keys []store.Key
	for uid := range i.until {
		keys = append(keys, store.Key{Kind: store.KindUser, UID: uid})
	}
	return keys
}

// over forgets what was over at this moment. The store has to have been read since: somebody may have answered at the last second.
func (i *invitations) over(at time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	maps.DeleteFunc(i.until, func(_ string, until time.Time) bool { return !until.After(at) })
}

// hearAnswers reads the accounts whose user was invited, with one question for all, and wakes those whose row has changed: a password was chosen.
// Where nobody is invited the store is asked nothing.
func (r *BackOfficeReconciler) hearAnswers(ctx context.Context, s *officeScope) error {
	keys := s.conn.invitations.pending()
	if now := r.Clock.Now(); len(keys) == 0 || now.Sub(s.conn.heard) < pingInterval/2 {
		return nil
	}
	asked := s.conn.clock.now()
	gone := make(map[string]bool, len(keys))
	for _, key := range keys {
		gone[key.UID] = true
	}
	var answered []store.Record
	for o, err := range s.conn.store.Observe(ctx, keys...) {
		if err != nil {
			return outcome(s.conn.unread(err))
		}
		delete(gone, o.Record.Key().UID)
		if !s.conn.known.Matches(o) {
			s.conn.learn(o)
			answered = append(answered, o.Record)
		}
	}
	for uid := range gone {
		s.conn.invitations.note(uid, time.Time{})
	}
	s.conn.invitations.over(asked)
	s.conn.heard = r.Clock.Now()
	if len(answered) > 0 {
		r.Wake(s.office, answered...)
	}
	return nil
}
