// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

func TestAChangeThatComesAloneGoesAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waiting := NewWithT(t), &throttle{}
		for i := range 10 {
			g.Expect(waiting.reserve(fmt.Sprint(i))).To(BeZero())
			time.Sleep(time.Second)
		}
	})
}

// Every account is a reconcile that comes back when it was told to.
func TestTenThousandAccountsComeBackOnceEachAndNoMoreThanFiftyInASecond(t *testing.T) {
	const accounts = 10_000
	synctest.Test(t, func(t *testing.T) {
		g, waiting := NewWithT(t), &throttle{}
		start := time.Now()
		var mu sync.Mutex
		asked, inSecond := map[string]int{}, map[int]int{}
		var all sync.WaitGroup
		for i := range accounts {
			all.Go(func() {
				account := fmt.Sprint(i)
				for {
					wait := waiting.reserve(account)
					mu.Lock()
					asked[account]++
					if wait == 0 {
						inSecond[int(time.Since(start)/time.Second)]++
					}
					mu.Unlock()
					if wait == 0 {
						return
					}
					time.Sleep(wait)
				}
			})
		}
		all.Wait()
		took := time.Since(start)
		g.Expect(took).To(BeNumerically("~", accounts/changesPerSecond*time.Second, 2*time.Second))
		g.Expect(asked).To(HaveLen(accounts))
		g.Expect(asked).To(HaveEach(BeNumerically("<=", 2)), "one is told to wait, and comes back at its turn")
		g.Expect(inSecond[0]).To(BeNumerically("<=", changesAtOnce+changesPerSecond))
		delete(inSecond, 0)
		g.Expect(inSecond).To(HaveEach(BeNumerically("<=", changesPerSecond+1)))
	})
}

func TestAnAccountThatAsksAgainKeepsItsPlaceAndTakesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waiting := NewWithT(t), &throttle{}
		for i := range changesAtOnce + changesPerSecond {
			waiting.reserve(fmt.Sprint(i))
		}
		wait := waiting.reserve("ann")
		g.Expect(wait).To(Equal(time.Second))
		for range 1000 {
			g.Expect(waiting.reserve("ann")).To(Equal(wait), "events wake it meanwhile")
		}
		g.Expect(waiting.reserve("bob")).To(Equal(wait + time.Second/changesPerSecond))
		time.Sleep(wait)
		g.Expect(waiting.reserve("ann")).To(BeZero())
		time.Sleep(patience)
		g.Expect(waiting.reserve("ann")).To(BeZero(), "it comes late, or again after it failed")
	})
}

func TestAnAccountThatHadItsTurnLongAgoQueuesAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waiting := NewWithT(t), &throttle{}
		g.Expect(waiting.reserve("ann")).To(BeZero())
		time.Sleep(patience)
		for i := range changesAtOnce + changesPerSecond {
			waiting.reserve(fmt.Sprint(i))
		}
		time.Sleep(time.Millisecond)
		g.Expect(waiting.reserve("ann")).To(BeNumerically(">", 900*time.Millisecond))
	})
}

func TestWhoDoesNotComeBackIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waiting := NewWithT(t), &throttle{}
		const accounts = 5000
		for i := range accounts {
			waiting.reserve(fmt.Sprint(i))
		}
		g.Expect(waiting.turns).To(HaveLen(accounts))
		time.Sleep(accounts/changesPerSecond*time.Second + patience + time.Second)
		g.Expect(waiting.reserve("ann")).To(BeZero(), "nobody is before it")
		g.Expect(waiting.turns).To(HaveLen(1))
		g.Expect(waiting.queue).To(HaveLen(1))
	})
}

func TestItsMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waiting := NewWithT(t), &throttle{}
		for i := range maxPlaces {
			waiting.reserve(fmt.Sprint(i))
		}
		for i := range 1000 {
			g.Expect(waiting.reserve(fmt.Sprint("late", i))).To(BeNumerically("~", maxPlaces/changesPerSecond*time.Second, 2*time.Second))
		}
		g.Expect(waiting.turns).To(HaveLen(maxPlaces))
		g.Expect(waiting.queue).To(HaveLen(maxPlaces))
	})
}
