// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// User reads a user of the namespace. It is shared with the reader where that is a world.
func (s *Session) User(ctx context.Context, r client.Reader, name string) (*v1alpha1.BackOfficeUser, error) {
	namespace, err := s.Namespace()
	if err != nil {
		return nil, err
	}
	u := &v1alpha1.BackOfficeUser{}
	switch err := r.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, u); {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("no BackOfficeUser %q in namespace %q: name another namespace by -n, or look for it by kubectl backoffice list -A", name, namespace)
	case err != nil:
		return nil, fmt.Errorf("reading BackOfficeUser %s/%s: %w", namespace, name, err)
	}
	return u, nil
}
