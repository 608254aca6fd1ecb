// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"cmp"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// PermissionSet returns the record of a set. distances are the UIDs of the sets that it inherits from with their distance, itself at 0.
func PermissionSet(s *v1alpha1.PermissionSet, distances map[string]int, force Force) store.PermissionSet {
	r := store.PermissionSet{
		Meta:         meta(s),
		SetKey:       s.EffectiveKey(),
		DisplayName:  s.Spec.DisplayName,
		Rank:         s.EffectiveRank(),
		RankFamily:   s.EffectiveFamily(),
		InForce:      bool(force),
		AccountTypes: texts(s.Spec.AccountTypes),
		Bypass:       sorted(s.Spec.BypassFilters),
		Entries:      entries(s.Spec.Permissions),
		Deny:         sorted(s.Spec.Deny),
	}
	for uid, distance := range distances {
		r.Ancestors = append(r.Ancestors, store.Ancestor{UID: uid, Distance: distance})
	}
	slices.SortFunc(r.Ancestors, func(a, b store.Ancestor) int { return cmp.Compare(a.UID, b.UID) })
	return r
}
