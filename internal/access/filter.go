// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access

import "slices"

// FilterMode says which data of a dimension a filter lets through.
type FilterMode string

// The modes.
const (
	FilterAll    FilterMode = "All"
	FilterOnly   FilterMode = "Only"   // that of Values, or in one of Groups
	FilterTagged FilterMode = "Tagged" // that with one of Tags
	FilterOwned  FilterMode = "Owned"  // that which the user owns
	FilterNone   FilterMode = "None"
)

// Filter narrows access to some data of one dimension. It is part of the admission stamp: the names of its fields are kept for ever.
type Filter struct {
	Dimension string     `json:"dimension"`
	Mode      FilterMode `json:"mode"`
	// ReadOnly leaves Read of what lets write.
	ReadOnly bool     `json:"readOnly,omitempty"`
	Values   []string `json:"values,omitempty"`
	Groups   []string `json:"groups,omitempty"`
	Tags     []string `json:"tags,omitempty"`
}

// Within tells whether the other filter lets through all that this one does. What is owned is compared as if both were of one user.
func (f Filter) Within(other Filter) bool {
	if f.Dimension != other.Dimension || other.ReadOnly && !f.ReadOnly && f.Mode != FilterNone {
		return false
	}
	switch {
	case f.Mode == FilterNone, other.Mode == FilterAll:
		return true
	case f.Mode != other.Mode:
		return false
	}
	return contains(other.Values, f.Values) && contains(other.Groups, f.Groups) && contains(other.Tags, f.Tags)
}

// contains tells whether all of some items are in a list.
func contains(list, items []string) bool {
	return !slices.ContainsFunc(items, func(item string) bool { return !slices.Contains(list, item) })
}

// Beyond returns those of the bounds that filters do not keep to: none of them, which narrow together, lies within the bound. A dimension without
// a bound is free.
func Beyond(filters, bounds []Filter) []Filter {
	var beyond []Filter
	for _, bound := range bounds {
		if !slices.ContainsFunc(filters, func(f Filter) bool { return f.Within(bound) }) {
			beyond = append(beyond, bound)
		}
	}
	return beyond
}
