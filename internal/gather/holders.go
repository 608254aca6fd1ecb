// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
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

// lineage are a set and all that inherit from it, and the bindings of each.
type lineage struct {
	set      *v1alpha1.PermissionSet
	bindings []*v1alpha1.RoleBinding
}

// lineages returns those of a set, itself first.
func (g Gatherer) lineages(ctx context.Context, s *v1alpha1.PermissionSet) ([]lineage, error) {
	office := officeOfSet(s)
	found := []lineage{{set: s}}
	seen := map[types.NamespacedName]bool{client.ObjectKeyFromObject(s): true}
	for i := 0; i < len(found); i++ {
		name := client.ObjectKeyFromObject(found[i].set).String()
		var bindings v1alpha1.RoleBindingList
		if err := g.list(ctx, &bindings, client.MatchingFields{IndexPermissionSet: name}); err != nil {
			return nil, err
		}
		for j := range bindings.Items {
			if b := &bindings.Items[j]; officeOfBinding(b) == office && b.DeletionTimestamp.IsZero() {
				found[i].bindings = append(found[i].bindings, b)
			}
		}
		var heirs v1alpha1.PermissionSetList
		if err := g.list(ctx, &heirs, client.MatchingFields{IndexExtends: name}); err != nil {
			return nil, err
		}
		for j := range heirs.Items {
			heir := client.ObjectKeyFromObject(&heirs.Items[j])
			if !seen[heir] && officeOfSet(&heirs.Items[j]) == office {
				seen[heir] = true
				found = append(found, lineage{set: &heirs.Items[j]})
			}
		}
	}
	return found, nil
}

// bindingsOfFamily returns, by namespace, the bindings of a set and of all that inherit from it.
func (g Gatherer) bindingsOfFamily(ctx context.Context, s *v1alpha1.PermissionSet) (map[string][]*v1alpha1.RoleBinding, error) {
	all, err := g.lineages(ctx, s)
	found := map[string][]*v1alpha1.RoleBinding{}
	for _, l := range all {
		for _, b := range l.bindings {
			found[b.Namespace] = append(found[b.Namespace], b)
		}
	}
	return found, err
}

// withBeside adds to the facts about a request for a set what others beside it give, deny, and narrow.
func (a Admission) withBeside(ctx context.Context, in policy.SetInput) (policy.SetInput, error) {
	var err error
	if in.New == nil {
		in.DeniedBeside, err = a.deniedBeside(ctx, in.Old)
		return in, err
	}
	s := besideOf(in)
	if in.Office == nil || !s.types && !s.bypasses && !in.Actor.Narrowed() {
		return in, nil
	}
	all, err := a.lineages(ctx, in.New)
	if err != nil {
		return in, err
	}
	for i, l := range all {
		if i > 0 && s.types {
			_, sets, err := a.Ancestry(ctx, l.set)
			if err != nil {
				return in, err
			}
			s.heir(policy.WorldOf(sets).Inherited(nameOf(l.set)))
		}
		for _, b := range l.bindings {
			if i > 0 {
				s.heir(policy.GrantOf(b).Rights)
			} else {
				s.own(policy.GrantOf(b).Rights)
			}
			in.Handed = append(in.Handed, policy.HandedBy(b, l.set))
		}
	}
	if !in.Actor.Narrowed() {
		in.Handed = nil
	}
	slices.Sort(s.denies)
	in.DeniedBeside = slices.Compact(s.denies)
	in.GivenBeside, _ = access.World{}.Effective(s.gives, time.Time{})
	return in, nil
}

// beside is what stands beside a set that changes.
type beside struct {
	// there tells whether the set was there before. Types tells whether other types of accounts may hold it than before, permits whether more
	// may; bypasses whether it bypasses more filters.
	there, types, permits, bypasses bool

	gives  []access.Grant
	denies []string
}

func besideOf(in policy.SetInput) *beside {
	s := &beside{there: in.Old != nil, permits: len(in.Permitted()) > 0, bypasses: in.Old != nil && len(in.Bypasses()) > 0}
	s.types = s.permits || len(in.Excluded()) > 0
	return s
}

// heir adds what a set that inherits from it gives and denies, or a binding of such a set.
func (s *beside) heir(rights access.Rights) {
	if s.types {
		s.denies = append(s.denies, rights.Deny...)
	}
	if s.permits {
		s.gives = append(s.gives, access.Grant{Rights: access.Rights{Gives: rights.Gives}})
	}
}

// own adds what a binding of the set itself gives and denies. One that waits for the set denies nothing yet.
func (s *beside) own(rights access.Rights) {
	if s.types && s.there {
		s.denies = append(s.denies, rights.Deny...)
	}
	if s.permits || s.bypasses {
		s.gives = append(s.gives, access.Grant{Rights: access.Rights{Gives: rights.Gives}})
	}
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
