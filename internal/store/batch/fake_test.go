// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/batch"
)

// fake is a store whose Apply does what a test says.
type fake struct {
	apply func(ctx context.Context, groups []store.Group) ([]error, error)

	mu    sync.Mutex
	calls [][]store.Group
}

func (f *fake) Apply(ctx context.Context, groups []store.Group) ([]error, error) {
	f.mu.Lock()
	f.calls = append(f.calls, groups)
	f.mu.Unlock()
	if f.apply == nil {
		return make([]error, len(groups)), nil
	}
	return f.apply(ctx, groups)
}

func (f *fake) Observe(context.Context, ...store.Key) iter.Seq2[store.Observed, error] {
	panic("a batcher does not observe")
}

func (f *fake) Ping(context.Context) (time.Time, error) { panic("a batcher does not ping") }

func (f *fake) Close() error { panic("a batcher does not own its store") }

// names are the groups of each call, in order.
func (f *fake) names() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all [][]string
	for _, groups := range f.calls {
		all = append(all, namesOf(groups))
	}
	return all
}

func namesOf(groups []store.Group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, name(g))
	}
	return names
}

// name is like "+a-b": puts of a, removal of b.
func name(g store.Group) string {
	var s string
	for _, c := range g {
		switch c := c.(type) {
		case store.Put:
			s += "+"
			if c.Record.Key().Kind == store.KindUser {
				s += "user:"
			}
			s += c.Record.Key().UID
		case store.Remove:
			s += "-" + c.Key.UID
		case store.RemoveUser:
			s += "-user:" + c.UID
		case store.IssueCredential:
			s += "issue:" + c.UserUID
		case store.FinishCredential:
			s += "finish:" + c.UserUID
		case store.InviteUser:
			s += "invite:" + c.UserUID
		case store.RevokeCredential:
			s += "revoke:" + c.UserUID
		case store.ResetCredentials:
			s += "reset"
		case store.Release:
			s += "release"
		}
	}
	return s
}

func put(uid string) store.Change {
	return store.Put{Record: store.RoleBinding{Meta: store.Meta{UID: uid}}}
}

func putUser(uid string) store.Change {
	return store.Put{Record: store.User{Meta: store.Meta{UID: uid}}}
}

func remove(uid string) store.Change {
	return store.Remove{Key: store.Key{Kind: store.KindRoleBinding, UID: uid}}
}

// scene is a batcher inside a bubble of synctest, which ends the test with a panic when a goroutine is left over.
type scene struct {
	*batch.Batcher
	fake  *fake
	plugs chan struct{}
}

// inScene runs a test with a batcher on a store. apply may be nil: all is written.
func inScene(t *testing.T, apply func(context.Context, []store.Group) ([]error, error), test func(*testing.T, *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{fake: &fake{}, plugs: make(chan struct{})}
		s.fake.apply = func(ctx context.Context, groups []store.Group) ([]error, error) {
			if name(groups[0]) == "+plug" {
				<-s.plugs
				return make([]error, len(groups)), nil
			}
			if apply == nil {
				return make([]error, len(groups)), nil
			}
			return apply(ctx, groups)
		}
		s.Batcher = batch.New(t.Context(), s.fake)
		defer s.Close()
		test(t, s)
	})
}

// plug keeps the store busy with one group until the returned function is called, so that what is submitted meanwhile waits.
func (s *scene) plug(t *testing.T) (pull func()) {
	t.Helper()
	done := s.submit(t.Context(), put("plug"))
	synctest.Wait()
	return func() {
		s.plugs <- struct{}{}
		NewWithT(t).Expect(<-done).To(Succeed())
	}
}

// submit submits one group and returns when it waits or has its verdict.
func (s *scene) submit(ctx context.Context, changes ...store.Change) <-chan error {
	verdict := make(chan error, 1)
	go func() { verdict <- s.Submit(ctx, changes...) }()
	synctest.Wait()
	return verdict
}

// submitAll submits n groups "+0", "+1" ... in this order.
func (s *scene) submitAll(t *testing.T, n int) []<-chan error {
	t.Helper()
	verdicts := make([]<-chan error, n)
	for i := range verdicts {
		verdicts[i] = s.submit(t.Context(), put(fmt.Sprint(i)))
	}
	return verdicts
}

func (*fake) SetReaders(context.Context, store.Readers) (map[string]store.ReaderProblem, error) {
	return nil, nil
}
