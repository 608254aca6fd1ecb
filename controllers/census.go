// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// suspect is a row whose object the cache does not have.
type suspect struct {
	key  store.Key
	name types.NamespacedName
}

// census finds the rows whose object the cache does not have.
type census struct {
	objects client.Reader
	// ghosts are known already; stay are those of them that are ghosts as before.
	ghosts, stay map[string]ghost
	suspects     []suspect
}

// take looks for the object of a row. The row was read before: what this process writes, it has seen in the cache.
func (c *census) take(ctx context.Context, record store.Record) {
	row := suspectOf(record)
	key := row.key
	if key.Kind == store.KindOffice { // it is the one that looks
		return
	}
	o := objectOf(key.Kind)
	err := c.objects.Get(ctx, row.name, o, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
	if err == nil && string(o.GetUID()) == key.UID || gather.IsUnwatched(err) || client.IgnoreNotFound(err) != nil {
		return
	}
	if u, ok := record.(store.User); ok && !u.InForce {
		if known, is := c.ghosts[u.UID]; is {
			if c.stay == nil {
				c.stay = map[string]ghost{}
			}
			c.stay[u.UID] = known
			return
		}
	}
	c.suspects = append(c.suspects, row)
}

// gone asks the API server for the objects of suspects. It returns those rows whose object is not there, and the object which has the name now, nil
// where none has. An object that may not be read counts as there.
func (r *BackOfficeReconciler) gone(ctx context.Context, suspects []suspect) (map[store.Key]client.Object, error) {
	type place struct {
		kind      store.Kind
		namespace string
	}
	of := map[place][]suspect{}
	for _, s := range suspects {
		p := place{s.key.Kind, s.name.Namespace}
		of[p] = append(of[p], s)
	}
	gone := map[store.Key]client.Object{}
	for p, some := range of {
		there, err := r.there(ctx, p.kind, some)
		if apierrors.IsForbidden(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			if o := there[s.name.Name]; o == nil || string(o.GetUID()) != s.key.UID {
				gone[s.key] = o
			}
		}
	}
	return gone, nil
}

const (
	// fewNames is up to how many objects of a namespace are read one by one.
	fewNames = 10
	// pageSize is how many are read at once, where they are more.
	pageSize = 500
)

// there reads the objects of suspects of one kind, in one namespace, live. It returns those with their names, by name.
func (r *BackOfficeReconciler) there(ctx context.Context, kind store.Kind, suspects []suspect) (map[string]client.Object, error) {
	there := map[string]client.Object{}
	if len(suspects) <= fewNames {
		for _, s := range suspects {
			o := objectOf(kind)
			if err := r.Live.Get(ctx, s.name, o); err == nil {
				there[s.name.Name] = o
			} else if !apierrors.IsNotFound(err) {
				return nil, err
			}
		}
		return there, nil
	}
	wanted := map[string]bool{}
	for _, s := range suspects {
		wanted[s.name.Name] = true
	}
	for next := ""; ; {
		list := listOf(kind)
		err := r.Live.List(ctx, list, client.InNamespace(suspects[0].name.Namespace), client.Limit(pageSize), client.Continue(next))
		if err != nil {
			return nil, err
		}
		err = meta.EachListItem(list, func(o runtime.Object) error {
			if object := o.(client.Object); wanted[object.GetName()] {
				there[object.GetName()] = object
			}
			return nil
		})
		if next = list.GetContinue(); err != nil || next == "" {
			return there, err
		}
	}
}

// objectOf returns an empty object of the kind that a record stands for.
func objectOf(kind store.Kind) client.Object {
	switch kind {
	case store.KindPermissionSet:
		return &v1alpha1.PermissionSet{}
	case store.KindRoleBinding:
		return &v1alpha1.RoleBinding{}
	case store.KindUser:
		return &v1alpha1.BackOfficeUser{}
	case store.KindOffice:
	}
	return &v1alpha1.BackOffice{}
}

// listOf returns an empty list of the kind that a record stands for.
func listOf(kind store.Kind) client.ObjectList {
	switch kind {
	case store.KindPermissionSet:
		return listSets()
	case store.KindRoleBinding:
		return listBindings()
	case store.KindUser:
		return listUsers()
	case store.KindOffice:
	}
	return &v1alpha1.BackOfficeList{}
}
