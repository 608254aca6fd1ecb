// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"cmp"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// filtersOf are filters as the store keeps them.
func filtersOf(filters []v1alpha1.Filter) []store.Filter {
	var out []store.Filter
	for _, f := range filters {
		out = append(out, store.Filter{
			Dimension: f.Dimension, Mode: string(f.Mode), Access: string(f.EffectiveAccess()),
			Values: sorted(f.Values), Groups: sorted(f.Groups), Tags: sorted(f.Tags), Default: f.Default,
		})
	}
	slices.SortFunc(out, func(a, b store.Filter) int { return cmp.Compare(a.Dimension, b.Dimension) })
	return out
}

// texts are a sorted copy, nil when there is nothing, of what is text by another name.
func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, text := range in {
		out[i] = string(text)
	}
	return sorted(out)
}
