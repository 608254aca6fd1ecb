// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch

import (
	"slices"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// waiter is a submitted group.
type waiter struct {
	group   store.Group
	revokes bool
	touches []store.Key
	barrier bool       // touches every object
	verdict chan error // has room for the one answer: telling never waits for a submitter
}

func newWaiter(g store.Group) *waiter {
	w := &waiter{group: g, revokes: g.Revokes(), touches: make([]store.Key, 0, len(g)), verdict: make(chan error, 1)}
	for _, c := range g {
		switch c := c.(type) {
		case store.Put:
			w.touches = append(w.touches, c.Record.Key())
		case store.Remove:
			w.touches = append(w.touches, c.Key)
		case store.RemoveUser:
			w.touches = append(w.touches, store.Key{Kind: store.KindUser, UID: c.UID})
		case store.IssueCredential:
			w.touches = append(w.touches, store.Key{Kind: store.KindUser, UID: c.UserUID})
		case store.FinishCredential:
			w.touches = append(w.touches, store.Key{Kind: store.KindUser, UID: c.UserUID})
		case store.InviteUser:
			w.touches = append(w.touches, store.Key{Kind: store.KindUser, UID: c.UserUID})
		case store.RevokeCredential:
			w.touches = append(w.touches, store.Key{Kind: store.KindUser, UID: c.UserUID})
		case store.ResetCredentials: // what is issued before it, and after it, is issued after the moment that it names
		case store.Release:
			w.barrier = true
		default: // a kind that is not known here is never reordered
			w.barrier = true
		}
	}
	return w
}

func tell(waiters []*waiter, err error) {
	for _, w := range waiters {
		w.verdict <- err
	}
}

// revokingFirst puts the groups that revoke before the others, each part in the order of the queue.
//
// Groups of one object keep their order, for a grant that is written after the revocation that followed it would undo it. So
// what was submitted before a revoking group and shares an object with it goes first with it, and so on for what shares an
// object with that one. One pass from the end finds them all: a group can only be drawn forward by a later one.
func revokingFirst(queue []*waiter) []*waiter {
	if !slices.ContainsFunc(queue, func(w *waiter) bool { return w.revokes }) {
		return queue
	}
	var ahead area
	goes := make([]bool, len(queue))
	first := 0
	for i, w := range slices.Backward(queue) {
		if goes[i] = w.revokes || ahead.meets(w); goes[i] {
			ahead.add(w)
			first++
		}
	}
	ordered := make([]*waiter, len(queue))
	rest := first
	first = 0
	for i, w := range queue {
		if goes[i] {
			ordered[first] = w
			first++
		} else {
			ordered[rest] = w
			rest++
		}
	}
	return ordered
}

// area is a set of objects. The zero value is empty.
type area struct {
	keys       map[store.Key]struct{}
	everything bool
}

func (a *area) add(w *waiter) {
	if a.keys == nil {
		a.keys = make(map[store.Key]struct{}, len(w.touches))
	}
	for _, k := range w.touches {
		a.keys[k] = struct{}{}
	}
	a.everything = a.everything || w.barrier
}

func (a *area) meets(w *waiter) bool {
	if a.everything || w.barrier && a.keys != nil {
		return true
	}
	return slices.ContainsFunc(w.touches, func(k store.Key) bool {
		_, ok := a.keys[k]
		return ok
	})
}
