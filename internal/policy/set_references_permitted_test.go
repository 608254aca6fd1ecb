// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBoundSetPermitted(t *testing.T) {
	to := func(set string, known *v1alpha1.PermissionSet) BindingInput {
		return BindingInput{New: testkit.Binding("b", "team", testkit.InOffice("shop/shop"), testkit.ToSet(set)), NewSet: known}
	}
	const at = "Refuse ReferenceNotPermitted spec.permissionSetRef: Forbidden: "
	ruleCases[BindingInput]{
		"of its own namespace":             {to("s", testkit.Set("s", "team", testkit.InOffice("shop/shop"))), nil},
		"of the back office's namespace":   {to("shop/s", testkit.Set("s", "shop")), nil},
		"one that does not exist (yet)":    {to("s", nil), nil},
		"of a third namespace":             {to("third/s", nil), []string{at + `PermissionSet third/s may not be named here: only sets of namespace "team" and of the BackOffice's namespace "shop" may`}},
		"of a third namespace, if it is":   {to("third/s", testkit.Set("s", "third", testkit.InOffice("shop/shop"))), []string{at + `PermissionSet third/s may not be named here: only sets of namespace "team" and of the BackOffice's namespace "shop" may`}},
		"of another back office":           {to("shop/s", testkit.Set("s", "shop", testkit.InOffice("desk"))), []string{at + "PermissionSet shop/s belongs to BackOffice shop/desk, and not to shop/shop"}},
		"of another one of the same name":  {to("s", testkit.Set("s", "team", testkit.InOffice("shop"))), []string{at + "PermissionSet team/s belongs to BackOffice team/shop, and not to shop/shop"}},
		"of its own namespace, in so many": {to("team/s", testkit.Set("s", "team", testkit.InOffice("shop/shop"))), nil},
	}.run(t, BoundSetPermitted)
}

func TestExtendedSetsPermitted(t *testing.T) {
	ruleCases[SetInput]{
		"of its own and of the back office's namespace": {SetInput{New: testkit.Set("s", "team", testkit.InOffice("shop/shop"), testkit.Extends("a", "shop/b"))}, nil},
		"of third ones": {SetInput{New: testkit.Set("s", "team", testkit.InOffice("shop/shop"), testkit.Extends("third/a", "x", "fourth/b"))}, []string{
			`Refuse ReferenceNotPermitted spec.extends[0]: Forbidden: PermissionSet third/a may not be named here: only sets of namespace "team" and of the BackOffice's namespace "shop" may`,
			`Refuse ReferenceNotPermitted spec.extends[2]: Forbidden: PermissionSet fourth/b may not be named here: only sets of namespace "team" and of the BackOffice's namespace "shop" may`,
		}},
	}.run(t, ExtendedSetsPermitted)
}
