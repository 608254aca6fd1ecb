// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Newcomers reads from a cache and, where a BackOffice or a namespace is not there, from the API server: one request may bring them along with
// their objects, faster than any cache learns of them.
type Newcomers struct {
	client.Reader
	Live client.Reader
}

// Get implements client.Reader.
func (n Newcomers) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	err := n.Reader.Get(ctx, key, into, opts...)
	if !apierrors.IsNotFound(err) || len(content.IsPathSegmentName(key.Name))+len(content.IsPathSegmentName(key.Namespace)) > 0 {
		return err // nothing can have such a name
	}
	switch into.(type) {
	case *v1alpha1.BackOffice, *metav1.PartialObjectMetadata:
		return n.Live.Get(ctx, key, into)
	}
	return err
}
