// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access

import "slices"

// Power is what somebody may hand out by one delegation, judged alone: ranks that are not smaller, in its families, to accounts of its types,
// and as new content what it has itself. It is part of the admission stamp: the names of its fields are kept for ever.
type Power struct {
	Rank int32 `json:"rank"`
	// Families is empty for every family.
	Families []string `json:"families,omitempty"`
	// AccountTypes is empty for every type.
	AccountTypes []string `json:"types,omitempty"`
	// Permissions is empty where existing sets may be bound and nothing else.
	Permissions Content `json:"permissions,omitempty"`
	// Filters bound the data to which access may be given, one for each dimension that is bounded; empty for all data.
	Filters []Filter `json:"filters,omitempty"`
}

// Need is what something takes: the rank or a smaller one, in the family. An empty family means every family.
type Need struct {
	Family string
	Rank   int32
}

// Reaches tells whether the power is enough for the need.
func (p Power) Reaches(n Need) bool {
	return p.Rank <= n.Rank && (len(p.Families) == 0 || n.Family != "" && slices.Contains(p.Families, n.Family))
}

// Concerns tells whether the power is about accounts of the type.
func (p Power) Concerns(accountType string) bool {
	return len(p.AccountTypes) == 0 || slices.Contains(p.AccountTypes, accountType)
}

// Within tells whether the other power allows all that this one does.
func (p Power) Within(other Power) bool {
	return p.Rank >= other.Rank && subset(p.Families, other.Families) && subset(p.AccountTypes, other.AccountTypes) &&
		len(other.Permissions.Lacks(p.Permissions)) == 0 && len(Beyond(p.Filters, other.Filters)) == 0
}

// subset tells whether a is part of b, where empty means all.
func subset(a, b []string) bool {
	return len(b) == 0 || len(a) > 0 && !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
