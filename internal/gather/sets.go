// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Include judges sets with all that they inherit from: the world has each of them, withheld where something withholds it.
func (j *Judge) Include(ctx context.Context, sets ...*v1alpha1.PermissionSet) error {
	for _, s := range sets {
		if err := j.include(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
