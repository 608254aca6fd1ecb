// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// maxSummarised bounds the users whose access is worked out for a summary.
const maxSummarised = 10

// UserChanges tells what a change gives to a user and takes away: by what bindings and sets say now, windows aside, as if nothing were withheld.
func (g Gatherer) UserChanges(ctx context.Context, old, obj *v1alpha1.BackOfficeUser) ([]policy.Violation, error) {
	var change policy.AccessChange
	for _, side := range []struct {
		user    *v1alpha1.BackOfficeUser
		holding *policy.Holding
	}{{old, &change.Before}, {obj, &change.After}} {
		if side.user == nil || !side.user.DeletionTimestamp.IsZero() {
			continue
		}
		change.Who = nameOf(side.user)
		bindings, err := g.BindingsOf(ctx, side.user)
		if err != nil {
			return nil, err
		}
		if *side.holding, err = g.holdingOf(ctx, side.user, bindings); err != nil {
			return nil, err
		}
	}
	return policy.AccessChanges([]policy.AccessChange{change}, 0), nil
}

// BindingChanges tells what a change of a binding gives to its users and takes away, of ten of them.
func (g Gatherer) BindingChanges(ctx context.Context, old, obj *v1alpha1.RoleBinding) ([]policy.Violation, error) {
	r := reachOf(old, obj)
	users, err := g.find(ctx, r, searchAll(r))
	if err != nil {
		return nil, err
	}
	var changes []policy.AccessChange
	for _, u := range users[:min(len(users), maxSummarised)] {
		bindings, err := g.BindingsOf(ctx, u)
		if err != nil {
			return nil, err
		}
		bindings = slices.DeleteFunc(bindings, func(b *v1alpha1.RoleBinding) bool { return sameObject(b, old) || sameObject(b, obj) })
		change := policy.AccessChange{Who: nameOf(u)}
		if change.Before, err = g.holdingOf(ctx, u, withBinding(bindings, old, u)); err != nil {
			return nil, err
		}
		if change.After, err = g.holdingOf(ctx, u, withBinding(bindings, obj, u)); err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return policy.AccessChanges(changes, max(0, len(users)-maxSummarised)), nil
}

// SetChanges tells what a change of a set gives to those who hold it and takes away.
func (g Gatherer) SetChanges(ctx context.Context, old, obj *v1alpha1.PermissionSet) ([]policy.Violation, error) {
	change := policy.AccessChange{}
	for _, side := range []struct {
		set     *v1alpha1.PermissionSet
		holding *policy.Holding
	}{{old, &change.Before}, {obj, &change.After}} {
		if side.set == nil || !side.set.DeletionTimestamp.IsZero() {
			continue
		}
		bindings, err := g.bindingsOfFamily(ctx, side.set)
		if err != nil {
			return nil, err
		}
		count := 0
		for _, list := range bindings {
			count += len(list)
		}
		change.Who = fmt.Sprintf("the users of %d bindings of set %s", count, nameOf(side.set))
		if count == 0 {
			change.Who = "whoever gets set " + nameOf(side.set)
		}
		_, sets, err := g.Ancestry(ctx, side.set)
		if err != nil {
			return nil, err
		}
		grants := []access.Grant{{Set: nameOf(side.set)}}
		side.holding.Content, _ = policy.WorldOf(sets).Effective(grants, time.Time{})
	}
	return policy.AccessChanges([]policy.AccessChange{change}, 0), nil
}

// holdingOf is what a user has by these bindings, as far as their sets exist.
func (g Gatherer) holdingOf(ctx context.Context, u *v1alpha1.BackOfficeUser, bindings []*v1alpha1.RoleBinding) (policy.Holding, error) {
	if u.EffectiveState() != v1alpha1.StateActive || u.Held() {
		return policy.Holding{}, nil
	}
	world, err := g.worldOf(ctx, bindings)
	if err != nil {
		return policy.Holding{}, err
	}
	handed := slices.DeleteFunc(slices.Clone(bindings), func(b *v1alpha1.RoleBinding) bool {
		_, known := world[policy.GrantOf(b).Set]
		return !known
	})
	h := policy.Holding{
		Account: "an account of type " + string(u.EffectiveAccountType()),
		Content: holding{handed, u.EffectiveAccountType()}.in(world),
		Data:    policy.DataOf(policy.FiltersOf(u.Spec.Filters)),
	}
	for _, b := range handed {
		for _, text := range policy.DataOf(policy.FiltersOf(b.Spec.Filters)) {
			h.Data = append(h.Data, text+" through binding "+b.Name)
		}
	}
	return h, nil
}

// withBinding adds a binding where it names or selects the user.
func withBinding(bindings []*v1alpha1.RoleBinding, b *v1alpha1.RoleBinding, u *v1alpha1.BackOfficeUser) []*v1alpha1.RoleBinding {
	if b == nil || !b.DeletionTimestamp.IsZero() || !reachOf(b).includes(u) {
		return bindings
	}
	return append(slices.Clone(bindings), b)
}

func sameObject(b, other *v1alpha1.RoleBinding) bool {
	return other != nil && client.ObjectKeyFromObject(b) == client.ObjectKeyFromObject(other)
}

func nameOf(o client.Object) string { return client.ObjectKeyFromObject(o).String() }
