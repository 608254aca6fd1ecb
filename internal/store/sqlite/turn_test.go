// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// used is a time in which the lock of a file is taken.
type used struct{ from, to time.Time }

// work takes turns for a while, each for so long and so long after the one before.
func work(t *testing.T, all, each, rest time.Duration) (times []used) {
	t.Helper()
	line := &turn{free: make(chan struct{}, 1)}
	for end := time.Now().Add(all); time.Now().Before(end); time.Sleep(rest) {
		from := time.Time{}
		NewWithT(t).Expect(line.take(t.Context(), func() error {
			from = time.Now()
			time.Sleep(each)
			return nil
		})).To(Succeed())
		times = append(times, used{from, time.Now()})
	}
	return times
}

// TestWhoWritesAllTheTimeGivesWay: other processes look for the lock every tenth of a second, and find it free.
func TestWhoWritesAllTheTimeGivesWay(t *testing.T) {
	const longest = 100 * time.Millisecond
	for sentence, rest := range map[string]time.Duration{
		"without rest": 0, "with rests that are too short to be found": 50 * time.Millisecond,
	} {
		t.Run(sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				times := work(t, time.Minute, 40*time.Millisecond, rest)
				taken, ways := times[0].from, 0
				for i, u := range times[1:] {
					if gap := u.from.Sub(times[i].to); gap > longest {
						taken, ways = u.from, ways+1
					}
					g.Expect(u.to.Sub(taken)).To(BeNumerically("<=", stretch+pause), "in use without a way for others")
				}
				g.Expect(ways).To(BeNumerically(">", 45))
				g.Expect(ways).To(BeNumerically("<=", 60), "and not more often than once a second")
			})
		})
	}
}

func TestWhoRestsLongEnoughNeedNotGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := work(t, time.Minute, 40*time.Millisecond, pause)
		for i, u := range times[1:] {
			NewWithT(t).Expect(u.from.Sub(times[i].to)).To(Equal(pause), "the rest alone")
		}
	})
}

func TestGivingWayEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		line := &turn{free: make(chan struct{}, 1)}
		busy := func(ctx context.Context, d time.Duration) error {
			return line.take(ctx, func() error {
				time.Sleep(d)
				return nil
			})
		}
		g.Expect(busy(t.Context(), 2*stretch)).To(Succeed())
		ctx, cancel := context.WithTimeout(t.Context(), pause/2)
		defer cancel()
		start := time.Now()
		g.Expect(busy(ctx, 0)).To(MatchError(context.DeadlineExceeded))
		g.Expect(time.Since(start)).To(Equal(pause / 2))
		g.Expect(busy(t.Context(), 0)).To(Succeed(), "the turn is free again")
		g.Expect(time.Since(start)).To(Equal(pause + pause/2))
	})
}
