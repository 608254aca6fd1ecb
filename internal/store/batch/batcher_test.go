// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/batch"
)

func TestAGroupThatFindsTheBatcherIdleIsWrittenAtOnce(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		before := time.Now()
		g.Expect(s.Submit(t.Context(), put("a"), put("b"))).To(Succeed())
		g.Expect(time.Since(before)).To(BeZero())
		g.Expect(s.fake.names()).To(Equal([][]string{{"+a+b"}}))
	})
}

func TestNothingToWriteIsNoTransaction(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		g.Expect(s.Submit(t.Context())).To(Succeed())
		g.Expect(s.fake.names()).To(BeEmpty())
	})
}

func TestWhatWaitsSharesOneTransaction(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		verdicts := s.submitAll(t, 3)
		pull()
		for _, v := range verdicts {
			g.Expect(<-v).To(Succeed())
		}
		g.Expect(s.fake.names()).To(Equal([][]string{{"+plug"}, {"+0", "+1", "+2"}}))
		g.Expect(s.Stats()).To(Equal(batch.Stats{Applies: 2, Groups: 4}))
	})
}

func TestATransactionHasAtMost256Groups(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		verdicts := s.submitAll(t, 600)
		pull()
		for _, v := range verdicts {
			g.Expect(<-v).To(Succeed())
		}
		var sizes []int
		var order []string
		for _, call := range s.fake.names()[1:] {
			sizes = append(sizes, len(call))
			order = append(order, call...)
		}
		g.Expect(sizes).To(Equal([]int{256, 256, 88}))
		for i, n := range order {
			g.Expect(n).To(Equal(fmt.Sprintf("+%d", i)))
		}
	})
}

func TestARevocationBehindAFullTransactionIsInTheNextOne(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		s.submitAll(t, 600)
		last := s.submit(t.Context(), remove("x"))
		pull()
		g.Expect(<-last).To(Succeed())
		g.Expect(s.fake.names()[1][:2]).To(Equal([]string{"-x", "+0"}))
		synctest.Wait()
	})
}

func TestVerdictsGoToTheirSubmitters(t *testing.T) {
	of := map[string]error{"+1": store.ErrTaken, "+3": store.ErrQuota, "+4": store.ErrStale}
	inScene(t, func(_ context.Context, groups []store.Group) ([]error, error) {
		var verdicts []error
		for _, g := range groups {
			verdicts = append(verdicts, of[name(g)])
		}
		return verdicts, nil
	}, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		verdicts := s.submitAll(t, 6)
		pull()
		for i, v := range verdicts {
			want := of[fmt.Sprintf("+%d", i)]
			if want == nil {
				g.Expect(<-v).To(Succeed())
			} else {
				g.Expect(<-v).To(MatchError(want))
			}
		}
	})
}

func TestASubmitterWhoseContextEndsStopsWaitingAndItsChangeIsStillWritten(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		why := errors.New("the reconcile took too long")
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := s.submit(ctx, put("gone"))
		stays := s.submit(t.Context(), put("stays"))
		cancel(why)
		g.Expect(<-gone).To(MatchError(why))
		pull()
		g.Expect(<-stays).To(Succeed())
		g.Expect(s.fake.names()[1]).To(Equal([]string{"+gone", "+stays"}))
	})
}

func TestAnEndedContextSubmitsNothing(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		g.Expect(s.Submit(ctx, put("a"))).To(MatchError(context.Canceled))
		g.Expect(s.fake.names()).To(BeEmpty())
	})
}

func TestTheSlicesOfACallerWhoGaveUpAreItsOwn(t *testing.T) {
	inScene(t, nil, func(t *testing.T, s *scene) {
		g := NewWithT(t)
		pull := s.plug(t)
		changes := []store.Change{put("a")}
		ctx, cancel := context.WithCancel(t.Context())
		gone := s.submit(ctx, changes...)
		cancel()
		g.Expect(<-gone).To(MatchError(context.Canceled))
		changes[0] = put("reused")
		pull()
		synctest.Wait()
		g.Expect(s.fake.names()[1]).To(Equal([]string{"+a"}))
	})
}

func TestApplyHasADeadlineOfItsOwn(t *testing.T) {
	type key struct{}
	for sentence, c := range map[string]struct {
		opts []batch.Option
		want time.Duration
	}{
		"15 seconds unless told otherwise": {want: 15 * time.Second},
		"what the option says":             {opts: []batch.Option{batch.WithDeadline(time.Second)}, want: time.Second},
	} {
		t.Run(sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				var value any
				f := &fake{apply: func(ctx context.Context, _ []store.Group) ([]error, error) {
					value = ctx.Value(key{})
					<-ctx.Done()
					return nil, ctx.Err()
				}}
				b := batch.New(context.WithValue(t.Context(), key{}, "of New"), f, c.opts...)
				defer b.Close()
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				began := time.Now()
				g.Expect(b.Submit(ctx, put("impatient"))).To(MatchError(context.DeadlineExceeded))
				g.Expect(time.Since(began)).To(Equal(100 * time.Millisecond))

				b.Close() // waits for the transaction that the submitter left
				g.Expect(time.Since(began)).To(Equal(c.want))
				g.Expect(value).To(Equal("of New"))
			})
		})
	}
}
