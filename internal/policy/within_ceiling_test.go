// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const help = ` (spec.namespaces[1] of BackOffice shop/shop): ask the owner of the BackOffice to raise the ceiling, or hand out less`

func TestBindingWithinCeiling(t *testing.T) {
	of := func(terms Terms, set *v1alpha1.PermissionSet, grants ...string) BindingInput {
		return BindingInput{
			New: testkit.Binding("b", "team", testkit.InOffice("shop/shop"), testkit.ToSet("shop/s"), testkit.Grants(grants...)), NewSet: set,
			Office: office(), Terms: terms, Actor: lea(rank(0).giving("*")),
		}
	}
	ranked := func(r int32, family string) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", testkit.Rank(r), testkit.Family(family), testkit.Permissions("users=Write"))
	}
	nowhere := of(ceiling(4), ranked(0, "x"), "orders")
	nowhere.Office = nil
	const at, top = "Refuse CeilingExceeded spec.", `, and the ceiling of namespace "team" is rank 4` + help
	ruleCases[BindingInput]{
		"a missing back office has no ceiling":    {nowhere, nil},
		"without a ceiling":                       {of(Terms{Admitted: true}, ranked(0, "x"), "orders"), nil},
		"a set at the ceiling, whatever it gives": {of(ceiling(4), ranked(4, "x")), nil},
		"a set that is to come":                   {of(ceiling(4), nil), nil},
		"grants that the ceiling names":           {of(ceiling(4, "orders"), ranked(4, "x"), "orders/refund=Write", "orders"), nil},
		"grants that take out":                    {of(ceiling(4), ranked(4, "x"), "orders=None"), nil},
		"a stronger set, in whatever family":      {of(ceiling(4), ranked(3, "z")), []string{at + "permissionSetRef: Forbidden: set shop/s has rank 3" + top}},
		"grants beyond it": {of(ceiling(4, "orders/refund"), ranked(4, "x"), "orders", "stock=Write"), []string{
			at + "grants[orders]: Forbidden: orders Read is not among the permissions that grants of this namespace may give" + top,
			at + "grants[stock]: Forbidden: stock Write is not among the permissions that grants of this namespace may give" + top,
		}},
		"grants of a binding whose set is to come": {of(ceiling(4), nil, "orders"), []string{
			at + "grants[orders]: Forbidden: orders Read is not among the permissions that grants of this namespace may give" + top,
		}},
	}.run(t, BindingWithinCeiling)
}

func TestSetWithinCeiling(t *testing.T) {
	s := func(r int32, mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "team", append([]testkit.Mod{testkit.InOffice("shop/shop"), testkit.Rank(r)}, mods...)...)
	}
	boss := testkit.Set("boss", "shop", testkit.Rank(1), testkit.Permissions("users=Write"))
	mid := testkit.Set("mid", "shop", testkit.Rank(8), testkit.Extends("boss"))
	under := func(terms Terms, in SetInput) SetInput {
		in.Terms, in.Actor = terms, lea(rank(0).giving("*"))
		return in
	}
	nowhere := under(ceiling(4), changeOf(nil, s(0)))
	nowhere.Office = nil
	unlisted := under(ceiling(4), changeOf(nil, s(3, testkit.Permissions("orders"))))
	unlisted.Sets, unlisted.NewAncestry.Distance = nil, nil
	const at, top = "Refuse CeilingExceeded spec.", `, and the ceiling of namespace "team" is rank 4` + help
	beyond := func(field, what string) string {
		return at + field + ": Forbidden: " + what + " are not among the permissions that sets of this namespace may give" + top
	}
	ruleCases[SetInput]{
		"a missing back office has no ceiling":    {nowhere, nil},
		"without a ceiling":                       {under(Terms{Admitted: true}, changeOf(nil, s(0, testkit.Permissions("orders")))), nil},
		"a set that gives nothing":                {under(ceiling(4), changeOf(nil, s(4, testkit.Deny("orders"), testkit.Permissions("orders=None")))), nil},
		"what the ceiling names":                  {under(ceiling(4, "orders"), changeOf(nil, s(9, testkit.Permissions("orders/refund=Write")))), nil},
		"a stronger set":                          {under(ceiling(4), changeOf(nil, s(3))), []string{at + "rank: Forbidden: set team/s has rank 3" + top}},
		"also where nobody has listed it":         {unlisted, []string{at + "rank: Forbidden: set team/s has rank 3" + top, beyond("permissions[orders]", "orders Read")}},
		"what the ceiling does not name, at once": {under(ceiling(4, "orders"), changeOf(nil, s(4, testkit.Permissions("orders", "stock=Write", "users")))), []string{beyond("permissions[stock]", "stock Write, users Read")}},
		"nor what the set denies to its holders":  {under(ceiling(4), changeOf(nil, s(4, testkit.Permissions("stock"), testkit.Deny("stock")))), []string{beyond("permissions[stock]", "stock Read")}},
		"what it inherits, however far": {under(ceiling(4, "orders"), changeOf(nil, s(4, testkit.Extends("shop/mid")), mid, boss)), []string{
			at + "extends: Forbidden: set shop/boss has rank 1" + top, beyond("extends", "users Write"),
		}},
		"but for what it takes out itself": {under(ceiling(1), changeOf(nil, s(4, testkit.Extends("shop/mid"), testkit.Permissions("users=None")), mid, boss)), nil},
	}.run(t, SetWithinCeiling)
}

// A ceiling may be lowered below what is there: that may be made less, and not more.
func TestCeilingsAfterAChange(t *testing.T) {
	s := func(r int32, entries ...string) *v1alpha1.PermissionSet {
		return testkit.Set("s", "team", testkit.InOffice("shop/shop"), testkit.Rank(r), testkit.Permissions(entries...))
	}
	for sentence, c := range map[string]struct {
		old, obj *v1alpha1.PermissionSet
		refused  bool
	}{
		"it stays as it is":            {s(3, "stock", "users"), s(3, "stock", "users"), false},
		"it gives less":                {s(3, "stock", "users"), s(3, "users"), false},
		"it gives something else, too": {s(3, "stock", "users"), s(3, "stock", "users", "clients"), true},
		"it gives something else":      {s(3, "stock"), s(3, "clients"), true},
		"it gives more of it":          {s(3, "stock"), s(3, "stock=Write"), true},
		"it gets stronger":             {s(3), s(2), true},
		"it gets weaker":               {s(2), s(5), false},
		"it was within":                {s(4), s(3), true},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := changeOf(c.old, c.obj)
			in.Terms = ceiling(4)
			NewWithT(t).Expect(FieldErrors(changed(SetWithinCeiling)(in)) != nil).To(Equal(c.refused))
		})
	}
	b := func(grants ...string) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "team", testkit.InOffice("shop/shop"), testkit.ToSet("shop/s"), testkit.Grants(grants...))
	}
	in := BindingInput{Old: b("stock"), New: b("stock"), OldSet: s(3), NewSet: s(3), Office: office(), Terms: ceiling(4)}
	g := NewWithT(t)
	g.Expect(findings(changed(BindingWithinCeiling)(in))).To(Equal([]string{"Warn CeilingExceeded spec.permissionSetRef", "Warn CeilingExceeded spec.grants[stock]"}))
	in.New, in.NewSet = b("users"), s(2)
	g.Expect(findings(changed(BindingWithinCeiling)(in))).To(Equal([]string{"Refuse CeilingExceeded spec.permissionSetRef", "Refuse CeilingExceeded spec.grants[users]"}))
}
