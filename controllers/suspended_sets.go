// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// setsOf are the sets that the binding hands out and is to hand out, as the store holds the one and as the other one is wanted.
func (r *RoleBindingReconciler) setsOf(ctx context.Context, s *bindingScope, is store.RoleBinding) (sets desired.Sets, err error) {
	if sets.Held, err = s.conn.family(ctx, is.PermissionSetUID); err != nil {
		return sets, err
	}
	set, err := r.Gather.Set(ctx, s.binding.Spec.PermissionSetRef, s.binding.Namespace)
	if err != nil || ofSameOffice(s.binding, set) == nil {
		return sets, err
	}
	facts, err := r.Gather.SetStanding(ctx, set)
	if err != nil {
		return sets, err
	}
	sets.Wanted = wantedFamily(desired.PermissionSet(set, distances(facts), desired.InForce), facts)
	return sets, nil
}

// family reads a set with those that it inherits from. Of none it is empty.
func (c *connection) family(ctx context.Context, uid string) (desired.Family, error) {
	key := store.Key{Kind: store.KindPermissionSet, UID: uid}
	if uid == "" {
		return desired.Family{}, nil
	}
	records, err := c.held(ctx, key)
	if err != nil {
		return desired.Family{}, err
	}
	set, found := records[key].(store.PermissionSet)
	if !found {
		return desired.Family{}, nil
	}
	var keys []store.Key
	for _, a := range set.Ancestors {
		if a.UID != uid {
			keys = append(keys, store.Key{Kind: store.KindPermissionSet, UID: a.UID})
		}
	}
	if records, err = c.held(ctx, keys...); err != nil {
		return desired.Family{}, err
	}
	family := desired.Family{Set: set}
	for _, record := range records {
		if ancestor, ok := record.(store.PermissionSet); ok {
			family.Ancestors = append(family.Ancestors, ancestor)
		}
	}
	return family, nil
}

// wantedFamily is a set as it is wanted, with those that it inherits from, as they are wanted.
func wantedFamily(set store.PermissionSet, facts policy.SetInput) desired.Family {
	family := desired.Family{Set: set}
	for _, ancestor := range facts.Sets {
		if string(ancestor.UID) != set.UID {
			family.Ancestors = append(family.Ancestors, desired.PermissionSet(ancestor, nil, desired.InForce))
		}
	}
	return family
}

// distances are the sets that a set inherits from, by UID, itself included.
func distances(facts policy.SetInput) map[string]int {
	distances := map[string]int{}
	for name, distance := range facts.NewAncestry.Distance {
		if ancestor := facts.Sets[name]; ancestor != nil {
			distances[string(ancestor.UID)] = distance
		}
	}
	return distances
}

// lower leaves in the set's record what gives nothing new.
func (r *PermissionSetReconciler) lower(ctx context.Context, s *setScope, facts policy.SetInput) error {
	if !s.suspends() || s.conn.known.Holds(s.record) {
		return nil
	}
	is, err := s.conn.family(ctx, s.record.UID)
	switch {
	case err != nil:
		return err
	case is.Set.UID == "":
		return flow.Later{After: retryAfter}
	}
	wanted := s.record
	if s.record = desired.LowerSet(is, wantedFamily(wanted, facts)); differs(s.record, wanted) {
		s.waits = s.suspended(changeWaits)
	}
	return nil
}
