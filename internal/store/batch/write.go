// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/go-logr/logr"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// write writes a batch and tells every waiter of it, exactly once.
//
// A rejected part is cut in halves, which take its place in their order. Any other error ends the batch, with that answer for
// all who have none yet: a store that is fenced or slow is not asked again for each half.
func (b *Batcher) write(batch []*waiter) {
	parts := [][]*waiter{batch} // what has no answer yet; the next part is the last
	for len(parts) > 0 {
		part := parts[len(parts)-1]
		verdicts, err := b.apply(part)
		if errors.Is(err, store.ErrRejected) && len(part) > 1 {
			half := len(part) / 2
			parts = append(parts[:len(parts)-1], part[half:], part[:half])
			if !b.isClosed() {
				continue
			}
			err = errClosed
		}
		switch {
		case err == nil:
			for i, w := range part {
				w.verdict <- verdicts[i]
			}
		case errors.Is(err, store.ErrRejected):
			tell(part, err)
		default:
			for _, p := range parts {
				tell(p, err)
			}
			return
		}
		parts = parts[:len(parts)-1]
	}
}

// apply calls Store.Apply once. A panic is an error of unknown outcome, so that no submitter waits for ever.
func (b *Batcher) apply(part []*waiter) (verdicts []error, err error) {
	groups := make([]store.Group, len(part))
	for i, w := range part {
		groups[i] = w.group
	}
	b.mu.Lock()
	b.stats.Applies++
	b.mu.Unlock()

	// No submitter's context, for one that gives up must not fail the others. Nor does the end of the batcher cancel: a
	// transaction that runs is worth its outcome.
	ctx, cancel := context.WithTimeout(b.base, b.deadline)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			verdicts, err = nil, fmt.Errorf("the store panicked: %s", describe(p))
			logr.FromContextOrDiscard(ctx).Error(err, "Applying changes", "stack", string(debug.Stack()))
		}
	}()
	verdicts, err = b.store.Apply(ctx, groups)
	if err == nil && len(verdicts) != len(groups) {
		return nil, fmt.Errorf("the store gave %d verdicts for %d groups", len(verdicts), len(groups))
	}
	return verdicts, err
}

// describe tells what was panicked with: in full only where the runtime wrote it, for any other value may hold a verifier.
func describe(p any) string {
	if e, ok := p.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("a %T", p)
}
