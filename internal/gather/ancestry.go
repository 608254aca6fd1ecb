// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Ancestry returns what a set inherits from, and all these sets, keyed by namespace/name. The set itself is taken as it is given, not as
// it is stored. An extended set of another BackOffice, or of a namespace that may not be referred to, counts as missing.
func (g Gatherer) Ancestry(ctx context.Context, s *v1alpha1.PermissionSet) (access.Ancestry, map[string]*v1alpha1.PermissionSet, error) {
	w := &family{ctx: ctx, reader: g.Reader, office: officeOfSet(s), sets: map[string]*v1alpha1.PermissionSet{}}
	id := client.ObjectKeyFromObject(s).String()
	w.sets[id] = s
	ancestry := access.Ancestors(id, w.extends)
	if w.err != nil {
		return access.Ancestry{}, nil, w.err
	}
	for i, missing := range ancestry.Missing {
		ancestry.Missing[i] = strings.TrimPrefix(missing, forbidden)
	}
	slices.Sort(ancestry.Missing)
	ancestry.Missing = slices.Compact(ancestry.Missing)
	return ancestry, w.sets, nil
}

// inherited are the paths that a set denies with all that it inherits from, where it inherits from any, and the types of accounts that may hold
// it. Both are empty where it does not exist.
func (g Gatherer) inherited(ctx context.Context, s *v1alpha1.PermissionSet) (denied []string, heldBy []v1alpha1.AccountType, err error) {
	if s == nil || len(s.Spec.Extends) == 0 {
		heldBy, err = g.HeldBy(ctx, s)
		return nil, heldBy, err
	}
	ancestry, sets, err := g.Ancestry(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	return policy.WorldOf(sets).Inherited(nameOf(s)).Deny, policy.HeldBy(ancestry, sets), nil
}

// HeldBy are the types of accounts that may hold a set; empty for all types, and where it does not exist.
func (g Gatherer) HeldBy(ctx context.Context, s *v1alpha1.PermissionSet) ([]v1alpha1.AccountType, error) {
	switch {
	case s == nil:
		return nil, nil
	case len(s.Spec.Extends) == 0:
		return s.Spec.AccountTypes, nil
	}
	ancestry, sets, err := g.Ancestry(ctx, s)
	if err != nil {
		return nil, err
	}
	return policy.HeldBy(ancestry, sets), nil
}

// forbidden marks a set that the extending one may not refer to. Another one may, so that the two are different nodes of the graph.
const forbidden = "!"

// family is the graph of sets, read as far as somebody asks.
type family struct {
	ctx    context.Context //nolint:containedctx // It lives as long as the call of Ancestry.
	reader client.Reader
	office types.NamespacedName
	sets   map[string]*v1alpha1.PermissionSet
	err    error // the first one; nothing is read after it
}

func (f *family) extends(id string) ([]string, bool) {
	set, err := f.set(id)
	if err != nil {
		f.err = err
	}
	if set == nil || officeOfSet(set) != f.office {
		return nil, false
	}
	f.sets[id] = set
	parents := make([]string, 0, len(set.Spec.Extends))
	for _, ref := range set.Spec.Extends {
		name := ref.In(set.Namespace)
		if name.Namespace == set.Namespace || name.Namespace == f.office.Namespace {
			parents = append(parents, name.String())
		} else {
			parents = append(parents, forbidden+name.String())
		}
	}
	return parents, true
}

func (f *family) set(id string) (*v1alpha1.PermissionSet, error) {
	if set := f.sets[id]; set != nil {
		return set, nil
	}
	if f.err != nil || strings.HasPrefix(id, forbidden) {
		return nil, nil
	}
	namespace, name, _ := strings.Cut(id, "/")
	return get(f.ctx, f.reader, types.NamespacedName{Namespace: namespace, Name: name}, &v1alpha1.PermissionSet{})
}
