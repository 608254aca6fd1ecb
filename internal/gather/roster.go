// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// setsBeyond returns the sets of a back office that somebody may not hand out. They are few where the rank is high, and whoever holds none of
// them need not be looked at.
func (g Gatherer) setsBeyond(ctx context.Context, office types.NamespacedName, mayHandOut func(*v1alpha1.PermissionSet) bool) ([]*v1alpha1.PermissionSet, error) {
	var list v1alpha1.PermissionSetList
	if err := g.list(ctx, &list, client.MatchingFields{IndexBackOffice: office.String()}); err != nil {
		return nil, err
	}
	var beyond []*v1alpha1.PermissionSet
	for i := range list.Items {
		if set := &list.Items[i]; !mayHandOut(set) {
			beyond = append(beyond, set)
		}
	}
	return beyond, nil
}

// boundsIn returns the bindings of a namespace that hand out one of these sets. Those that are being deleted are among them: until they are gone
// their users have what they hand out.
func (g Gatherer) boundsIn(ctx context.Context, namespace string, sets []*v1alpha1.PermissionSet) ([]policy.Bound, error) {
	var bounds []policy.Bound
	for _, set := range sets {
		var bindings v1alpha1.RoleBindingList
		if err := g.list(ctx, &bindings, client.InNamespace(namespace),
			client.MatchingFields{IndexPermissionSet: client.ObjectKeyFromObject(set).String()}); err != nil {
			return nil, err
		}
		for i := range bindings.Items {
			if b := &bindings.Items[i]; mayName(b, set) {
				bounds = append(bounds, policy.Bound{Binding: b, Set: set})
			}
		}
	}
	return bounds, nil
}

// roster are bindings of one namespace and BackOffice, to be asked whom they name or select.
type roster struct {
	naming    map[string][]policy.Bound // by the name of the user
	selecting selectors
}

func rosterOf(bounds []policy.Bound) *roster {
	r := &roster{naming: map[string][]policy.Bound{}}
	for _, b := range bounds {
		r.add(b)
	}
	return r
}

// enrol adds a binding to the roster of its namespace.
func enrol(rosters map[string]*roster, b policy.Bound) {
	r := rosters[b.Binding.Namespace]
	if r == nil {
		r = rosterOf(nil)
		rosters[b.Binding.Namespace] = r
	}
	r.add(b)
}

func (r *roster) add(b policy.Bound) {
	for _, subject := range b.Binding.Spec.Subjects {
		r.naming[subject.Name] = append(r.naming[subject.Name], b)
	}
	r.selecting.add(b)
}

// reaches tells whether one of the bindings names or selects the user.
func (r *roster) reaches(u *v1alpha1.BackOfficeUser) bool {
	return len(r.naming[u.Name]) > 0 || r.selecting.match(labels.Set(u.Labels))
}

// of returns the bindings that name or select the user.
func (r *roster) of(u *v1alpha1.BackOfficeUser) []policy.Bound {
	return append(slices.Clone(r.naming[u.Name]), r.selecting.of(labels.Set(u.Labels))...)
}
