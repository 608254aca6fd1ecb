// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backoffices;backofficeusers;permissionsets;rolebindings,verbs=get;list;watch

// Gatherer reads facts. All that it returns is shared with the cache: never change it.
type Gatherer struct {
	// Reader is the manager's cache, with the indexes of SetupIndexes.
	Reader client.Reader
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

// BindingsOf returns the bindings of the user's namespace and BackOffice that name or select it, in force or not, and not being deleted.
func (g Gatherer) BindingsOf(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]*v1alpha1.RoleBinding, error) {
	var naming, selecting v1alpha1.RoleBindingList
	if err := g.list(ctx, &naming, client.InNamespace(u.Namespace), client.MatchingFields{IndexSubject: u.Name}); err != nil {
		return nil, err
	}
	if err := g.list(ctx, &selecting, client.InNamespace(u.Namespace), client.MatchingFields{IndexSelecting: Selecting}); err != nil {
		return nil, err
	}
	var bindings []*v1alpha1.RoleBinding
	seen := map[string]bool{}
	add := func(b *v1alpha1.RoleBinding) {
		if !seen[b.Name] && b.DeletionTimestamp.IsZero() && officeOfBinding(b) == officeOf(u) {
			seen[b.Name] = true
			bindings = append(bindings, b)
		}
	}
	for i := range naming.Items {
		add(&naming.Items[i])
	}
	for i := range selecting.Items {
		if b := &selecting.Items[i]; selectorOf(b).Matches(labels.Set(u.Labels)) {
			add(b)
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

// selectorOf returns the binding's selector. One that is not well-formed selects nobody: the schema cannot refuse it, a rule does.
func selectorOf(b *v1alpha1.RoleBinding) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return labels.Nothing()
	}
	return selector
}
