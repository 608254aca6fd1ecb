// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Check judges a manifest of one of our kinds by its schema alone, as a new object. Errors do not repeat personal data.
func Check(ctx context.Context, manifest *unstructured.Unstructured) (field.ErrorList, error) {
	kind, u := schemas[manifest.GetKind()](), manifest.DeepCopy()
	if _, err := kind.coerce(u); err != nil {
		return nil, err
	}
	return discreet(kind.created(ctx, u)), nil
}
