// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestKeyFree(t *testing.T) {
	ruleCases[SetInput]{
		"free": {SetInput{New: testkit.Set("viewer", "shop")}, nil},
		"taken": {SetInput{New: testkit.Set("viewer", "shop"), SameKey: []types.NamespacedName{{Namespace: "team", Name: "a"}}}, []string{
			`Warn KeyTaken spec.key: Duplicate value: key "viewer" is that of PermissionSet team/a; this set grants nothing until that one is gone`,
		}},
	}.run(t, KeyFree)
}
