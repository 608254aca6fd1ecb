// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// rolesOf are rows of sets: what each gives by itself, with all that it inherits from.
func rolesOf(ctx context.Context, g gather.Gatherer, e *explain.Explainer, sets []*v1alpha1.PermissionSet) ([]Row, error) {
	world, why, err := e.Sets(ctx, sets)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(sets))
	for _, s := range sets {
		name := client.ObjectKeyFromObject(s).String()
		rank := s.EffectiveRank()
		row := Row{
			Namespace: s.Namespace, Name: s.Name, Key: s.EffectiveKey(), DisplayName: s.Spec.DisplayName, Family: s.EffectiveFamily(), Rank: &rank,
			InForce: len(why[name]) == 0, Withheld: why[name], labels: s.Labels, denied: world.Inherited(name).Deny,
		}
		row.given, _ = world.Effective([]access.Grant{{Set: name}}, time.Time{})
		types, err := g.HeldBy(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, t := range types {
			row.Types = append(row.Types, string(t))
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(*a.Rank, *b.Rank), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Namespace, b.Namespace))
	})
	return rows, nil
}
