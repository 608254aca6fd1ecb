// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Namespaces are those whose objects the operator looks after; empty are all. Where they are listed, the operator may have no rights outside of them:
// it reads no labels of namespaces, so that a BackOffice has to list namespaces by name.
type Namespaces []string

// Listed tells whether there are namespaces that the operator does not look after.
func (n Namespaces) Listed() bool { return len(n) > 0 }

// Watch tells whether the operator looks after the objects of a namespace.
func (n Namespaces) Watch(namespace string) bool {
	return !n.Listed() || slices.Contains(n, namespace)
}

// Within reads by r what is in these namespaces. Nothing is found in others, with an error that IsUnwatched tells from the usual one.
func (n Namespaces) Within(r client.Reader) client.Reader {
	if !n.Listed() {
		return r
	}
	return within{r, n}
}

type within struct {
	client.Reader
	namespaces Namespaces
}

// Get implements client.Reader. The metadata of a namespace is where the namespace is.
func (w within) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	namespace := key.Namespace
	if _, metadata := into.(*metav1.PartialObjectMetadata); metadata && namespace == "" {
		namespace = key.Name
	}
	if !w.namespaces.Watch(namespace) {
		return NewUnwatched(key)
	}
	return w.Reader.Get(ctx, key, into, opts...)
}

// unwatched is the answer to who asks for an object of a namespace that is not watched.
type unwatched struct{ *apierrors.StatusError }

// NewUnwatched returns an error for which both IsUnwatched and apierrors.IsNotFound hold.
func NewUnwatched(key client.ObjectKey) error {
	return unwatched{apierrors.NewNotFound(schema.GroupResource{Resource: "object"}, fmt.Sprintf("%s in a namespace that is not watched", key))}
}

// Unwrap returns the error that says that nothing was found.
func (u unwatched) Unwrap() error { return u.StatusError }

// IsUnwatched tells whether nothing was found because nobody looks there: the object may exist.
func IsUnwatched(err error) bool {
	_, is := err.(unwatched) //nolint:errorlint // It is asked of what a Reader returned.
	return is
}
