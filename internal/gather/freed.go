// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// given returns what bindings grant on top of their sets to the new user and not to the old one, or not on all data: those that come to it by its
// labels or account type, and all of them where its filters let more through.
func (g Gatherer) given(ctx context.Context, old, obj *v1alpha1.BackOfficeUser) (access.Content, error) {
	if !(policy.UserInput{Old: old, New: obj}).ComesAnew() {
		return nil, nil
	}
	after, err := g.BindingsOf(ctx, obj)
	if err != nil || !slices.ContainsFunc(after, func(b *v1alpha1.RoleBinding) bool { return len(b.Spec.Grants) > 0 }) {
		return nil, err
	}
	reached := map[string]bool{}
	if old != nil && !policy.Widens(old.Spec.Filters, obj.Spec.Filters) {
		before, err := g.BindingsOf(ctx, old)
		if err != nil {
			return nil, err
		}
		if reached, err = g.heldOf(ctx, before, old, obj); err != nil {
			return nil, err
		}
	}
	return contentOf(slices.DeleteFunc(after, func(b *v1alpha1.RoleBinding) bool { return reached[b.Name] })), nil
}

// heldOf are the names of those of a user's bindings that it has by its old account type, too, where it gets another one.
func (g Gatherer) heldOf(ctx context.Context, bindings []*v1alpha1.RoleBinding, old, obj *v1alpha1.BackOfficeUser) (map[string]bool, error) {
	held := map[string]bool{}
	for _, b := range bindings {
		held[b.Name] = true
		if old.EffectiveAccountType() == obj.EffectiveAccountType() {
			continue
		}
		world, err := g.worldOf(ctx, []*v1alpha1.RoleBinding{b})
		if err != nil {
			return nil, err
		}
		held[b.Name] = world.Permits(policy.GrantOf(b).Set, string(old.EffectiveAccountType()))
	}
	return held, nil
}

// contentOf is what bindings grant on top of their sets together, whatever they deny.
func contentOf(bindings []*v1alpha1.RoleBinding) access.Content {
	var grants []access.Grant
	for _, b := range bindings {
		grants = append(grants, access.Grant{Rights: access.Rights{Gives: policy.GrantOf(b).Gives}})
	}
	content, _ := access.World{}.Effective(grants, time.Time{})
	return content
}

// freedByChange returns what a user may have after its labels or account type have changed, because a binding that denied it lets go.
func (g Gatherer) freedByChange(ctx context.Context, old, obj *v1alpha1.BackOfficeUser) (access.Content, error) {
	if old == nil || obj == nil || labels.Equals(old.Labels, obj.Labels) && old.EffectiveAccountType() == obj.EffectiveAccountType() {
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
	return g.freed(ctx, holding{before, old.EffectiveAccountType()}, holding{after, obj.EffectiveAccountType()})
}

// holding are the bindings of a user of an account type.
type holding struct {
	bindings    []*v1alpha1.RoleBinding
	accountType v1alpha1.AccountType
}

// grants are what these bindings hand out to such an account, at any time.
func (h holding) grants(world access.World) []access.Grant {
	return world.For(string(h.accountType), grantsOf(h.bindings))
}

// in is what they give together.
func (h holding) in(world access.World) access.Content {
	content, _ := world.Effective(h.grants(world), time.Time{})
	return content
}

// denied are all paths that they and their sets deny.
func (h holding) denied(world access.World) []string {
	var denied []string
	for _, g := range h.grants(world) {
		denied = slices.Concat(denied, g.Deny, world.Inherited(g.Set).Deny)
	}
	return denied
}

// freed returns what one user may have by what it holds after and could not have by what it held before, of what was denied before. Windows do
// not count: what begins tomorrow is given today.
func (g Gatherer) freed(ctx context.Context, before, after holding) (access.Content, error) {
	world, err := g.worldOf(ctx, before.bindings)
	if err != nil {
		return nil, err
	}
	denied := before.denied(world)
	if len(denied) == 0 {
		return nil, nil
	}
	others, err := g.worldOf(ctx, after.bindings)
	if err != nil {
		return nil, err
	}
	maps.Copy(world, others)
	had, has := before.in(world), after.in(world)
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

// worldOf are the sets that these bindings hand out, with what they inherit from.
func (g Gatherer) worldOf(ctx context.Context, bindings []*v1alpha1.RoleBinding) (access.World, error) {
	world := access.World{}
	for _, b := range bindings {
		set, err := g.boundSet(ctx, b)
		if err != nil {
			return nil, err
		}
		if set == nil {
			continue
		}
		_, sets, err := g.Ancestry(ctx, set)
		if err != nil {
			return nil, err
		}
		maps.Copy(world, policy.WorldOf(sets))
	}
	return world, nil
}
