// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"cmp"
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Which sets a user may hold is a matter of its account type and of how many there are. Nothing is read for it where neither the sets nor the
// policy ask.

// Surplus returns those of a user's bindings that hand out more sets than the policy lets it hold: the oldest bindings stay.
func (g Gatherer) Surplus(ctx context.Context, u *v1alpha1.BackOfficeUser, office *v1alpha1.BackOffice) ([]*v1alpha1.RoleBinding, error) {
	if policy.SetLimit(office) == 0 {
		return nil, nil
	}
	bindings, err := g.BindingsOf(ctx, u)
	if err != nil {
		return nil, err
	}
	return g.SurplusAmong(ctx, u, bindings, office)
}

// SurplusAmong returns those of some bindings of a user that hand out more sets than the policy lets it hold. A set that the user may not hold by its
// account type is none: otherwise a label could cut it off from what it may hold.
func (g Gatherer) SurplusAmong(
	ctx context.Context, u *v1alpha1.BackOfficeUser, bindings []*v1alpha1.RoleBinding, office *v1alpha1.BackOffice,
) ([]*v1alpha1.RoleBinding, error) {
	limit := policy.SetLimit(office)
	if limit == 0 || len(bindings) <= limit {
		return nil, nil
	}
	var counting []*v1alpha1.RoleBinding
	for _, b := range bindings {
		set, err := g.boundSet(ctx, b)
		if err != nil {
			return nil, err
		}
		heldBy, err := g.HeldBy(ctx, set)
		if err != nil {
			return nil, err
		}
		if policy.MayHold(u.EffectiveAccountType(), heldBy) {
			counting = append(counting, b)
		}
	}
	return policy.Surplus(counting, limit, g.now()), nil
}

// setsOfUser returns, where a request gives the user bindings or another account type, the sets of its bindings that accounts of some types alone
// may hold, and the bindings that hand out more sets than it may hold.
func (a Admission) setsOfUser(ctx context.Context, in policy.UserInput, bounds []policy.Bound) (restricted []policy.HeldSet, surplus []string, err error) {
	if in.Old != nil && in.Old.EffectiveAccountType() == in.New.EffectiveAccountType() && labels.Equals(in.Old.Labels, in.New.Labels) {
		return nil, nil, nil
	}
	for _, b := range bounds {
		heldBy, err := a.HeldBy(ctx, b.Set)
		if err != nil {
			return nil, nil, err
		}
		if len(heldBy) > 0 && b.Binding.DeletionTimestamp.IsZero() {
			restricted = append(restricted, policy.HeldSet{Binding: b.Binding.Name, Set: nameOf(b.Set), Types: heldBy})
		}
	}
	slices.SortFunc(restricted, func(a, b policy.HeldSet) int { return cmp.Compare(a.Binding, b.Binding) })
	bindings, err := a.Surplus(ctx, in.New, in.Office)
	for _, b := range bindings {
		surplus = append(surplus, b.Name)
	}
	return restricted, surplus, err
}

// withUsers adds to the facts about a binding what its set and the policy say about the account types and the sets of its users.
func (a Admission) withUsers(ctx context.Context, in policy.BindingInput) (policy.BindingInput, error) {
	named, missing, err := a.named(ctx, in.New)
	in.MissingSubjects = missing
	limit := policy.SetLimit(in.Office)
	changed := in.Old == nil || !equality.Semantic.DeepEqual(in.Old.Spec, in.New.Spec)
	if err != nil || len(in.NewTypes) == 0 && (limit == 0 || !changed) {
		return in, err
	}
	some, err := a.someSubjects(ctx, in.New)
	if err != nil {
		return in, err
	}
	if len(in.NewTypes) > 0 {
		in.Users = typed(append(named, some...))
	}
	if limit > 0 && changed {
		in.Crowded, err = a.crowded(ctx, in, some)
	}
	return in, err
}

// typed are users with their account types, each once.
func typed(users []*v1alpha1.BackOfficeUser) []policy.TypedUser {
	var all []policy.TypedUser
	seen := map[string]bool{}
	for _, u := range users {
		if !seen[u.Name] {
			seen[u.Name] = true
			all = append(all, policy.TypedUser{Name: u.Name, AccountType: u.EffectiveAccountType()})
		}
	}
	return all
}

// crowded names those users who would have more sets than they may hold, with the binding as it is given.
func (a Admission) crowded(ctx context.Context, in policy.BindingInput, users []*v1alpha1.BackOfficeUser) ([]string, error) {
	var names []string
	for _, u := range users {
		bindings, err := a.BindingsOf(ctx, u)
		if err != nil {
			return nil, err
		}
		others := slices.DeleteFunc(bindings, func(b *v1alpha1.RoleBinding) bool { return sameObject(b, in.New) })
		surplus, err := a.SurplusAmong(ctx, u, withBinding(others, in.New, u), in.Office)
		if err != nil {
			return nil, err
		}
		if len(surplus) > 0 {
			names = append(names, u.Name)
		}
	}
	return names, nil
}

// sameEmail finds the other users of the back office with the user's e-mail address, the oldest first.
func (a Admission) sameEmail(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]types.NamespacedName, error) {
	if u.EffectiveEmail() == "" {
		return nil, nil
	}
	var users v1alpha1.BackOfficeUserList
	if err := a.list(ctx, &users, client.MatchingFields{IndexEmail: EmailKey(officeOf(u), u.EffectiveEmail())}); err != nil {
		return nil, err
	}
	var others []client.Object
	for i := range users.Items {
		others = append(others, &users.Items[i])
	}
	return othersThan(u, others), nil
}
