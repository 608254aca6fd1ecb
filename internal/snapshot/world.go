// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// World is a [client.Reader] over objects in memory: those of our kinds and the metadata of namespaces. Where it has a cluster it reads what it is
// asked for from there, each namespace of a kind once, and what was put or removed counts instead. It is for one goroutine.
type World struct {
	live  client.Reader
	kinds map[reflect.Type]*kind
}

// kind are the objects of one kind by their keys, namespace/name.
type kind struct {
	resource schema.GroupResource
	indexers cache.Indexers
	objects  cache.Indexer
	// ours are the keys of what was put or removed: the cluster is not asked for them.
	ours map[string]bool
	// absent are the keys that the cluster did not have when it was asked for them.
	absent map[string]bool
	// read are the namespaces that were read from the cluster, empty for all of them.
	read map[string]bool
}

// New returns a world over a cluster; nil is none.
func New(live client.Reader) *World {
	w := &World{live: live, kinds: map[reflect.Type]*kind{}}
	ours := v1alpha1.GroupVersion.WithResource
	for o, resource := range map[client.Object]schema.GroupResource{
		&v1alpha1.BackOffice{}:          ours("backoffices").GroupResource(),
		&v1alpha1.BackOfficeUser{}:      ours("backofficeusers").GroupResource(),
		&v1alpha1.PermissionSet{}:       ours("permissionsets").GroupResource(),
		&v1alpha1.RoleBinding{}:         ours("rolebindings").GroupResource(),
		&metav1.PartialObjectMetadata{}: corev1.Resource("namespaces"),
	} {
		w.kinds[reflect.TypeOf(o)] = &kind{resource: resource, indexers: cache.Indexers{}, ours: map[string]bool{}, absent: map[string]bool{}, read: map[string]bool{}}
	}
	if err := gather.SetupIndexes(context.Background(), indexes{w}); err != nil { //nolint:forbidigo // Nothing is waited for.
		panic(err) // indexes of a kind that gather has and this world has not
	}
	for _, k := range w.kinds {
		k.objects = cache.NewIndexer(cache.MetaNamespaceKeyFunc, k.indexers)
	}
	return w
}

// indexes takes the indexes of gather for a world that is made.
type indexes struct{ *World }

// IndexField implements [client.FieldIndexer].
func (w indexes) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	k, known := w.kinds[reflect.TypeOf(o)]
	if !known {
		return fmt.Errorf("no objects of type %T are kept", o)
	}
	k.indexers[field] = func(o any) ([]string, error) { return values(o.(client.Object)), nil }
	return nil
}

// Clone returns a world that changes apart from this one.
func (w *World) Clone() *World {
	clone := &World{live: w.live, kinds: map[reflect.Type]*kind{}}
	for t, k := range w.kinds {
		objects := cache.NewIndexer(cache.MetaNamespaceKeyFunc, k.indexers)
		_ = objects.Replace(k.objects.List(), "") // it fails where an object has no key, which these have
		clone.kinds[t] = &kind{resource: k.resource, indexers: k.indexers, objects: objects, ours: maps.Clone(k.ours), absent: maps.Clone(k.absent), read: maps.Clone(k.read)}
	}
	return clone
}

// Gatherer reads facts of the world.
func (w *World) Gatherer(now clock.PassiveClock) gather.Gatherer {
	return gather.Gatherer{Reader: w, Clock: now}
}

// Put has the world hold an object in place of that with its key, if there is one. The object must not be changed afterwards.
func (w *World) Put(o client.Object) {
	k, key := w.kinds[reflect.TypeOf(o)], client.ObjectKeyFromObject(o)
	k.ours[keyOf(key)] = true
	_ = k.objects.Update(o) // it has a key
}

// Remove has the world hold no object with the key of this one.
func (w *World) Remove(o client.Object) {
	k, key := w.kinds[reflect.TypeOf(o)], client.ObjectKeyFromObject(o)
	k.ours[keyOf(key)] = true
	_ = k.objects.Delete(o) // likewise
}

// Get implements [client.Reader]. What it returns is shared: it must not be changed.
func (w *World) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	k, known := w.kinds[reflect.TypeOf(into)]
	if !known {
		return fmt.Errorf("no objects of type %T are kept", into)
	}
	found, exists, err := k.objects.GetByKey(keyOf(key))
	if err != nil {
		return err
	}
	if exists {
		reflect.ValueOf(into).Elem().Set(reflect.ValueOf(found).Elem())
		return nil
	}
	if w.live == nil || k.ours[keyOf(key)] || k.absent[keyOf(key)] || k.read[""] || k.read[key.Namespace] {
		return apierrors.NewNotFound(k.resource, key.Name)
	}
	if err := w.live.Get(ctx, key, into, opts...); err != nil {
		if apierrors.IsNotFound(err) {
			k.absent[keyOf(key)] = true
		}
		return err
	}
	return k.objects.Update(into.DeepCopyObject())
}

// List implements [client.Reader]: it understands a namespace, labels, one of the fields that gather has an index for, and a limit. The objects are in
// the order of their keys, and shared.
func (w *World) List(ctx context.Context, into client.ObjectList, opts ...client.ListOption) error {
	o := client.ListOptions{}
	o.ApplyOptions(opts)
	k, err := w.listed(into)
	if err != nil {
		return err
	}
	if err := w.readAll(ctx, k, into, o.Namespace); err != nil {
		return err
	}
	candidates, err := k.candidates(o.FieldSelector)
	if err != nil {
		return err
	}
	var found []client.Object
	for _, c := range candidates {
		c := c.(client.Object)
		if (o.Namespace == "" || c.GetNamespace() == o.Namespace) && (o.LabelSelector == nil || o.LabelSelector.Matches(labels.Set(c.GetLabels()))) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b client.Object) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	if o.Limit > 0 && int64(len(found)) > o.Limit {
		found = found[:o.Limit]
	}
	items := make([]runtime.Object, 0, len(found))
	for _, f := range found {
		items = append(items, f)
	}
	return meta.SetList(into, items)
}

// listed is the kind of which this is a list.
func (w *World) listed(list client.ObjectList) (*kind, error) {
	switch list.(type) {
	case *v1alpha1.BackOfficeList:
		return w.kinds[reflect.TypeFor[*v1alpha1.BackOffice]()], nil
	case *v1alpha1.BackOfficeUserList:
		return w.kinds[reflect.TypeFor[*v1alpha1.BackOfficeUser]()], nil
	case *v1alpha1.PermissionSetList:
		return w.kinds[reflect.TypeFor[*v1alpha1.PermissionSet]()], nil
	case *v1alpha1.RoleBindingList:
		return w.kinds[reflect.TypeFor[*v1alpha1.RoleBinding]()], nil
	}
	return nil, fmt.Errorf("no lists of type %T are kept", list)
}

// page is how many objects are asked for at once.
const page = 500

// readAll reads the objects of a namespace from the cluster, where they were not read yet; an empty one is all of them.
func (w *World) readAll(ctx context.Context, k *kind, list client.ObjectList, namespace string) error {
	if w.live == nil || k.read[""] || k.read[namespace] {
		return nil
	}
	for token := ""; ; {
		part := list.DeepCopyObject().(client.ObjectList)
		if err := w.live.List(ctx, part, client.InNamespace(namespace), client.Limit(page), client.Continue(token)); err != nil {
			return fmt.Errorf("listing %s: %w", k.resource.Resource, err)
		}
		if err := meta.EachListItem(part, func(o runtime.Object) error { return k.adopt(o.(client.Object)) }); err != nil {
			return err
		}
		if token = part.GetContinue(); token == "" {
			break
		}
	}
	k.read[namespace] = true
	return nil
}

// adopt keeps an object of the cluster, unless another one counts.
func (k *kind) adopt(o client.Object) error {
	if k.ours[keyOf(client.ObjectKeyFromObject(o))] {
		return nil
	}
	return k.objects.Update(o)
}

func (k *kind) candidates(selector fields.Selector) ([]any, error) {
	if selector == nil || selector.Empty() {
		return k.objects.List(), nil
	}
	requirements := selector.Requirements()
	if len(requirements) != 1 {
		return nil, fmt.Errorf("%s can be listed by one field, not by %q", k.resource.Resource, selector)
	}
	return k.objects.ByIndex(requirements[0].Field, requirements[0].Value)
}

// keyOf is the key of an indexer.
func keyOf(key client.ObjectKey) string {
	return cache.ObjectName{Namespace: key.Namespace, Name: key.Name}.String()
}
