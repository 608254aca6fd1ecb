// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// tap is in the line to a store: it counts, and cuts the line when a spec says so.
type tap struct {
	mu                       sync.Mutex
	applies, groups, changes int
	// calls are the methods that were called, also those that failed here.
	calls []string
	// fail is what every call answers, without reaching the store; blind what Observe answers.
	fail, blind error
	// lost is what Apply answers after it has reached the store: the outcome is unknown.
	lost error
	// nth counts down to the call of Apply that meets cutNth or lostNth.
	nth             int
	cutNth, lostNth error
	// refuse is the verdict on a group, which is then left out; nil leaves that to the store.
	refuse func(store.Group) error
	// meanwhile happens once, before the next transaction reaches the store.
	meanwhile func()
}

// before lets something happen, once, before the next transaction reaches the store.
func (t *tap) before(meanwhile func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meanwhile = meanwhile
}

// happen lets happen what a spec asked for.
func (t *tap) happen() {
	t.mu.Lock()
	meanwhile := t.meanwhile
	t.meanwhile = nil
	t.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
}

// refuseWhere gives a verdict on the groups that write such a record; a nil one ends that.
func (t *tap) refuseWhere(verdict error, writes func(store.Record) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuse = func(g store.Group) error {
		for _, c := range g {
			if put, ok := c.(store.Put); ok && writes(put.Record) {
				return verdict
			}
		}
		return nil
	}
}

// cut makes every call fail; nil mends it.
func (t *tap) cut(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail = err
}

// blindfold makes every read fail; nil mends it.
func (t *tap) blindfold(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.blind = err
}

// loseAnswers makes Apply write and answer with an error; nil mends it.
func (t *tap) loseAnswers(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost = err
}

// cutAt makes the nth Apply from now on fail before it reaches the store.
func (t *tap) cutAt(n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nth, t.cutNth, t.lostNth = n, err, nil
}

// loseAnswerAt makes the nth Apply from now on write and answer with an error.
func (t *tap) loseAnswerAt(n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nth, t.cutNth, t.lostNth = n, nil, err
}

// taken returns the number of transactions, groups and changes since the last call.
func (t *tap) taken() (applies, groups, changes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	applies, groups, changes = t.applies, t.groups, t.changes
	t.applies, t.groups, t.changes = 0, 0, 0
	return applies, groups, changes
}

// called returns the methods that were called since the last call.
func (t *tap) called() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := t.calls
	t.calls = nil
	return calls
}

// call notes a call, and returns the error with which it fails.
func (t *tap) call(method string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, method)
	if t.fail == nil && method == "Observe" {
		return t.blind
	}
	return t.fail
}

// apply notes a transaction: before is the error with which it fails without being written, after the one with which it is answered.
func (t *tap) apply(groups []store.Group) (before, after error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	after = t.lost
	if t.nth--; t.nth == 0 {
		if t.cutNth != nil {
			return t.cutNth, nil
		}
		after = t.lostNth
	}
	t.applies++
	t.groups += len(groups)
	for _, g := range groups {
		t.changes += len(g)
	}
	return nil, after
}

// judge returns the verdicts that a spec asks for.
func (t *tap) judge(groups []store.Group) []error {
	t.mu.Lock()
	defer t.mu.Unlock()
	verdicts := make([]error, len(groups))
	for i, g := range groups {
		if t.refuse != nil {
			verdicts[i] = t.refuse(g)
		}
	}
	return verdicts
}

// tappedStore is a real store behind a tap.
type tappedStore struct {
	store.Store
	tap *tap
}

// Apply implements store.Store.
func (s *tappedStore) Apply(ctx context.Context, groups []store.Group) ([]error, error) {
	if err := s.tap.call("Apply"); err != nil {
		return nil, err
	}
	s.tap.happen()
	before, after := s.tap.apply(groups)
	if before != nil {
		return nil, before
	}
	var err error
	verdicts := s.tap.judge(groups)
	var rest []store.Group
	var at []int
	for i, g := range groups {
		if verdicts[i] == nil {
			rest, at = append(rest, g), append(at, i)
		}
	}
	if len(rest) > 0 {
		var found []error
		found, err = s.Store.Apply(ctx, rest)
		for i, verdict := range found {
			verdicts[at[i]] = verdict
		}
	}
	if after != nil {
		return nil, after
	}
	return verdicts, err
}

// Observe implements store.Store.
func (s *tappedStore) Observe(ctx context.Context, keys ...store.Key) iter.Seq2[store.Observed, error] {
	if err := s.tap.call("Observe"); err != nil {
		return func(yield func(store.Observed, error) bool) { yield(store.Observed{}, err) }
	}
	return s.Store.Observe(ctx, keys...)
}

// Ping implements store.Store.
func (s *tappedStore) Ping(ctx context.Context) (time.Time, error) {
	if err := s.tap.call("Ping"); err != nil {
		return time.Time{}, err
	}
	return s.Store.Ping(ctx)
}

// Close implements store.Store.
func (s *tappedStore) Close() error {
	_ = s.tap.call("Close")
	return s.Store.Close()
}

// requestCounter counts the operator's requests to the API server.
type requestCounter struct {
	mu     sync.Mutex
	writes []string
	reads  []string
}

// taken returns the writes and reads, as VERB path, since the last call. Watches and reviews are neither.
func (c *requestCounter) taken() (writes, reads []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	writes, reads = c.writes, c.reads
	c.writes, c.reads = nil, nil
	return writes, reads
}

func (c *requestCounter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		c.mu.Lock()
		if line := r.Method + " " + r.URL.Path; r.Method != http.MethodGet {
			c.writes = append(c.writes, line)
		} else if !strings.Contains(r.URL.RawQuery, "watch=") {
			c.reads = append(c.reads, line)
		}
		c.mu.Unlock()
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
