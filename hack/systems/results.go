// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// An outcome is how a test ended. Of two outcomes of one test the greater is kept.
type outcome int

const (
	skipped outcome = iota + 1
	passed
	failed
)

// results hold one outcome for each test, so that a test of several runs counts once.
type results map[string]outcome

// add keeps tests of the same name apart, as the entries of a table may have it.
func (r results) add(name string, o outcome) {
	key := name
	for n := 2; r[key] != 0; n++ {
		key = fmt.Sprintf("%s #%d", name, n)
	}
	r[key] = o
}

func (r results) merge(other results) {
	for name, o := range other {
		r[name] = max(r[name], o)
	}
}

// String is the closing line of a test run.
func (r results) String() string {
	counts := map[outcome]int{}
	for _, o := range r {
		counts[o]++
	}
	return fmt.Sprintf("%d passed, %d failed, %d skipped", counts[passed], counts[failed], counts[skipped])
}
