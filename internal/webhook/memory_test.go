// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"reflect"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// memory is a cache without a cluster: it holds objects as they are, and has the indexes that it is asked for.
type memory struct {
	objects map[reflect.Type]map[client.ObjectKey]client.Object
	values  map[reflect.Type]map[string]client.IndexerFunc
	index   map[string][]client.Object // by type, field and value
}

func remember(ctx context.Context, objects ...client.Object) *memory {
	m := &memory{
		objects: map[reflect.Type]map[client.ObjectKey]client.Object{}, values: map[reflect.Type]map[string]client.IndexerFunc{},
		index: map[string][]client.Object{},
	}
	if err := gather.SetupIndexes(ctx, m); err != nil {
		panic(err)
	}
	for _, o := range objects {
		m.add(o)
	}
	return m
}

// IndexField implements client.FieldIndexer.
func (m *memory) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	t := reflect.TypeOf(o)
	if m.values[t] == nil {
		m.values[t] = map[string]client.IndexerFunc{}
	}
	m.values[t][field] = values
	return nil
}

func (m *memory) add(o client.Object) {
	t := reflect.TypeOf(o)
	if m.objects[t] == nil {
		m.objects[t] = map[client.ObjectKey]client.Object{}
	}
	m.objects[t][client.ObjectKeyFromObject(o)] = o
	for field, values := range m.values[t] {
		for _, value := range values(o) {
			m.index[indexed(t, field, value)] = append(m.index[indexed(t, field, value)], o)
		}
	}
}

func indexed(t reflect.Type, field, value string) string {
	return t.String() + " " + field + "=" + value
}

// Get implements client.Reader.
func (m *memory) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	o := m.objects[reflect.TypeOf(into)][key]
	if o == nil {
		return apierrors.NewNotFound(schema.GroupResource{}, key.String())
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(o).Elem())
	return nil
}

// List implements client.Reader, for lists by an index.
func (m *memory) List(_ context.Context, into client.ObjectList, opts ...client.ListOption) error {
	o := (&client.ListOptions{}).ApplyOptions(opts)
	requirement := o.FieldSelector.Requirements()[0]
	switch into := into.(type) {
	case *v1alpha1.BackOfficeUserList:
		into.Items = matching[v1alpha1.BackOfficeUser](m, o, requirement.Field, requirement.Value)
	case *v1alpha1.PermissionSetList:
		into.Items = matching[v1alpha1.PermissionSet](m, o, requirement.Field, requirement.Value)
	case *v1alpha1.RoleBindingList:
		into.Items = matching[v1alpha1.RoleBinding](m, o, requirement.Field, requirement.Value)
	default:
		return fmt.Errorf("no list of %T", into)
	}
	return nil
}

func matching[T any, P interface {
	*T
	client.Object
}](m *memory, o *client.ListOptions, field, value string) []T {
	var items []T
	for _, object := range m.index[indexed(reflect.TypeFor[P](), field, value)] {
		if (o.Namespace == "" || o.Namespace == object.GetNamespace()) &&
			(o.LabelSelector == nil || o.LabelSelector.Matches(labels.Set(object.GetLabels()))) {
			items = append(items, *object.(P))
		}
	}
	return items
}

// reviews answer who has the verb escalate, and count the questions.
type reviews struct {
	escalators map[string]bool
	asked      int
}

// Create implements gather.Reviews.
func (r *reviews) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	review := o.(*authorizationv1.SubjectAccessReview)
	r.asked++
	review.Status.Allowed = r.escalators[review.Spec.User]
	return nil
}
