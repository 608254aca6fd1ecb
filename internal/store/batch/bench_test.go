// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/batch"
)

// BenchmarkSubmit is 64 workers, each waiting for one group after the other.
func BenchmarkSubmit(b *testing.B) {
	for _, latency := range []time.Duration{0, time.Millisecond} {
		for _, revoking := range []int{0, 10} {
			b.Run(fmt.Sprintf("latency=%v/revoking=%d%%", latency, revoking), func(b *testing.B) {
				benchmark(b, latency, revoking)
			})
		}
	}
}

func benchmark(b *testing.B, latency time.Duration, revoking int) {
	b.ReportAllocs()
	verdicts := make([]error, 256)
	slow := discard{apply: func(n int) []error {
		time.Sleep(latency) // of the store
		return verdicts[:n]
	}}
	batcher := batch.New(b.Context(), slow)
	defer batcher.Close()
	var changes [100]store.Change
	for i := range changes {
		changes[i] = put(strconv.Itoa(i))
		if i < revoking {
			changes[i] = remove(strconv.Itoa(i))
		}
	}
	const workers = 64
	work := make(chan int, workers)
	b.ResetTimer()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range work {
				if err := batcher.Submit(b.Context(), changes[i*37%100]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range b.N {
		work <- i
	}
	close(work)
	all.Wait()
	s := batcher.Stats()
	b.ReportMetric(float64(s.Groups)/b.Elapsed().Seconds(), "groups/s")
	b.ReportMetric(float64(s.Groups)/float64(s.Applies), "groups/transaction")
}

// discard is a store that keeps nothing, so that the benchmark measures the batcher.
type discard struct {
	*fake
	apply func(groups int) []error
}

func (d discard) Apply(_ context.Context, groups []store.Group) ([]error, error) {
	return d.apply(len(groups)), nil
}
