// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// kind is one of the kinds of objects that the cluster has. Each has a watch of its own.
type kind int

const (
	officeKind kind = iota
	userKind
	setKind
	bindingKind
	namespaceKind
	kinds
)

var kindNames = [kinds]string{"BackOffice", "BackOfficeUser", "PermissionSet", "RoleBinding", "Namespace"}

func (k kind) String() string { return kindNames[k] }

// version is one state of one object. Nothing in it changes once it is in a view; raw, index and plain are made when they are first asked for.
type version struct {
	name types.NamespacedName
	obj  client.Object
	// memo is what the oracle remembers of how the object came into this state.
	memo  any
	raw   []byte
	index map[string][]string
	plain *version
}

func versionOf(o client.Object, memo any) *version {
	return &version{name: client.ObjectKeyFromObject(o), obj: o, memo: memo}
}

// view is a state of the cluster: the true one, or one that a cache shows. Copies share what they have in common, and do not disturb each other.
type view struct {
	objects [kinds][]*version
}

func (v *view) search(k kind, name types.NamespacedName) (int, bool) {
	return slices.BinarySearchFunc(v.objects[k], name, func(have *version, want types.NamespacedName) int {
		return cmp.Or(cmp.Compare(have.name.Namespace, want.Namespace), cmp.Compare(have.name.Name, want.Name))
	})
}

// find returns nil where there is no such object.
func (v *view) find(k kind, name types.NamespacedName) *version {
	if i, ok := v.search(k, name); ok {
		return v.objects[k][i]
	}
	return nil
}

// put adds or replaces an object.
func (v *view) put(k kind, to *version) {
	i, found := v.search(k, to.name)
	objects := slices.Clone(v.objects[k])
	if found {
		objects[i] = to
	} else {
		objects = slices.Insert(objects, i, to)
	}
	v.objects[k] = objects
}

// drop removes an object, if it is there.
func (v *view) drop(k kind, name types.NamespacedName) {
	if i, found := v.search(k, name); found {
		v.objects[k] = slices.Delete(slices.Clone(v.objects[k]), i, i+1)
	}
}

// with is the view with one object in another state.
func (v *view) with(k kind, to *version) *view {
	changed := *v
	changed.put(k, to)
	return &changed
}

func user(v *version) *v1alpha1.BackOfficeUser   { return v.obj.(*v1alpha1.BackOfficeUser) }
func set(v *version) *v1alpha1.PermissionSet     { return v.obj.(*v1alpha1.PermissionSet) }
func binding(v *version) *v1alpha1.RoleBinding   { return v.obj.(*v1alpha1.RoleBinding) }
func backOffice(v *version) *v1alpha1.BackOffice { return v.obj.(*v1alpha1.BackOffice) }

// labelsOf are the labels of a namespace.
func (v *view) labelsOf(namespace string) map[string]string {
	if found := v.find(namespaceKind, types.NamespacedName{Name: namespace}); found != nil {
		return found.obj.(*metav1.PartialObjectMetadata).Labels
	}
	return nil
}

// officeRef is the back office that an object belongs to.
func officeRef(o client.Object) types.NamespacedName {
	switch o := o.(type) {
	case *v1alpha1.BackOfficeUser:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	case *v1alpha1.PermissionSet:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	case *v1alpha1.RoleBinding:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	}
	return client.ObjectKeyFromObject(o)
}

// change is an event of a watch. Without a state it is a deletion.
type change struct {
	name types.NamespacedName
	to   *version
}

// watched is the truth, and a cache that follows it by one watch a kind.
type watched struct {
	truth  view
	log    [kinds][]change
	cached view
	seen   [kinds]int
}

func (w *watched) commit(k kind, to *version) {
	w.truth.put(k, to)
	w.log[k] = append(w.log[k], change{to.name, to})
}

func (w *watched) remove(k kind, name types.NamespacedName) {
	w.truth.drop(k, name)
	w.log[k] = append(w.log[k], change{name: name})
}

// pending is how many events of a kind the cache has not seen.
func (w *watched) pending(k kind) int { return len(w.log[k]) - w.seen[k] }

// deliver shows the cache the next events of a kind.
func (w *watched) deliver(k kind, events int) {
	for range events {
		event := w.log[k][w.seen[k]]
		w.seen[k]++
		if event.to == nil {
			w.cached.drop(k, event.name)
		} else {
			w.cached.put(k, event.to)
		}
	}
}

// catchUp shows the cache all there is.
func (w *watched) catchUp() {
	w.cached = w.truth
	for k := range kinds {
		w.seen[k] = len(w.log[k])
	}
}

// behind tells whether the cache has something to see.
func (w *watched) behind() bool {
	for k := range kinds {
		if w.pending(k) > 0 {
			return true
		}
	}
	return false
}
