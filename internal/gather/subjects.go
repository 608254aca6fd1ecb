// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// maxBeneath bounds the users whose authors are compared with a set, so that a request costs the same however many there are.
const maxBeneath = 100

// subjectsBeyond returns the users that the old or the new binding names or selects, as far as the actor may not touch them for sure: another
// binding hands them a set that the actor may not hand out. Their protection is told as far as it is beyond the actor. Where it depends on
// account types what the actor may do, or on which of its powers does it, all are returned, and all that protects them. An actor without any power
// is refused whomever a selector selects: these are left out.
func (a Admission) subjectsBeyond(ctx context.Context, in policy.BindingInput) ([]policy.Subject, error) {
	r := reachOf(in.Old, in.New)
	everyone := everyoneMatters(in)
	mayHandOut := func(s *v1alpha1.PermissionSet) bool { return !everyone && in.Actor.MayHandOutToAll(s) }
	wanted, boundsOf := search{names: r.names}, func(u *v1alpha1.BackOfficeUser) ([]policy.Bound, error) { return a.boundsOf(ctx, u) }
	if len(in.Actor.Powers) > 0 && !r.few() {
		sets, err := a.setsBeyond(ctx, r.office, mayHandOut)
		if err != nil {
			return nil, err
		}
		bounds, err := a.boundsIn(ctx, r.namespace, sets)
		if err != nil {
			return nil, err
		}
		roster := rosterOf(bounds)
		wanted, boundsOf = searchOf(r, roster), func(u *v1alpha1.BackOfficeUser) ([]policy.Bound, error) { return roster.of(u), nil }
		if everyone {
			wanted = searchAll(r)
		}
	}
	users, err := a.find(ctx, r, wanted)
	if err != nil {
		return nil, err
	}
	var subjects []policy.Subject
	for _, u := range users {
		bounds, err := boundsOf(u)
		if err != nil {
			return nil, err
		}
		bounds = slices.DeleteFunc(bounds, func(b policy.Bound) bool { return mayHandOut(b.Set) })
		if everyone || len(bounds) > 0 {
			subjects = append(subjects, policy.Subject{
				Name: u.Name, AccountType: u.EffectiveAccountType(), Protection: policy.ProtectionOf(bounds, in.Terms),
			})
		}
	}
	return subjects, nil
}

// everyoneMatters tells whether users whom nothing protects may be beyond the actor, too: because it has power over accounts of some types only,
// or several powers of which one alone has to do for the sets and for all users.
func everyoneMatters(in policy.BindingInput) bool {
	powers := in.Actor.Powers
	if len(powers) == 0 || len(powers) == 1 && len(powers[0].AccountTypes) == 0 {
		return false
	}
	return in.Actor.Specialised() || !in.Actor.MayHandOutToAll(in.OldSet) || !in.Actor.MayHandOutToAll(in.NewSet)
}

// subjectsBeneath returns users of the new binding whose own author has less power than its set takes, among the first 100 of its users.
func (a Admission) subjectsBeneath(ctx context.Context, in policy.BindingInput) ([]policy.Beneath, error) {
	if in.New == nil || in.NewSet == nil || len(in.Actor.Powers) == 0 { // who is refused needs no warning
		return nil, nil
	}
	users, err := a.someSubjects(ctx, in.New)
	if err != nil {
		return nil, err
	}
	need, office := policy.NeedOf(in.NewSet), empowering(in.Office)
	var beneath []policy.Beneath
	for _, u := range users {
		if s, ok := stamp.Of(u); ok && !authorOf(s, office).Reaches(need) && s.User != in.Actor.Name {
			beneath = append(beneath, policy.Beneath{Name: u.Name, Author: s.User})
		}
	}
	return beneath, nil
}

// someSubjects returns users that a binding names or selects, each once, and at most maxBeneath.
func (g Gatherer) someSubjects(ctx context.Context, b *v1alpha1.RoleBinding) ([]*v1alpha1.BackOfficeUser, error) {
	users, _, err := g.named(ctx, b)
	if err != nil || b.Spec.Selector == nil || len(users) >= maxBeneath {
		return users[:min(len(users), maxBeneath)], err
	}
	var selected v1alpha1.BackOfficeUserList
	if err := g.list(ctx, &selected, client.InNamespace(b.Namespace), client.Limit(maxBeneath),
		client.MatchingFields{IndexBackOffice: officeOfBinding(b).String()},
		client.MatchingLabelsSelector{Selector: selectorOf(b)}); err != nil {
		return nil, err
	}
	for i := range selected.Items {
		u := &selected.Items[i]
		known := slices.ContainsFunc(users, func(other *v1alpha1.BackOfficeUser) bool { return other.Name == u.Name })
		if !known && len(users) < maxBeneath && u.DeletionTimestamp.IsZero() {
			users = append(users, u)
		}
	}
	return users, nil
}
