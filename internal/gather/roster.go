// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"cmp"
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// subjects returns the users that the old or the new binding names or selects, each once with its protection, and the names of the new
// one that no user has.
func (a Admission) subjects(ctx context.Context, old, obj *v1alpha1.RoleBinding) ([]policy.Subject, []string, error) {
	users := map[string]*v1alpha1.BackOfficeUser{}
	var missing []string
	for _, b := range []*v1alpha1.RoleBinding{old, obj} {
		if b == nil {
			continue
		}
		found, absent, err := a.SubjectsOf(ctx, b)
		if err != nil {
			return nil, nil, err
		}
		for _, u := range found {
			users[u.Name] = u
		}
		if b == obj {
			missing = absent
		}
	}
	if len(users) == 0 {
		return nil, missing, nil
	}
	roster, err := a.roster(ctx, cmp.Or(obj, old))
	if err != nil {
		return nil, nil, err
	}
	subjects := make([]policy.Subject, 0, len(users))
	for name, u := range users {
		subjects = append(subjects, policy.Subject{Name: name, Protection: roster.protection(u)})
	}
	return subjects, missing, nil
}

// roster are the bindings of one namespace and BackOffice, read once: a selector may select thousands of users.
type roster struct {
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
