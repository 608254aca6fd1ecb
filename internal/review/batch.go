// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
)

// Apply judges manifests and changes the world by those that are admitted. Their order does not count: what needs something else comes after it, and
// what is refused is judged again as long as something else was admitted meanwhile. The verdicts are in the order of the manifests.
func (r *Reviewer) Apply(ctx context.Context, m *manifests.Manifests) ([]Verdict, error) {
	for i := range m.Namespaces {
		if err := r.namespace(ctx, &m.Namespaces[i]); err != nil {
			return nil, err
		}
	}
	if err := r.preload(ctx, m.Objects); err != nil {
		return nil, err
	}
	order := ordered(m.Objects)
	verdicts := make([]Verdict, len(m.Objects))
	for open := order; len(open) > 0; {
		var refused []int
		for _, i := range open {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			var err error
			if verdicts[i], err = r.apply(ctx, m.Objects[i]); err != nil {
				return nil, err
			}
			if !verdicts[i].Admitted() {
				refused = append(refused, i)
			}
		}
		if len(refused) == len(open) {
			break
		}
		open = refused
	}
	return verdicts, r.Stand(ctx, verdicts)
}

// many is from how many objects of a kind on a namespace is read at once rather than object by object.
const many = 10

// preload has the world read what it would be asked for one by one.
func (r *Reviewer) preload(ctx context.Context, objects []manifests.Object) error {
	type place struct{ kind, namespace string }
	counts := map[place]int{}
	for _, o := range objects {
		p := place{o.GetKind(), o.GetNamespace()}
		if counts[p]++; counts[p] != many {
			continue
		}
		if _, err := r.list(ctx, p.kind, p.namespace, labels.Everything()); err != nil {
			return err
		}
	}
	return nil
}

// Remove judges the deletion of objects, in their order, and takes those from the world that may go. What is not there is left out.
func (r *Reviewer) Remove(ctx context.Context, objects ...manifests.Object) ([]Verdict, error) {
	var verdicts []Verdict
	for _, o := range objects {
		typed, err := blankOf(o.GetKind())
		if err != nil {
			return nil, err
		}
		if err := r.world.Get(ctx, o.Key(), typed); client.IgnoreNotFound(err) != nil {
			return nil, err
		} else if err != nil {
			continue
		}
		v, err := r.remove(ctx, typed)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// Prune judges the deletion of what the world has in these namespaces, is selected, and is not kept. Bindings go first, and back offices last.
func (r *Reviewer) Prune(ctx context.Context, keep []manifests.Object, selector labels.Selector) ([]Verdict, error) {
	kept, namespaces := map[string]bool{}, map[string]bool{}
	for _, o := range keep {
		kept[o.GetKind()+" "+o.Key().String()] = true
		namespaces[o.GetNamespace()] = true
	}
	var gone []manifests.Object
	for _, kind := range []string{"RoleBinding", "BackOfficeUser", "PermissionSet", "BackOffice"} {
		for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
			objects, err := r.list(ctx, kind, namespace, selector)
			if err != nil {
				return nil, err
			}
			for _, o := range objects {
				if kept[kind+" "+client.ObjectKeyFromObject(o).String()] {
					continue
				}
				gone = append(gone, manifests.Object{Unstructured: named(kind, o)})
			}
		}
	}
	return r.Remove(ctx, gone...)
}

// named is an object of which the name alone is known.
func named(kind string, o client.Object) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	u.SetNamespace(o.GetNamespace())
	u.SetName(o.GetName())
	return u
}

func (r *Reviewer) list(ctx context.Context, kind, namespace string, selector labels.Selector) ([]client.Object, error) {
	in := []client.ListOption{client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector}}
	switch kind {
	case "RoleBinding":
		var l v1alpha1.RoleBindingList
		err := r.world.List(ctx, &l, in...)
		return pointers(l.Items), err
	case "BackOfficeUser":
		var l v1alpha1.BackOfficeUserList
		err := r.world.List(ctx, &l, in...)
		return pointers(l.Items), err
	case "PermissionSet":
		var l v1alpha1.PermissionSetList
		err := r.world.List(ctx, &l, in...)
		return pointers(l.Items), err
	default:
		var l v1alpha1.BackOfficeList
		err := r.world.List(ctx, &l, in...)
		return pointers(l.Items), err
	}
}

func pointers[T any, P interface {
	*T
	client.Object
}](items []T) []client.Object {
	var all []client.Object
	for i := range items {
		all = append(all, P(&items[i]))
	}
	return all
}

// Stand writes into verdicts what is not in force of the objects that were admitted, by the world as it is now.
func (r *Reviewer) Stand(ctx context.Context, verdicts []Verdict) error {
	for i := range verdicts {
		v := &verdicts[i]
		if !v.Admitted() || v.Operation == Delete {
			continue
		}
		o, err := blankOf(v.GetKind())
		if err != nil {
			return err
		}
		if err := r.world.Get(ctx, v.Key(), o); err != nil {
			return err
		}
		if v.Withheld, err = r.standing(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// namespace has the world hold a namespace of the manifests, with the labels that it has there besides those that it has already.
func (r *Reviewer) namespace(ctx context.Context, m *metav1.PartialObjectMetadata) error {
	known := gather.NamespaceMetadata()
	if err := r.world.Get(ctx, client.ObjectKey{Name: m.Name}, known); client.IgnoreNotFound(err) != nil {
		return err
	}
	r.world.Put(Namespace(m.Name, known.Labels, m.Labels))
	return nil
}

// Namespace is a namespace with these labels and the one that every namespace has.
func Namespace(name string, all ...map[string]string) *metav1.PartialObjectMetadata {
	m := gather.NamespaceMetadata()
	m.Name, m.UID = name, types.UID(name)
	m.Labels = map[string]string{corev1.LabelMetadataName: name}
	for _, of := range all {
		maps.Copy(m.Labels, of)
	}
	return m
}

// ordered are the objects by what needs what: back offices, sets after those that they extend, users, bindings.
func ordered(objects []manifests.Object) []int {
	sets := map[string]manifests.Object{}
	for _, o := range objects {
		if o.GetKind() == "PermissionSet" {
			sets[o.Key().String()] = o
		}
	}
	depths := map[string]int{}
	order := make([]int, len(objects))
	depth := make([]int, len(objects))
	for i, o := range objects {
		order[i] = i
		if o.GetKind() == "PermissionSet" {
			depth[i] = depthOf(o, sets, depths)
		}
	}
	kinds := []string{"BackOffice", "PermissionSet", "BackOfficeUser", "RoleBinding"}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, objects[a].GetKind()), slices.Index(kinds, objects[b].GetKind())), cmp.Compare(depth[a], depth[b]))
	})
	return order
}

// depthOf is how many sets an object stands on; in a circle that is any number.
func depthOf(o manifests.Object, sets map[string]manifests.Object, depths map[string]int) int {
	key := o.Key().String()
	if depth, known := depths[key]; known {
		return depth
	}
	depths[key] = 0 // ends a circle
	deepest := 0
	typed, err := o.Typed()
	set, is := typed.(*v1alpha1.PermissionSet)
	if err != nil || !is {
		return 0
	}
	for _, ref := range set.Spec.Extends {
		if parent, here := sets[ref.In(set.Namespace).String()]; here {
			deepest = max(deepest, depthOf(parent, sets, depths)+1)
		}
	}
	depths[key] = deepest
	return deepest
}
