// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// reader reads from a view as controller-runtime's cache does without deep copies: what it returns is shared.
type reader struct {
	at      *view
	indexes [kinds]map[string]client.IndexerFunc
}

func newReader(ctx context.Context, at *view) *reader {
	r := &reader{at: at}
	if err := gather.SetupIndexes(ctx, r); err != nil {
		panic(err)
	}
	return r
}

// reading is the same reader of another view.
func (r *reader) reading(at *view) *reader { return &reader{at: at, indexes: r.indexes} }

// IndexField implements [client.FieldIndexer].
func (r *reader) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	k := kindOf(o)
	if r.indexes[k] == nil {
		r.indexes[k] = map[string]client.IndexerFunc{}
	}
	r.indexes[k][field] = values
	return nil
}

func kindOf(o any) kind {
	switch o.(type) {
	case *v1alpha1.BackOffice, *v1alpha1.BackOfficeList:
		return officeKind
	case *v1alpha1.BackOfficeUser, *v1alpha1.BackOfficeUserList:
		return userKind
	case *v1alpha1.PermissionSet, *v1alpha1.PermissionSetList:
		return setKind
	case *v1alpha1.RoleBinding, *v1alpha1.RoleBindingList:
		return bindingKind
	case *metav1.PartialObjectMetadata, *corev1.Namespace:
		return namespaceKind
	}
	panic(fmt.Sprintf("the cluster has no %T", o))
}

// Get implements [client.Reader].
func (r *reader) Get(_ context.Context, name client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	k := kindOf(into)
	found := r.at.find(k, name)
	if found == nil {
		return apierrors.NewNotFound(schema.GroupResource{Resource: k.String()}, name.String())
	}
	switch into := into.(type) {
	case *v1alpha1.BackOffice:
		*into = *backOffice(found)
	case *v1alpha1.BackOfficeUser:
		*into = *user(found)
	case *v1alpha1.PermissionSet:
		*into = *set(found)
	case *v1alpha1.RoleBinding:
		*into = *binding(found)
	case *metav1.PartialObjectMetadata:
		*into = *found.obj.(*metav1.PartialObjectMetadata)
	case *corev1.Namespace:
		into.ObjectMeta = found.obj.(*metav1.PartialObjectMetadata).ObjectMeta
	}
	return nil
}

// List implements [client.Reader].
func (r *reader) List(_ context.Context, into client.ObjectList, opts ...client.ListOption) error {
	options := client.ListOptions{}
	options.ApplyOptions(opts)
	k := kindOf(into)
	for _, found := range r.at.objects[k] {
		if !r.matches(k, found, options) {
			continue
		}
		if options.Limit > 0 && int64(length(into)) >= options.Limit {
			break
		}
		switch into := into.(type) {
		case *v1alpha1.BackOfficeList:
			into.Items = append(into.Items, *backOffice(found))
		case *v1alpha1.BackOfficeUserList:
			into.Items = append(into.Items, *user(found))
		case *v1alpha1.PermissionSetList:
			into.Items = append(into.Items, *set(found))
		case *v1alpha1.RoleBindingList:
			into.Items = append(into.Items, *binding(found))
		}
	}
	return nil
}

func length(list client.ObjectList) int {
	switch list := list.(type) {
	case *v1alpha1.BackOfficeList:
		return len(list.Items)
	case *v1alpha1.BackOfficeUserList:
		return len(list.Items)
	case *v1alpha1.PermissionSetList:
		return len(list.Items)
	case *v1alpha1.RoleBindingList:
		return len(list.Items)
	}
	return 0
}

func (r *reader) matches(k kind, found *version, options client.ListOptions) bool {
	if options.Namespace != "" && options.Namespace != found.name.Namespace {
		return false
	}
	if options.LabelSelector != nil && !options.LabelSelector.Matches(labels.Set(found.obj.GetLabels())) {
		return false
	}
	if options.FieldSelector == nil {
		return true
	}
	for _, want := range options.FieldSelector.Requirements() {
		if !slices.Contains(r.values(k, found, want.Field), want.Value) {
			return false
		}
	}
	return true
}

func (r *reader) values(k kind, found *version, field string) []string {
	if values, known := found.index[field]; known {
		return values
	}
	index, ok := r.indexes[k][field]
	if !ok {
		panic(fmt.Sprintf("%s has no index %q", k, field)) // the real cache refuses, too
	}
	if found.index == nil {
		found.index = map[string][]string{}
	}
	found.index[field] = index(found.obj)
	return found.index[field]
}
