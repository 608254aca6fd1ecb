// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

const (
	// maxNames bounds the users that are looked up by name where they may be looked through all at once.
	maxNames = 1000
	// maxFew bounds the users whose bindings are read one by one. Beyond it those bindings are read at once that hand out what the actor may
	// not.
	maxFew = 32
)

// reach is whom bindings of one namespace and BackOffice name or select.
type reach struct {
	namespace string
	office    types.NamespacedName
	names     map[string]bool
	selecting selectors
}

// reachOf returns whom these bindings reach. Those that are nil are left out; one at least is not.
func reachOf(bindings ...*v1alpha1.RoleBinding) *reach {
	r := &reach{names: map[string]bool{}}
	for _, b := range bindings {
		if b == nil {
			continue
		}
		r.namespace, r.office = b.Namespace, officeOfBinding(b)
		for _, subject := range b.Spec.Subjects {
			r.names[subject.Name] = true
		}
		r.selecting.add(policy.Bound{Binding: b})
	}
	return r
}

// few tells whether it is known without looking that few users are within reach.
func (r *reach) few() bool { return r.selecting.empty() && len(r.names) <= maxFew }

func (r *reach) includes(u *v1alpha1.BackOfficeUser) bool {
	return r.names[u.Name] || r.selecting.match(labels.Set(u.Labels))
}

// search says which of the users within reach are looked for: those of some names, and of those that are selected the ones with labels that
// pass.
type search struct {
	names  map[string]bool
	passes func(labels.Labels) bool // nil where no selected users are looked for
}

// searchAll looks for all users within reach.
func searchAll(r *reach) search {
	if r.selecting.empty() {
		return search{names: r.names}
	}
	return search{names: r.names, passes: func(labels.Labels) bool { return true }}
}

// searchOf looks for those users within reach whom the bindings of the roster reach, too, and for some others.
func searchOf(r *reach, roster *roster) search {
	if len(roster.naming) > maxNames {
		return searchAll(r)
	}
	s := search{names: maps.Clone(r.names)}
	if r.selecting.empty() {
		return s
	}
	for name := range roster.naming {
		s.names[name] = true
	}
	if !roster.selecting.empty() {
		s.passes = roster.selecting.match
	}
	return s
}

// find returns the users that are looked for within reach, and not being deleted, each once, by name. The cache has to look at the labels of
// all users of the namespace where selected ones are looked for.
func (g Gatherer) find(ctx context.Context, r *reach, s search) ([]*v1alpha1.BackOfficeUser, error) {
	found := map[string]*v1alpha1.BackOfficeUser{}
	add := func(u *v1alpha1.BackOfficeUser) {
		if u != nil && u.DeletionTimestamp.IsZero() && officeOf(u) == r.office && r.includes(u) {
			found[u.Name] = u
		}
	}
	for name := range s.names {
		u, err := get(ctx, g.Reader, types.NamespacedName{Namespace: r.namespace, Name: name}, &v1alpha1.BackOfficeUser{})
		if err != nil {
			return nil, err
		}
		add(u)
	}
	if s.passes != nil {
		var list v1alpha1.BackOfficeUserList
		selected := sieveOf(func(l labels.Labels) bool { return r.selecting.match(l) && s.passes(l) })
		if err := g.list(ctx, &list, client.InNamespace(r.namespace), client.MatchingFields{IndexBackOffice: r.office.String()},
			client.MatchingLabelsSelector{Selector: selected}); err != nil {
			return nil, err
		}
		for i := range list.Items {
			add(&list.Items[i])
		}
	}
	var users []*v1alpha1.BackOfficeUser
	for _, name := range slices.Sorted(maps.Keys(found)) {
		users = append(users, found[name])
	}
	return users, nil
}
