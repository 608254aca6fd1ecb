// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func TestAncestors(t *testing.T) {
	type graph map[string][]string
	for sentence, c := range map[string]struct {
		sets graph
		of   string
		want access.Ancestry
	}{
		"a set without extends is its own ancestor at distance 0": {
			graph{"a": nil},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0}},
		},
		"distance counts the steps": {
			graph{"a": {"b"}, "b": {"c"}, "c": nil},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1, "c": 2}},
		},
		"the shortest of several ways counts": {
			graph{"a": {"b", "d"}, "b": {"c"}, "c": {"d"}, "d": nil},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1, "c": 2, "d": 1}},
		},
		"a diamond is no cycle": {
			graph{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": nil},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1, "c": 1, "d": 2}},
		},
		"a set that is named twice counts once": {
			graph{"a": {"b", "b"}, "b": nil},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1}},
		},
		"missing sets are listed once, in order, and have no distance": {
			graph{"a": {"z", "b", "y"}, "b": {"z"}},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1}, Missing: []string{"y", "z"}},
		},
		"a set that is not known itself is missing": {
			graph{},
			"a",
			access.Ancestry{Distance: map[string]int{}, Missing: []string{"a"}},
		},
		"a set that extends itself is a cycle of one": {
			graph{"a": {"a"}},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0}, Cycle: []string{"a"}},
		},
		"a cycle begins with the set, and each extends the next": {
			graph{"a": {"b"}, "b": {"c"}, "c": {"a"}},
			"b",
			access.Ancestry{Distance: map[string]int{"a": 2, "b": 0, "c": 1}, Cycle: []string{"b", "c", "a"}},
		},
		"the shortest of several cycles is named": {
			graph{"a": {"b", "d"}, "b": {"c"}, "c": {"a"}, "d": {"a"}},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1, "c": 2, "d": 1}, Cycle: []string{"a", "d"}},
		},
		"a set that extends into a cycle is no part of it": {
			graph{"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": nil},
			"a",
			access.Ancestry{Distance: map[string]int{"a": 0, "b": 1, "c": 2, "d": 3}},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := access.Ancestors(c.of, func(id string) ([]string, bool) {
				parents, known := c.sets[id]
				return parents, known
			})
			NewWithT(t).Expect(got).To(Equal(c.want))
		})
	}
}

func TestAncestorsAsksForEachSetOnce(t *testing.T) {
	asked := map[string]int{}
	access.Ancestors("a", func(id string) ([]string, bool) {
		asked[id]++
		return []string{"a", "b", "c"}, true
	})
	NewWithT(t).Expect(asked).To(Equal(map[string]int{"a": 1, "b": 1, "c": 1}))
}
