// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"
)

// databaseClock is the database's clock as it was heard last, carried on by this process's monotonic clock: neither a wall clock that jumps nor a
// machine that is set wrong moves it. It is behind by the way of the answer, and never ahead but by what clocks drift within a ping's interval.
// It is safe for concurrent use.
type databaseClock struct {
	mu    sync.RWMutex
	heard time.Time // with the monotonic clock
	was   time.Time
}

// set notes what the database's clock has just told.
func (c *databaseClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard, c.was = monotonic(), now
}

// now is the time by the database's clock, in UTC; this process's own while the database has not told.
func (c *databaseClock) now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.was.IsZero() {
		return monotonic().UTC()
	}
	return c.was.Add(monotonic().Sub(c.heard))
}

// monotonic is this process's own time. Two of them differ by what has passed, whatever becomes of the wall clock.
func monotonic() time.Time {
	return time.Now() //nolint:forbidigo // A clock that was handed in may be set; this one only goes on.
}
