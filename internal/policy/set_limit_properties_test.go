// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestTheSetsOfTheOldestBindingsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random{t}
		limit := rapid.IntRange(1, 3).Draw(t, "limit")
		var bindings []*v1alpha1.RoleBinding
		for i := range rapid.IntRange(0, 6).Draw(t, "bindings") {
			b := bornAt(rapid.Int64Range(1, 4).Draw(t, "born"), fmt.Sprint(i), one(r, []string{"a", "b", "c", "d"}, "set"))
			if r.maybe("window") {
				testkit.Until(midday.Add(time.Duration(rapid.Int64Range(-1, 1).Draw(t, "ends")) * time.Hour))(b)
			}
			bindings = append(bindings, b)
		}
		surplus := Surplus(bindings, limit, midday)
		kept := slices.DeleteFunc(slices.Clone(bindings), func(b *v1alpha1.RoleBinding) bool {
			return slices.Contains(surplus, b) || b.Spec.ExpiresAt != nil && !b.Spec.ExpiresAt.After(midday)
		})
		sets := map[string]bool{}
		for _, b := range kept {
			sets[b.Spec.PermissionSetRef.Name] = true
		}
		if len(sets) > limit || len(surplus) > 0 && len(sets) < limit {
			t.Fatalf("%d sets stay, and there may be %d", len(sets), limit)
		}
		for _, b := range surplus {
			if sets[b.Spec.PermissionSetRef.Name] {
				t.Fatalf("binding %s is one too many, and its set stays", b.Name)
			}
			youngest := slices.ContainsFunc(kept, func(k *v1alpha1.RoleBinding) bool {
				first := !slices.ContainsFunc(kept, func(other *v1alpha1.RoleBinding) bool {
					return other.Spec.PermissionSetRef == k.Spec.PermissionSetRef && older(other, k) < 0
				})
				return first && older(b, k) < 0
			})
			if youngest {
				t.Fatalf("binding %s is one too many, and is older than one whose set stays", b.Name)
			}
		}
		if len(kept) == 0 {
			return
		}
		gone := one(r, kept, "goes")
		left := slices.DeleteFunc(slices.Clone(bindings), func(b *v1alpha1.RoleBinding) bool { return b == gone })
		for _, b := range Surplus(left, limit, midday) {
			if !slices.Contains(surplus, b) && b.Spec.PermissionSetRef != gone.Spec.PermissionSetRef {
				t.Fatalf("binding %s is one too many because another one went", b.Name)
			}
		}
	})
}
