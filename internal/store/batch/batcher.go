// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// maxGroups bounds a transaction. Four kinds of reconcilers with 64 workers each, every one waiting for one group, are
	// 4 x 64 = 256 groups: all that usually waits fits one transaction. A single bad group among 256 = 2^8 costs at most
	// 1 + 2 x 8 = 17 calls of Apply.
	maxGroups = 256

	// defaultDeadline bounds one call of Apply.
	defaultDeadline = 15 * time.Second
)

// errClosed is the answer to groups that were never written because the batcher ended.
var errClosed = fmt.Errorf("the batcher is closed: %w", store.ErrUnavailable)

// Batcher writes groups of changes to one store. Its methods are safe for concurrent use.
type Batcher struct {
	store    store.Store
	base     context.Context // never ends, has the values of New's
	deadline time.Duration
	forget   func() bool   // detaches the batcher from New's context
	ended    chan struct{} // closed when the goroutine is gone

	mu      sync.Mutex
	changed *sync.Cond // queue or closed
	queue   []*waiter
	closed  bool
	stats   Stats
}

// Stats count what a batcher did.
type Stats struct {
	// Applies are the calls of Store.Apply, those that cut a rejected transaction in halves included.
	Applies uint64
	// Groups are the groups that were taken from the queue to be written, each counted once.
	Groups uint64
}

// Option changes a batcher's defaults.
type Option func(*Batcher)

// WithDeadline bounds each call of Store.Apply, instead of by 15 seconds.
func WithDeadline(d time.Duration) Option {
	return func(b *Batcher) { b.deadline = d }
}

// New starts a batcher: one goroutine, until Close is called or ctx ends. A transaction that runs at that moment is not cancelled.
// Apply sees the values of ctx; a panic of the store is logged to the logger in ctx.
func New(ctx context.Context, s store.Store, opts ...Option) *Batcher {
	b := &Batcher{store: s, base: context.WithoutCancel(ctx), deadline: defaultDeadline, ended: make(chan struct{})}
	b.changed = sync.NewCond(&b.mu)
	for _, opt := range opts {
		opt(b)
	}
	b.forget = context.AfterFunc(ctx, b.shut)
	go b.run()
	return b
}

// Submit queues the changes as one [store.Group], waits until it is written and returns its verdict: nil, a verdict of the store,
// store.ErrRejected, store.ErrFenced, store.ErrUnavailable, or anything else, which means that the outcome is unknown: repeat.
//
// The groups of one object are written in the order in which they were submitted. A group that revokes goes before those of
// other objects.
//
// When ctx ends first, Submit returns its error and nothing is known: the group stays queued and may still be written.
func (b *Batcher) Submit(ctx context.Context, changes ...store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := newWaiter(slices.Clone(changes)) // the caller may reuse its slice when ctx ends
	if !b.enqueue(w) {
		return errClosed
	}
	select {
	case err := <-w.verdict:
		return err
	case <-ctx.Done():
		return fmt.Errorf("waiting for the store, the change may still be written: %w", context.Cause(ctx))
	}
}

// Close ends the batcher: what is queued fails with store.ErrUnavailable, as does what is submitted from now on. It waits for the
// transaction that runs, whose groups get their verdicts. It may be called more than once.
func (b *Batcher) Close() {
	b.forget()
	b.shut()
	<-b.ended
}

// Stats returns the counters.
func (b *Batcher) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stats
}

func (b *Batcher) enqueue(w *waiter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.queue = append(b.queue, w)
	b.changed.Signal()
	return true
}

func (b *Batcher) shut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.changed.Signal()
}

func (b *Batcher) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

func (b *Batcher) run() {
	defer close(b.ended)
	for batch := b.take(); batch != nil; batch = b.take() {
		b.write(batch)
	}
}

// take waits for groups and returns those of the next transaction; nil when the batcher is closed.
func (b *Batcher) take() []*waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) == 0 && !b.closed {
		b.changed.Wait()
	}
	if b.closed {
		tell(b.queue, errClosed)
		b.queue = nil
		return nil
	}
	batch := revokingFirst(b.queue)
	b.queue = nil
	if len(batch) > maxGroups {
		b.queue = slices.Clone(batch[maxGroups:])
		batch = batch[:maxGroups]
	}
	b.stats.Groups += uint64(len(batch))
	return batch
}
