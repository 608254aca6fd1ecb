// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// subjectsBeyond returns the users that the old or the new binding names or selects, as far as another binding hands them a set that the
// actor may not hand out. All others it may touch, so that a selector over thousands of users costs nothing.
func (a Admission) subjectsBeyond(ctx context.Context, in policy.BindingInput) ([]policy.Subject, error) {
	roster, err := a.roster(ctx, cmp.Or(in.New, in.Old))
	if err != nil {
		return nil, err
	}
	beyond := map[string]policy.Subject{}
	for _, bound := range roster.all {
		if in.Actor.MayHandOut(bound.Set) {
			continue
		}
		users, _, err := a.SubjectsOf(ctx, bound.Binding)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if concerns(in.Old, u) || concerns(in.New, u) {
				beyond[u.Name] = policy.Subject{Name: u.Name, Protection: roster.protection(u)}
			}
		}
	}
	return slices.Collect(maps.Values(beyond)), nil
}

// concerns tells whether the binding names or selects the user.
func concerns(b *v1alpha1.RoleBinding, u *v1alpha1.BackOfficeUser) bool {
	return b != nil && (slices.Contains(subjectNames(b), u.Name) || selectorOf(b).Matches(labels.Set(u.Labels)))
}

// roster are the bindings of one namespace and BackOffice, with their sets.
type roster struct {
	all       []policy.Bound
	naming    map[string][]policy.Bound // by the name of the user
	selecting []selectingBound
}

type selectingBound struct {
	policy.Bound
	selector labels.Selector
}

func (a Admission) roster(ctx context.Context, of *v1alpha1.RoleBinding) (roster, error) {
	r := roster{naming: map[string][]policy.Bound{}}
	var bindings v1alpha1.RoleBindingList
	if err := a.list(ctx, &bindings, client.InNamespace(of.Namespace),
		client.MatchingFields{IndexBackOffice: officeOfBinding(of).String()}); err != nil {
		return r, err
	}
	sets := map[types.NamespacedName]*v1alpha1.PermissionSet{}
	for i := range bindings.Items {
		b := &bindings.Items[i]
		if !b.DeletionTimestamp.IsZero() {
			continue
		}
		name := b.Spec.PermissionSetRef.In(b.Namespace)
		if _, known := sets[name]; !known {
			set, err := a.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
			if err != nil {
				return r, err
			}
			sets[name] = set
		}
		bound := policy.Bound{Binding: b, Set: sets[name]}
		r.all = append(r.all, bound)
		for _, subject := range subjectNames(b) {
			r.naming[subject] = append(r.naming[subject], bound)
		}
		if b.Spec.Selector != nil {
			r.selecting = append(r.selecting, selectingBound{bound, selectorOf(b)})
		}
	}
	return r, nil
}

func (r roster) protection(u *v1alpha1.BackOfficeUser) policy.Protection {
	bounds := slices.Clone(r.naming[u.Name])
	for _, s := range r.selecting {
		if s.selector.Matches(labels.Set(u.Labels)) {
			bounds = append(bounds, s.Bound)
		}
	}
	return policy.ProtectionOf(bounds)
}
