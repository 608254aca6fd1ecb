// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// Sets judges sets with all that they inherit from. The world has them by namespace/name, and withheld says of those of the sets that give nothing why
// not, a sentence each.
func (e *Explainer) Sets(ctx context.Context, sets []*v1alpha1.PermissionSet) (world access.World, withheld map[string][]string, err error) {
	if err := e.judge.Include(ctx, sets...); err != nil {
		return nil, nil, err
	}
	withheld = map[string][]string{}
	for _, s := range sets {
		name := client.ObjectKeyFromObject(s).String()
		if why := e.setWithheld(name); len(why) > 0 {
			withheld[name] = why
		}
	}
	return e.judge.World, withheld, nil
}
