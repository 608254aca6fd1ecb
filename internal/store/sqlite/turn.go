// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"path/filepath"
	"sync"
)

// turn is the right to write to a file, which the writers of this process take one after the other, in the order in which they came.
// SQLite's own lock is not fair: who waits for it looks now and then, and may never find it free while another one writes all the time.
type turn chan struct{}

// turns are those of the files that this process has opened, by path.
var turns sync.Map

// turnOf returns the turn of a file that exists.
func turnOf(path string) turn {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	t, _ := turns.LoadOrStore(path, make(turn, 1))
	return t.(turn)
}

// take runs f when its turn has come, unless ctx ends before.
func (t turn) take(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t <- struct{}{}:
		defer func() { <-t }()
		return f()
	case <-ctx.Done():
		return ctx.Err()
	}
}
