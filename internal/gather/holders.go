// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Protection is what it takes to touch a user in a namespace of these terms. A binding that is being deleted protects until it is gone: so
// long the user has what it hands out.
func (g Gatherer) Protection(ctx context.Context, u *v1alpha1.BackOfficeUser, terms policy.Terms) (policy.Protection, error) {
	bounds, err := g.boundsOf(ctx, u)
	return policy.ProtectionOf(bounds, terms), err
}

// boundsOf returns all bindings of a user, with the sets that they hand out.
func (g Gatherer) boundsOf(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]policy.Bound, error) {
	bindings, err := g.allBindingsOf(ctx, u)
	if err != nil {
		return nil, err
	}
	bounds := make([]policy.Bound, 0, len(bindings))
	for _, b := range bindings {
		set, err := g.boundSet(ctx, b)
		if err != nil {
			return nil, err
		}
		if set != nil {
			bounds = append(bounds, policy.Bound{Binding: b, Set: set})
		}
	}
	return bounds, nil
}

// holders is what it takes to touch those holders of a set, or of one that inherits from it, whom the actor may not touch. An actor without any
// power is refused whoever they are.
func (a Admission) holders(ctx context.Context, in policy.SetInput) ([]policy.Holder, error) {
	if len(in.Actor.Powers) == 0 {
		return nil, nil
	}
	beyond, err := a.setsBeyond(ctx, officeOfSet(in.New), in.Actor.MayHandOutToAll)
	if err != nil || len(beyond) == 0 {
		return nil, err
	}
	bindings, err := a.bindingsOfFamily(ctx, in.New)
	if err != nil {
		return nil, err
	}
	protection := map[v1alpha1.AccountType]policy.Protection{}
	for _, namespace := range slices.Sorted(maps.Keys(bindings)) {
		bounds, err := a.boundsIn(ctx, namespace, beyond)
		if err != nil {
			return nil, err
		}
		if len(bounds) == 0 {
			continue
		}
		terms, err := a.terms(ctx, in.Office, namespace)
		if err != nil {
			return nil, err
		}
		r, roster := reachOf(bindings[namespace]...), rosterOf(bounds)
		users, err := a.find(ctx, r, searchOf(r, roster))
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			t := u.EffectiveAccountType()
			protection[t] = append(protection[t], policy.ProtectionOf(roster.of(u), terms)...)
		}
	}
	var holders []policy.Holder
	for _, t := range slices.Sorted(maps.Keys(protection)) {
		for _, need := range protection[t].Strongest() {
			holders = append(holders, policy.Holder{Need: need, AccountType: t})
		}
	}
	return holders, nil
}

// bindingsOfFamily returns, by namespace, the bindings of a set and of all that inherit from it.
func (g Gatherer) bindingsOfFamily(ctx context.Context, s *v1alpha1.PermissionSet) (map[string][]*v1alpha1.RoleBinding, error) {
	office := officeOfSet(s)
	found := map[string][]*v1alpha1.RoleBinding{}
	sets := []types.NamespacedName{client.ObjectKeyFromObject(s)}
	seen := map[types.NamespacedName]bool{sets[0]: true}
	for ; len(sets) > 0; sets = sets[1:] {
		var bindings v1alpha1.RoleBindingList
		if err := g.list(ctx, &bindings, client.MatchingFields{IndexPermissionSet: sets[0].String()}); err != nil {
			return nil, err
		}
		for i := range bindings.Items {
			if b := &bindings.Items[i]; officeOfBinding(b) == office && b.DeletionTimestamp.IsZero() {
				found[b.Namespace] = append(found[b.Namespace], b)
			}
		}
		var heirs v1alpha1.PermissionSetList
		if err := g.list(ctx, &heirs, client.MatchingFields{IndexExtends: sets[0].String()}); err != nil {
			return nil, err
		}
		for i := range heirs.Items {
			heir := client.ObjectKeyFromObject(&heirs.Items[i])
			if !seen[heir] && officeOfSet(&heirs.Items[i]) == office {
				seen[heir] = true
				sets = append(sets, heir)
			}
		}
	}
	return found, nil
}

// deniedBeside are the paths that the bindings of a set deny, beside what the set does.
func (g Gatherer) deniedBeside(ctx context.Context, s *v1alpha1.PermissionSet) ([]string, error) {
	var bindings v1alpha1.RoleBindingList
	if err := g.list(ctx, &bindings, client.MatchingFields{IndexPermissionSet: client.ObjectKeyFromObject(s).String()}); err != nil {
		return nil, err
	}
	var denied []string
	for i := range bindings.Items {
		if b := &bindings.Items[i]; officeOfBinding(b) == officeOfSet(s) {
			denied = append(denied, b.Spec.Deny...)
		}
	}
	slices.Sort(denied)
	return slices.Compact(denied), nil
}
