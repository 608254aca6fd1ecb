// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestPermissionsInCatalog(t *testing.T) {
	catalogue := office(testkit.Catalog("ROLE_ORDER_READ", "ROLE_ORDER_WRITE", "stock/items/edit"))
	with := func(mods ...testkit.Mod) SetInput {
		return SetInput{New: testkit.Set("s", "shop", mods...), Office: catalogue}
	}
	refused := func(field, message string) string {
		return "Refuse PermissionUnknown " + field + ": Unsupported value: " + message
	}
	ruleCases[SetInput]{
		"an open catalogue has every name":      {SetInput{New: testkit.Set("s", "shop", testkit.Permissions("x")), Office: office()}, nil},
		"a missing back office has every name":  {SetInput{New: testkit.Set("s", "shop", testkit.Permissions("x"))}, nil},
		"an entry is known":                     {with(testkit.Permissions("ROLE_ORDER_READ"), testkit.Deny("ROLE_ORDER_WRITE")), nil},
		"a path above an entry is known":        {with(testkit.Permissions("stock", "stock/items")), nil},
		"an entry that is taken away is known":  {with(testkit.Permissions("ROLE_ORDER_READ=None")), nil},
		"a path below an entry is not":          {with(testkit.Permissions("stock/items/edit/all")), []string{refused("spec.permissions[0].path", "stock/items/edit/all is not in the catalogue of BackOffice shop/shop; did you mean stock/items/edit?")}},
		"the beginning of a name is no parent":  {with(testkit.Permissions("stoc")), []string{refused("spec.permissions[0].path", "stoc is not in the catalogue of BackOffice shop/shop")}},
		"a slip of the pen has a nearest match": {with(testkit.Permissions("ROLE_ORDER_REED")), []string{refused("spec.permissions[0].path", "ROLE_ORDER_REED is not in the catalogue of BackOffice shop/shop; did you mean ROLE_ORDER_READ?")}},
		"all are named at once, denied ones too": {with(testkit.Permissions("ROLE_ORDER_READ", "x"), testkit.Deny("role_order_write")), []string{
			refused("spec.permissions[1].path", "x is not in the catalogue of BackOffice shop/shop"),
			refused("spec.deny[0]", "role_order_write is not in the catalogue of BackOffice shop/shop"),
		}},
	}.run(t, PermissionsInCatalog)
}

func TestPermissionsInCatalogCompareWithoutTheSuggestion(t *testing.T) {
	var entries []string
	for i := range maxSuggestions {
		entries = append(entries, fmt.Sprintf("x%d", i))
	}
	in := SetInput{
		Old:    testkit.Set("s", "shop", testkit.Permissions(append(entries, "ROLE_ORDER_REED")...)), // beyond the last suggestion
		New:    testkit.Set("s", "shop", testkit.Permissions("ROLE_ORDER_REED")),
		Office: office(testkit.Catalog("ROLE_ORDER_READ")),
	}
	NewWithT(t).Expect(FieldErrors(changed[SetInput](PermissionsInCatalog)(in))).To(BeEmpty())
}

func TestPermissionsInCatalogAtItsLimits(t *testing.T) {
	name := func(i int) string { return strings.Repeat("n", 251) + fmt.Sprintf("%05d", i) }
	var catalogue, entries []string
	for i := range 4096 {
		catalogue, entries = append(catalogue, name(i)), append(entries, name(i+10_000))
	}
	in := SetInput{New: testkit.Set("s", "shop", testkit.Permissions(entries...)), Office: office(testkit.Catalog(catalogue...))}
	NewWithT(t).Expect(FieldErrors(PermissionsInCatalog(in))).To(HaveLen(maxErrors + 1))
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 3, 0},
		{"abc", "abc", 3, 0},
		{"abc", "", 4, 3},
		{"", "abc", 4, 3},
		{"kitten", "sitting", 9, 3},
		{"sitting", "kitten", 4, 3},
		{"kitten", "sitting", 3, 3},
		{"kitten", "sitting", 2, 2},
		{"abcdefgh", "xbcdefghy", 3, 2},
		{"abcdefgh", "bcdefghy", 3, 2},
		{"abcdefgh", "stuvwxyz", 8, 8},
	} {
		NewWithT(t).Expect(editDistance(c.a, c.b, c.limit)).To(Equal(c.want), "%s, %s, limit %d", c.a, c.b, c.limit)
	}
}

func TestNearest(t *testing.T) {
	catalogue := []string{"orders", "orders/edit", "stock", "clients/list"}
	for name, want := range map[string]string{
		"orders":      "orders",
		"order":       "orders",
		"odrers/edit": "orders/edit",
		"stokc":       "stock",
		"x":           "",
		"campaigns":   "",
	} {
		t.Run(name, func(t *testing.T) { NewWithT(t).Expect(nearest(name, catalogue)).To(Equal(want)) })
	}
}

func TestBindingPermissionsInCatalog(t *testing.T) {
	catalogue := office(testkit.Catalog("ROLE_ORDER_READ", "stock/items/edit"))
	with := func(mods ...testkit.Mod) BindingInput {
		return BindingInput{New: testkit.Binding("b", "shop", mods...), Office: catalogue}
	}
	ruleCases[BindingInput]{
		"nothing of its own":                   {with(), nil},
		"an open catalogue has every name":     {BindingInput{New: testkit.Binding("b", "shop", testkit.Grants("x"), testkit.Denies("y")), Office: office()}, nil},
		"a missing back office has every name": {BindingInput{New: testkit.Binding("b", "shop", testkit.Grants("x"))}, nil},
		"what is there":                        {with(testkit.Grants("ROLE_ORDER_READ", "stock=None"), testkit.Denies("stock/items")), nil},
		"all that is not": {with(testkit.Grants("stock", "ROLE_ORDER_REED"), testkit.Denies("contacts")), []string{
			"Refuse PermissionUnknown spec.grants[1].path: Unsupported value: ROLE_ORDER_REED is not in the catalogue of BackOffice shop/shop; did you mean ROLE_ORDER_READ?",
			"Refuse PermissionUnknown spec.deny[0]: Unsupported value: contacts is not in the catalogue of BackOffice shop/shop",
		}},
	}.run(t, BindingPermissionsInCatalog)
}

func TestGrantsInCatalogLeavesDenialsInForce(t *testing.T) {
	in := BindingInput{Office: office(testkit.Catalog("orders"))}
	ruleCases[BindingInput]{
		"a denial of what the catalogue does not have any more": {inputOf(in, testkit.Grants("orders"), testkit.Denies("orders", "contacts")), nil},
		"a grant of it": {inputOf(in, testkit.Grants("contacts")), []string{
			"Refuse PermissionUnknown spec.grants[0].path: Unsupported value: contacts is not in the catalogue of BackOffice shop/shop",
		}},
	}.run(t, GrantsInCatalog)
}

func inputOf(in BindingInput, mods ...testkit.Mod) BindingInput {
	in.New = testkit.Binding("b", "shop", mods...)
	return in
}
