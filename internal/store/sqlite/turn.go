// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"path/filepath"
	"sync"
	"time"
)

// turn is the right to write to a file, which the writers of this process take one after the other, in the order in which they came.
// SQLite's own lock is not fair: who waits for it looks now and then, and may never find it free while another one writes all the time.
// So that other processes find it, it is left free for a while now and then.
type turn struct {
	free chan struct{}
	// since is when the lock was last left free for long enough, and last when it was used last. Who has the turn has them.
	since, last time.Time
}

const (
	// stretch is how long the lock may be in use all the time.
	stretch = time.Second
	// pause is how long it then is left free: those who wait look every tenth of a second, or more often.
	pause = 120 * time.Millisecond
)

// turns are those of the files that this process has opened, by path.
var turns sync.Map

// turnOf returns the turn of a file that exists.
func turnOf(path string) *turn {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	t, _ := turns.LoadOrStore(path, &turn{free: make(chan struct{}, 1)})
	return t.(*turn)
}

// take runs f when its turn has come, unless ctx ends before.
func (t *turn) take(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.free <- struct{}{}:
		defer func() { <-t.free }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := t.giveWay(ctx); err != nil {
		return err
	}
	defer func() { t.last = present() }()
	return f()
}

// giveWay leaves the lock free where it was in use for long.
func (t *turn) giveWay(ctx context.Context) error {
	now := present()
	switch {
	case now.Sub(t.last) >= pause:
		t.since = now
	case now.Sub(t.since) >= stretch:
		select {
		case <-time.After(pause):
			t.since = present()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// present is the moment by which stretches and pauses are measured.
func present() time.Time {
	return time.Now() //nolint:forbidigo // It is about how long something takes, which no clock that jumps may disturb.
}
