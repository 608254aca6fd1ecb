// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/batch"
)

// rejecting is a store that rejects every transaction for which bad is true.
func rejecting(bad func(names []string) bool) func(context.Context, []store.Group) ([]error, error) {
	return func(_ context.Context, groups []store.Group) ([]error, error) {
		if bad(namesOf(groups)) {
			return nil, fmt.Errorf("a value is too long: %w", store.ErrRejected)
		}
		return make([]error, len(groups)), nil
	}
}

func TestABadGroupNeverFailsItsNeighbours(t *testing.T) {
	among := func(bad ...string) func([]string) bool {
		return func(names []string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(bad, n) })
		}
	}
	for sentence, c := range map[string]struct {
		groups  int
		reject  func([]string) bool
		bad     []int
		applies int // at most, without the plug
	}{
		"alone it is rejected":                    {groups: 1, reject: among("+0"), bad: []int{0}, applies: 1},
		"the first of 256 costs 17 calls":         {groups: 256, reject: among("+0"), bad: []int{0}, applies: 17},
		"one in the middle of 256 costs 17 calls": {groups: 256, reject: among("+100"), bad: []int{100}, applies: 17},
		"the last of 255":                         {groups: 255, reject: among("+254"), bad: []int{254}, applies: 17},
		"several are found":                       {groups: 9, reject: among("+2", "+3", "+8"), bad: []int{2, 3, 8}, applies: 15},
		"all are bad":                             {groups: 4, reject: among("+0", "+1", "+2", "+3"), bad: []int{0, 1, 2, 3}, applies: 7},
		"bad only together":                       {groups: 4, reject: func(n []string) bool { return len(n) > 2 }, applies: 3},
	} {
		t.Run(sentence, func(t *testing.T) {
			inScene(t, rejecting(c.reject), func(t *testing.T, s *scene) {
				g := NewWithT(t)
				pull := s.plug(t)
				verdicts := s.submitAll(t, c.groups)
				pull()
				for i, v := range verdicts {
					if slices.Contains(c.bad, i) {
						g.Expect(<-v).To(MatchError(store.ErrRejected))
					} else {
						g.Expect(<-v).To(Succeed(), "group %d", i)
					}
				}
				calls := s.fake.names()[1:]
				g.Expect(len(calls)).To(BeNumerically("<=", c.applies))
				g.Expect(s.Stats()).To(Equal(batch.Stats{Applies: uint64(len(calls) + 1), Groups: uint64(c.groups + 1)}))
			})
		})
	}
}

func TestHalvesKeepTheOrder(t *testing.T) {
	inScene(t, rejecting(func(n []string) bool { return len(n) > 1 }), func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		verdicts := s.submitAll(t, 5)
		pull()
		for _, v := range verdicts {
			g.Expect(<-v).To(Succeed())
		}
		var written []string
		for _, call := range s.fake.names()[1:] {
			if len(call) == 1 {
				written = append(written, call...)
			}
		}
		g.Expect(written).To(Equal([]string{"+0", "+1", "+2", "+3", "+4"}))
	})
}

func TestOtherErrorsAreForAllAndNothingIsRepeated(t *testing.T) {
	for sentence, want := range map[string]error{
		"fenced":              store.ErrFenced,
		"unavailable":         fmt.Errorf("connecting: %w", store.ErrUnavailable),
		"the outcome unknown": errors.New("connection reset by peer"),
	} {
		t.Run(sentence, func(t *testing.T) {
			inScene(t, func(context.Context, []store.Group) ([]error, error) { return nil, want }, func(t *testing.T, s *scene) {
				g := NewWithT(t)
				pull := s.plug(t)
				verdicts := s.submitAll(t, 4)
				pull()
				for _, v := range verdicts {
					g.Expect(<-v).To(BeIdenticalTo(want))
				}
				g.Expect(s.fake.names()[1:]).To(HaveLen(1))
			})
		})
	}
}

func TestAnErrorAmongHalvesEndsTheBatch(t *testing.T) {
	lost := errors.New("connection reset by peer")
	inScene(t, func(_ context.Context, groups []store.Group) ([]error, error) {
		names := namesOf(groups)
		switch {
		case len(names) > 2:
			return nil, store.ErrRejected
		case names[0] == "+2":
			return nil, lost
		default:
			return make([]error, len(groups)), nil
		}
	}, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		verdicts := s.submitAll(t, 8)
		pull()
		for i, v := range verdicts {
			if i < 2 {
				g.Expect(<-v).To(Succeed(), "was written before")
			} else {
				g.Expect(<-v).To(MatchError(lost))
			}
		}
		g.Expect(s.fake.names()[1:]).To(HaveLen(4), "8 and 4 rejected, 2 written, 2 lost; the rest is not tried")
	})
}

func TestAPanicIsAnErrorAndTheBatcherGoesOn(t *testing.T) {
	for sentence, c := range map[string]struct {
		panics func()
		text   string
	}{
		"of the runtime, in full":                {panics: func() { _ = []int{}[len(t.Name())] }, text: "index out of range"},
		"of anything else, without its value":    {panics: func() { panic("$pbkdf2-sha256$") }, text: "a string"},
		"too few verdicts are an error likewise": {panics: func() {}, text: "0 verdicts for 2 groups"},
	} {
		t.Run(sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				var logged []string
				log := funcr.New(func(_, args string) { logged = append(logged, args) }, funcr.Options{})
				release := make(chan struct{})
				f := &fake{apply: func(_ context.Context, groups []store.Group) ([]error, error) {
					if len(groups) > 1 {
						c.panics()
						return nil, nil
					}
					<-release
					return make([]error, 1), nil
				}}
				s := &scene{Batcher: batch.New(logr.NewContext(t.Context(), log), f), fake: f}
				defer s.Close()
				first := s.submit(t.Context(), put("first"))
				verdicts := s.submitAll(t, 2)
				release <- struct{}{}
				g.Expect(<-first).To(Succeed())
				for _, v := range verdicts {
					g.Expect(<-v).To(MatchError(And(ContainSubstring(c.text), Not(ContainSubstring("pbkdf2")))))
				}
				after := s.submit(t.Context(), put("after"))
				release <- struct{}{}
				g.Expect(<-after).To(Succeed())
				g.Expect(strings.Contains(strings.Join(logged, ""), "failure_test.go")).To(Equal(sentence[:2] == "of"), "the stack is logged")
			})
		})
	}
}

func TestCloseFailsWhatWaitsAndLetsTheTransactionEnd(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		running := s.submit(t.Context(), put("plug"))
		queued := s.submitAll(t, 3)
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		synctest.Wait()
		g.Expect(closed).NotTo(BeClosed())
		g.Expect(s.Submit(t.Context(), put("late"))).To(MatchError(store.ErrUnavailable))

		s.plugs <- struct{}{}
		<-closed
		g.Expect(<-running).To(Succeed())
		for _, v := range queued {
			g.Expect(<-v).To(MatchError(store.ErrUnavailable))
		}
		g.Expect(s.fake.names()).To(Equal([][]string{{"+plug"}}))
		s.Close() // again
	})
}

func TestTheEndOfTheContextCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		s := &scene{fake: &fake{apply: func(ctx context.Context, groups []store.Group) ([]error, error) {
			<-release
			return make([]error, len(groups)), ctx.Err()
		}}}
		s.Batcher = batch.New(ctx, s.fake)
		running := s.submit(t.Context(), put("running"))
		queued := s.submit(t.Context(), put("queued"))
		cancel()
		synctest.Wait()
		release <- struct{}{}
		g.Expect(<-running).To(Succeed(), "its transaction is not cancelled")
		g.Expect(<-queued).To(MatchError(store.ErrUnavailable))
		g.Expect(s.Submit(t.Context(), put("late"))).To(MatchError(store.ErrUnavailable))
	}) // without Close the goroutine is gone too
}

func TestCloseEndsTheSearchForABadGroup(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		release := make(chan struct{})
		s.fake.apply = func(_ context.Context, groups []store.Group) ([]error, error) {
			<-release
			if len(groups) > 1 {
				return nil, store.ErrRejected
			}
			return make([]error, 1), nil
		}
		first := s.submit(t.Context(), put("first"))
		verdicts := s.submitAll(t, 4)
		release <- struct{}{}
		g.Expect(<-first).To(Succeed())
		synctest.Wait()
		go s.Close()
		synctest.Wait()
		release <- struct{}{}
		for _, v := range verdicts {
			g.Expect(<-v).To(MatchError(store.ErrUnavailable))
		}
		g.Expect(s.fake.names()).To(HaveLen(2))
	})
}
