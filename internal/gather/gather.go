// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backoffices;backofficeusers;permissionsets;rolebindings,verbs=get;list;watch

// Gatherer reads facts. All that it returns is shared with the cache: never change it.
type Gatherer struct {
	// Reader is the manager's cache, with the indexes of SetupIndexes.
	Reader client.Reader
	// Clock tells which windows are open; nil is the real one.
	Clock clock.PassiveClock
	// Watched are the namespaces that may be looked into.
	Watched Namespaces
}

func (g Gatherer) now() time.Time {
	if g.Clock == nil {
		return clock.RealClock{}.Now()
	}
	return g.Clock.Now()
}

// Office returns the BackOffice that an object of the namespace refers to, nil where it does not exist.
func (g Gatherer) Office(ctx context.Context, ref v1alpha1.BackOfficeReference, namespace string) (*v1alpha1.BackOffice, error) {
	return get(ctx, g.Reader, ref.In(namespace), &v1alpha1.BackOffice{})
}

// Set returns the PermissionSet that an object of the namespace refers to, nil where it does not exist. Whether it may be referred to
// is for the rules to say.
func (g Gatherer) Set(ctx context.Context, ref v1alpha1.PermissionSetReference, namespace string) (*v1alpha1.PermissionSet, error) {
	return get(ctx, g.Reader, ref.In(namespace), &v1alpha1.PermissionSet{})
}

// boundSet returns the set that a binding hands out, nil where it does not exist. One that the binding may not refer to counts as missing.
func (g Gatherer) boundSet(ctx context.Context, b *v1alpha1.RoleBinding) (*v1alpha1.PermissionSet, error) {
	set, err := g.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
	if err != nil || set == nil || !mayName(b, set) {
		return nil, err
	}
	return set, nil
}

// mayName tells whether a binding may refer to a set of that name: one of its BackOffice, in its own namespace or in that of the BackOffice.
func mayName(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) bool {
	office := officeOfBinding(b)
	return officeOfSet(set) == office && (set.Namespace == b.Namespace || set.Namespace == office.Namespace)
}

// BindingsOf returns the bindings of the user's namespace and BackOffice that name or select it, in force or not, and not being deleted.
func (g Gatherer) BindingsOf(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]*v1alpha1.RoleBinding, error) {
	bindings, err := g.allBindingsOf(ctx, u)
	return slices.DeleteFunc(bindings, func(b *v1alpha1.RoleBinding) bool { return !b.DeletionTimestamp.IsZero() }), err
}

// allBindingsOf returns also those that are being deleted: until they are gone the user has what they hand out.
func (g Gatherer) allBindingsOf(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]*v1alpha1.RoleBinding, error) {
	var bindings []*v1alpha1.RoleBinding
	seen := map[string]bool{}
	find := func(index, value string, concerns func(*v1alpha1.RoleBinding) bool) error {
		var list v1alpha1.RoleBindingList
		if err := g.list(ctx, &list, client.InNamespace(u.Namespace), client.MatchingFields{index: value}); err != nil {
			return err
		}
		for i := range list.Items {
			if b := &list.Items[i]; !seen[b.Name] && officeOfBinding(b) == officeOf(u) && concerns(b) {
				seen[b.Name] = true
				bindings = append(bindings, b)
			}
		}
		return nil
	}
	if err := find(IndexSubject, u.Name, func(*v1alpha1.RoleBinding) bool { return true }); err != nil {
		return nil, err
	}
	selects := func(b *v1alpha1.RoleBinding) bool { return selectorOf(b).Matches(labels.Set(u.Labels)) }
	if err := find(IndexSelecting, AnyLabels, selects); err != nil {
		return nil, err
	}
	for key, value := range u.Labels {
		if err := find(IndexSelecting, LabelKey(key, value), selects); err != nil {
			return nil, err
		}
	}
	return bindings, nil
}

// SubjectsOf returns the users of the binding's namespace and BackOffice that it names or selects, not being deleted, each once.
// missing are the names that no such user has.
func (g Gatherer) SubjectsOf(ctx context.Context, b *v1alpha1.RoleBinding) (users []*v1alpha1.BackOfficeUser, missing []string, err error) {
	users, missing, err = g.named(ctx, b)
	if err != nil || b.Spec.Selector == nil {
		return users, missing, err
	}
	seen := map[string]bool{}
	for _, u := range users {
		seen[u.Name] = true
	}
	var selected v1alpha1.BackOfficeUserList
	if err := g.list(ctx, &selected, client.InNamespace(b.Namespace),
		client.MatchingFields{IndexBackOffice: officeOfBinding(b).String()},
		client.MatchingLabelsSelector{Selector: selectorOf(b)}); err != nil {
		return nil, nil, err
	}
	for i := range selected.Items {
		if u := &selected.Items[i]; !seen[u.Name] && u.DeletionTimestamp.IsZero() {
			users = append(users, u)
		}
	}
	return users, missing, nil
}

// named returns the users that the binding names, and the names that no user has.
func (g Gatherer) named(ctx context.Context, b *v1alpha1.RoleBinding) (users []*v1alpha1.BackOfficeUser, missing []string, err error) {
	for _, name := range subjectNames(b) {
		u, err := get(ctx, g.Reader, types.NamespacedName{Namespace: b.Namespace, Name: name}, &v1alpha1.BackOfficeUser{})
		switch {
		case err != nil:
			return nil, nil, err
		case u == nil || !u.DeletionTimestamp.IsZero() || officeOf(u) != officeOfBinding(b):
			missing = append(missing, name)
		default:
			users = append(users, u)
		}
	}
	return users, missing, nil
}

// list reads from the cache without copying what the objects point to.
func (g Gatherer) list(ctx context.Context, into client.ObjectList, opts ...client.ListOption) error {
	if err := g.Reader.List(ctx, into, append(opts, client.UnsafeDisableDeepCopy)...); err != nil {
		return fmt.Errorf("listing %T: %w", into, err)
	}
	return nil
}

// get returns nil where the object does not exist.
func get[T client.Object](ctx context.Context, r client.Reader, name types.NamespacedName, into T) (T, error) {
	var none T
	err := r.Get(ctx, name, into, client.UnsafeDisableDeepCopy)
	if apierrors.IsNotFound(err) {
		return none, nil
	}
	if err != nil {
		return none, fmt.Errorf("reading %T %s: %w", into, name, err)
	}
	return into, nil
}
