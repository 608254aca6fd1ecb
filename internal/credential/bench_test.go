// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// The structures of the benchmarks, by what is known of their passwords.
var structures = map[string]Structure{
	"140 bits": {Length: 24, MinUpper: 1, MinLower: 1, MinDigits: 1},
	"46 bits":  {Length: 8, MinUpper: 1, MinLower: 1, MinDigits: 1},
	"839 bits": {Length: 128, MinUpper: 1, MinLower: 1, MinDigits: 1, MinSymbols: 1, Alphabet: printable()},
}

// BenchmarkIssue makes a password and its verifier, as each issue does, by as many goroutines as reconciles run at once. It prints how many that are a
// second, what each costs in CPU time, and the most memory that the heap had.
func BenchmarkIssue(b *testing.B) {
	for _, algorithm := range []v1alpha1.HashAlgorithm{v1alpha1.HashAuto, v1alpha1.HashPBKDF2SHA256, v1alpha1.HashArgon2id} {
		for _, bits := range []string{"140 bits", "46 bits"} {
			b.Run(string(algorithm)+"/"+bits, func(b *testing.B) { benchmarkIssue(b, structures[bits], algorithm) })
		}
	}
}

func benchmarkIssue(b *testing.B, s Structure, algorithm v1alpha1.HashAlgorithm) {
	entropy := s.Entropy()
	runtime.GC()
	peak, stop := watchHeap()
	before, started := cpu(b), time.Now()
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p, err := Generate(s)
			if err == nil {
				_, err = Hash(p, entropy, algorithm)
			}
			if err != nil {
				b.Error(err)
			}
		}
	})
	spent, took := cpu(b)-before, time.Since(started)
	close(stop)
	b.ReportMetric(float64(b.N)/took.Seconds(), "issues/s")
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/issue")
	b.ReportMetric(float64(<-peak)/(1<<20), "MiB-heap")
}

// cpu is the time that this process has spent.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// watchHeap tells the greatest size of the heap once it is stopped.
func watchHeap() (peak <-chan uint64, stop chan<- struct{}) {
	told, stopped := make(chan uint64, 1), make(chan struct{})
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stopped:
				told <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return told, stopped
}

func BenchmarkVerify(b *testing.B) {
	p, err := Generate(standard())
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range []scheme{fast, stretched, slow} {
		v := verifier{scheme: s, salt: random(saltSize)}
		if v.key, err = s.derive(p.Reveal(), v.salt, keySize); err != nil {
			b.Fatal(err)
		}
		b.Run(s.prefix(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := Verify(v.String(), p); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkGenerate(b *testing.B) {
	for bits, s := range structures {
		b.Run(bits, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Generate(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEntropy(b *testing.B) {
	for bits, s := range structures {
		b.Run(bits, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Entropy()
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	p := Policy{Source: v1alpha1.CredentialGenerated, Account: "ann", Interval: 24 * time.Hour}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := State{Version: 3, HasVerifier: true, Source: v1alpha1.CredentialGenerated, IssuedAt: now, Recorded: Revision{UID: "a"}, Live: Revision{UID: "a"}}
	b.ReportAllocs()
	for b.Loop() {
		if Decide(now, p, s).Action != Keep {
			b.Fatal("it is as it was")
		}
	}
}
