// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func TestExtendsAcyclic(t *testing.T) {
	in := func(cycle ...string) SetInput { return SetInput{NewAncestry: access.Ancestry{Cycle: cycle}} }
	const refused = "Refuse ExtendsCycle spec.extends: Invalid value: the set would extend itself: "
	ruleCases[SetInput]{
		"no cycle":  {in(), nil},
		"itself":    {in("shop/a"), []string{refused + "shop/a -> shop/a"}},
		"over more": {in("shop/a", "shop/b", "shop/c"), []string{refused + "shop/a -> shop/b -> shop/c -> shop/a"}},
	}.run(t, ExtendsAcyclic)
}
