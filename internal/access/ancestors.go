// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package access answers who gets what, from values alone.
package access

import "slices"

// Ancestry is what a set inherits from.
type Ancestry struct {
	// Distance of every set that is reached, itself at 0, each by the shortest way.
	Distance map[string]int
	// Missing are the sets that are extended and not known, sorted.
	Missing []string
	// Cycle are the sets of the shortest cycle that the set is part of, beginning with itself, each extending the next and the last
	// one the first. It is empty for a set that merely extends into a cycle: the sets of the cycle are the ones that are at fault.
	Cycle []string
}

// Ancestors walks the graph of sets, breadth first. extends returns the sets that a set extends, and whether it is known at all.
func Ancestors(id string, extends func(id string) (parents []string, known bool)) Ancestry {
	a := Ancestry{Distance: map[string]int{}}
	parents, known := extends(id)
	if !known {
		a.Missing = []string{id}
		return a
	}
	a.Distance[id] = 0
	child := map[string]string{} // the set from which another one was reached first
	type node struct {
		id      string
		parents []string
	}
	for queue := []node{{id, parents}}; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		for _, parent := range n.parents {
			if parent == id && a.Cycle == nil {
				a.Cycle = path(child, id, n.id)
			}
			if _, seen := a.Distance[parent]; seen || slices.Contains(a.Missing, parent) {
				continue
			}
			grandparents, known := extends(parent)
			if !known {
				a.Missing = append(a.Missing, parent)
				continue
			}
			a.Distance[parent], child[parent] = a.Distance[n.id]+1, n.id
			queue = append(queue, node{parent, grandparents})
		}
	}
	slices.Sort(a.Missing)
	return a
}

// path returns the sets on the way from one to another, both included.
func path(child map[string]string, from, to string) []string {
	way := []string{to}
	for to != from {
		to = child[to]
		way = append(way, to)
	}
	slices.Reverse(way)
	return way
}
