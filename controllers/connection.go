// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/batch"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// health is what is known of a connection.
type health int32

const (
	// up: the store answered last.
	up health = iota
	// down: the store did not answer; its BackOffice alone probes it.
	down
	// displaced: another manager has taken over. Its BackOffice finds out whether this one leads still; until then nothing is said of any object, for
	// that may be for the other one to say, who would not hear of it.
	displaced
	// fencedOff: so it is, although this one leads, and nothing is written before somebody asks for it.
	fencedOff
)

// connection is the open store of one BackOffice.
type connection struct {
	store store.Store
	batch *batch.Batcher
	known *known.Index

	// openedWith identifies the options that the store was opened with.
	openedWith string
	// requested is the reconcile-requested-at annotation under which the store was opened: a new one reopens a fenced store.
	requested string
	health    atomic.Int32
	credence  credence
	brake     brake
	clock     databaseClock
	throttle  throttle
	drifts    drifts
	// invitations are those that the store may have an answer to.
	invitations invitations
	// lost asks the BackOffice's controller to look after the connection.
	lost func()

	// The rest belongs to the BackOffice's reconcile.
	probes int
	// opened says that the store has answered since the last reconcile, which opened it.
	opened bool
	woken  wakening
	ghosts ghosts
	// refreshed, heard and counted are when the whole store was read last, when answers to invitations were looked for, and when those were counted
	// who wait for a new password.
	refreshed, heard, counted time.Time
}

// wakening is what the objects of a BackOffice were woken for last.
type wakening struct {
	generation int64
	admitted   bool
	suspended  bool
}

// submit writes a group of changes and remembers what the store confirmed. The error is the store's.
func (c *connection) submit(ctx context.Context, changes ...store.Change) error {
	written := metrics.Writing(changes)
	err := c.batch.Submit(ctx, changes...)
	switch {
	case err == nil:
		written()
		c.applied(changes)
	case errors.Is(err, store.ErrUnavailable):
		c.mark(down)
	case errors.Is(err, store.ErrFenced):
		c.mark(displaced)
	case errors.Is(err, store.ErrRejected): // the outcome does not tell what the database said
		log.FromContext(ctx).Error(err, "The store refuses a change")
	}
	return err
}

// applied remembers changes that the store has confirmed.
func (c *connection) applied(changes []store.Change) {
	c.known.Applied(changes)
	c.drifts.written(changes)
	for _, change := range changes {
		if invited, ok := change.(store.InviteUser); ok {
			c.invitations.note(invited.UserUID, c.known.Credential(invited.UserUID).InvitationExpiresAt)
		}
	}
}

// observe reads one record as it is now; absent ones are dropped from what is known, and found is false.
func (c *connection) observe(ctx context.Context, key store.Key) (o store.Observed, found bool, err error) {
	for o, err = range c.store.Observe(ctx, key) {
		if err != nil {
			return store.Observed{}, false, c.unread(err)
		}
		c.learn(o)
		return o, true, nil
	}
	c.known.Forget(key)
	return store.Observed{}, false, nil
}

// learn remembers what was read from the store.
func (c *connection) learn(o store.Observed) {
	c.known.Observed(o)
	if u, ok := o.Record.(store.User); ok {
		c.invitations.note(u.UID, o.Credential.InvitationExpiresAt)
	}
}

// unread returns the error of a read, after which the connection is what it says.
func (c *connection) unread(err error) error {
	if errors.Is(err, store.ErrUnavailable) {
		c.mark(down)
	}
	return err
}

// ping asks the store whether it is there and still ours, and what time it is.
func (c *connection) ping(ctx context.Context) error {
	now, err := c.store.Ping(ctx)
	if err == nil {
		c.clock.set(now)
	}
	return err
}

func (c *connection) is(h health) bool { return health(c.health.Load()) == h }

// mark records that the connection is worse than up, and calls for the BackOffice when that is news.
func (c *connection) mark(h health) {
	if health(c.health.Swap(int32(h))) != h {
		c.lost()
	}
}

// set records what the BackOffice's reconcile has found itself.
func (c *connection) set(h health) { c.health.Store(int32(h)) }

// available is nil when changes can be written.
func (c *connection) available() error {
	switch health(c.health.Load()) {
	case down:
		return outcome(store.ErrUnavailable)
	case displaced:
		return outcome(store.ErrFenced)
	case fencedOff:
		return flow.Wait{
			Reason:  v1alpha1.ReasonFencedOff,
			Message: "another manager has taken over the store; see the conditions of the BackOffice",
		}
	case up:
	}
	return nil
}

// close ends the connection; changes that wait fail with ErrUnavailable and are repeated on the next one.
func (c *connection) close() error {
	c.batch.Close()
	return c.store.Close()
}

// outcome translates the error of a store into the outcome of a step. Errors whose meaning depends on the kind of object are translated
// by the kind, before.
func outcome(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUnavailable):
		return flow.Wait{
			Reason:  v1alpha1.ReasonStoreUnavailable,
			Message: "the store does not answer; the change waits and is written when it does. See the conditions of the BackOffice",
		}
	case errors.Is(err, store.ErrFenced): // its BackOffice decides what that means
		return flow.Later{After: retryAfter}
	case errors.Is(err, store.ErrRejected):
		return flow.Stall{
			Reason:  v1alpha1.ReasonStoreRejected,
			Message: "the database refuses the record; the operator's log names the rule. Change the object",
		}
	case errors.Is(err, store.ErrReplayed):
		return copied()
	case errors.Is(err, store.ErrStale):
		return flow.Stall{
			Reason: v1alpha1.ReasonStaleObject,
			Message: "the store holds a newer generation of this very object: it was restored from a backup. " +
				"Apply the manifest until its generation has caught up, or delete and create the object",
		}
	}
	return err
}

// Connections are the open stores, one for each BackOffice.
type Connections struct {
	mu   sync.RWMutex
	open map[types.NamespacedName]*connection
}

// NewConnections returns no connection.
func NewConnections() *Connections {
	return &Connections{open: map[types.NamespacedName]*connection{}}
}

// Close ends all connections.
func (c *Connections) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for office, conn := range c.open {
		errs = append(errs, conn.close())
		delete(c.open, office)
	}
	return errors.Join(errs...)
}

// get returns the connection of a BackOffice, nil while there is none.
func (c *Connections) get(office types.NamespacedName) *connection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.open[office]
}

// Writable implements metrics.Connections.
func (c *Connections) Writable(office types.NamespacedName) bool {
	conn := c.get(office)
	return conn != nil && conn.is(up)
}

// WithdrawalHeld implements metrics.Connections.
func (c *Connections) WithdrawalHeld(office types.NamespacedName) int {
	if conn := c.get(office); conn != nil {
		return int(conn.brake.users.Load())
	}
	return 0
}

// replace puts a connection, nil for none, in the place of another, which it closes.
func (c *Connections) replace(office types.NamespacedName, with *connection) error {
	c.mu.Lock()
	old := c.open[office]
	if with == nil {
		delete(c.open, office)
	} else {
		c.open[office] = with
	}
	c.mu.Unlock()
	if old == nil {
		return nil
	}
	return old.close()
}
