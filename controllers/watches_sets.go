// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// heldByOthers passes sets that come or go, and those that other types of accounts may hold than before.
var heldByOthers = predicate.Funcs{UpdateFunc: retypes}

// retyped passes sets that stay, and that other types of accounts may hold than before.
var retyped = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	DeleteFunc: func(event.DeleteEvent) bool { return false },
	UpdateFunc: retypes,
}

func retypes(e event.UpdateEvent) bool {
	o, n := e.ObjectOld.(*v1alpha1.PermissionSet), e.ObjectNew.(*v1alpha1.PermissionSet)
	return o.UID != n.UID || !slices.Equal(o.Spec.AccountTypes, n.Spec.AccountTypes) || !slices.Equal(o.Spec.Extends, n.Spec.Extends)
}

// bindingsOfSet are the bindings that hand out a set.
func (w waker) bindingsOfSet(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
	return w.find(ctx, &v1alpha1.RoleBindingList{}, client.MatchingFields{gather.IndexPermissionSet: client.ObjectKeyFromObject(s).String()})
}

// bindingsOfHeirs are the bindings that hand out a set which inherits from one, however far.
func (w waker) bindingsOfHeirs(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
	heirs, err := w.heirs(ctx, s)
	var found []types.NamespacedName
	for _, heir := range heirs {
		bindings, err := w.find(ctx, &v1alpha1.RoleBindingList{}, client.MatchingFields{gather.IndexPermissionSet: heir.String()})
		if err != nil {
			return nil, err
		}
		found = append(found, bindings...)
	}
	return found, err
}

// usersOfHeirs are the users to whom bindings hand out a set, or one that inherits from it, however far.
func (w waker) usersOfHeirs(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
	names, err := w.heirs(ctx, s)
	var found []types.NamespacedName
	for _, set := range append(names, client.ObjectKeyFromObject(s)) {
		var bindings v1alpha1.RoleBindingList
		err := w.List(ctx, &bindings, client.MatchingFields{gather.IndexPermissionSet: set.String()}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
		if err != nil {
			return nil, err
		}
		for i := range bindings.Items {
			users, err := w.usersOfBinding(ctx, &bindings.Items[i])
			if err != nil {
				return nil, err
			}
			found = append(found, users...)
		}
	}
	return found, err
}

// dependentSets are the sets that inherit from a set, however far, and those with its key.
func (w waker) dependentSets(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
	office := s.Spec.BackOfficeRef.In(s.Namespace)
	found, err := w.find(ctx, &v1alpha1.PermissionSetList{}, client.MatchingFields{gather.IndexSetKey: gather.SetKey(office, s.EffectiveKey())})
	if err != nil {
		return nil, err
	}
	heirs, err := w.heirs(ctx, s)
	return append(found, heirs...), err
}

// heirs are the sets that inherit from a set, however far.
func (w waker) heirs(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
	var found []types.NamespacedName
	seen := map[types.NamespacedName]bool{client.ObjectKeyFromObject(s): true}
	for next := []types.NamespacedName{client.ObjectKeyFromObject(s)}; len(next) > 0; next = next[1:] {
		extending, err := w.find(ctx, &v1alpha1.PermissionSetList{}, client.MatchingFields{gather.IndexExtends: next[0].String()})
		if err != nil {
			return nil, err
		}
		for _, name := range extending {
			if !seen[name] {
				seen[name] = true
				next, found = append(next, name), append(found, name)
			}
		}
	}
	return found, nil
}
