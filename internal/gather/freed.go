// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// given returns what bindings grant on top of their sets to the new user and not to the old one.
func (g Gatherer) given(ctx context.Context, old, obj *v1alpha1.BackOfficeUser) (access.Content, error) {
	if old != nil && labels.Equals(old.Labels, obj.Labels) {
		return nil, nil
	}
	after, err := g.BindingsOf(ctx, obj)
	if err != nil || !slices.ContainsFunc(after, func(b *v1alpha1.RoleBinding) bool { return len(b.Spec.Grants) > 0 }) {
		return nil, err
	}
	reached := map[string]bool{}
	if old != nil {
		before, err := g.BindingsOf(ctx, old)
		if err != nil {
			return nil, err
		}
		for _, b := range before {
			reached[b.Name] = true
		}
	}
	var given []access.Entry
	for _, b := range after {
		if !reached[b.Name] {
			given = append(given, policy.GrantOf(b).Gives...)
		}
	}
	return access.ContentOf(given...), nil
}

// freedByLabels returns what a user may have after its labels have changed, because a binding that denied it lets go.
func (g Gatherer) freedByLabels(ctx context.Context, old, obj *v1alpha1.BackOfficeUser) (access.Content, error) {
	if old == nil || obj == nil || labels.Equals(old.Labels, obj.Labels) {
		return nil, nil
	}
	before, err := g.BindingsOf(ctx, old)
	if err != nil {
		return nil, err
	}
	after, err := g.BindingsOf(ctx, obj)
	if err != nil {
		return nil, err
	}
	return g.freed(ctx, before, after)
}

// freed returns what one user may have by the bindings after and could not have by those before, of what was denied before. Windows do not
// count: what begins tomorrow is given today.
func (g Gatherer) freed(ctx context.Context, before, after []*v1alpha1.RoleBinding) (access.Content, error) {
	world, denied, err := g.worldOf(ctx, before)
	if err != nil || len(denied) == 0 {
		return nil, err
	}
	others, _, err := g.worldOf(ctx, after)
	if err != nil {
		return nil, err
	}
	maps.Copy(world, others)
	had, _ := world.Effective(grantsOf(before), time.Time{})
	has, _ := world.Effective(grantsOf(after), time.Time{})
	within := policy.ContentOf(denied)
	var freed []access.Entry
	for _, e := range slices.Concat(had, has, within) {
		if level := has.At(e.Path); within.At(e.Path) > access.None && level > had.At(e.Path) {
			freed = append(freed, access.Entry{Path: e.Path, Level: level})
		}
	}
	return access.ContentOf(freed...), nil
}

// grantsOf are what bindings hand out, at any time.
func grantsOf(bindings []*v1alpha1.RoleBinding) []access.Grant {
	var grants []access.Grant
	for _, b := range bindings {
		g := policy.GrantOf(b)
		g.NotBefore, g.ExpiresAt = time.Time{}, time.Time{}
		grants = append(grants, g)
	}
	return grants
}

// worldOf are the sets that these bindings hand out, with what they inherit from, and all paths that sets and bindings deny.
func (g Gatherer) worldOf(ctx context.Context, bindings []*v1alpha1.RoleBinding) (access.World, []string, error) {
	world := access.World{}
	var denied []string
	for _, b := range bindings {
		denied = append(denied, b.Spec.Deny...)
		set, err := g.boundSet(ctx, b)
		if err != nil {
			return nil, nil, err
		}
		if set == nil {
			continue
		}
		_, sets, err := g.Ancestry(ctx, set)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(world, policy.WorldOf(sets))
		denied = append(denied, world.Inherited(client.ObjectKeyFromObject(set).String()).Deny...)
	}
	return world, denied, nil
}
