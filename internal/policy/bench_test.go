// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// BenchmarkDecision measures one decision of each admission chain, from facts that are there to violations. Each request is admitted, by who may
// do it by one of three delegations, so that every rule is asked; what is large is as large as the schema permits.
func BenchmarkDecision(b *testing.B) {
	actor := lea(rank(0, "store-app"), rank(4, "default").giving("orders", "stock"), rank(9).giving("*"))
	shop := office(testkit.IPPolicy(v1alpha1.IPPolicy{Required: true, Within: []string{"203.0.113.0/24"}, MinPrefixIPv4: new(int32(24))}))
	user := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
		return testkit.User("ann", "team", append(mods, testkit.InOffice("shop/shop"), testkit.IPs("203.0.113.7", "203.0.113.128/28"))...)
	}
	protection := Protection{through("support", "default", 5), through("store", "store-app", 3)}
	users := UserInput{
		Old: user(), New: user(testkit.Labels("team", "support")), Office: shop, Terms: ceiling(4, "orders", "stock"),
		OldProtection: protection, NewProtection: protection, Actor: actor,
	}
	b.Run("user", func(b *testing.B) { decide(b, UserAdmission, users) })

	for _, n := range []int{3, 1024} {
		b.Run(fmt.Sprintf("binding with %d users", n), func(b *testing.B) { decide(b, BindingAdmission, bindingOf(n, shop, actor)) })
	}
	for _, n := range []int{20, 4096} {
		b.Run(fmt.Sprintf("set of %d permissions", n), func(b *testing.B) { decide(b, SetAdmission, setOf(n, shop, actor)) })
	}
	permitted := actor
	permitted.Escalation = EscalationPermitted
	b.Run("back office", func(b *testing.B) { decide(b, OfficeAdmission, OfficeInput{Old: shop, New: shop, Actor: permitted}) })
}

func decide[In any](b *testing.B, chain Chain[In], in In) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if violations := chain.Evaluate(in); len(violations) > 0 {
			b.Fatalf("the decision is another one than is to be measured: %v", said(violations))
		}
	}
}

// bindingOf is a binding of n users, all of whom are looked at, which comes to grant more.
func bindingOf(n int, shop *v1alpha1.BackOffice, actor Actor) BindingInput {
	in := BindingInput{Office: shop, Terms: ceiling(4, "orders", "stock"), Actor: actor}
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("user-", i))
		in.Subjects = append(in.Subjects, Subject{
			Name: names[i], AccountType: v1alpha1.AccountStaff, Protection: Protection{through("support", "default", 5)},
		})
	}
	binding := func(grants ...string) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "team", testkit.InOffice("shop/shop"), testkit.ToSet("shop/s"), testkit.ForUsers(names...), testkit.Grants(grants...))
	}
	in.Old, in.New = binding("orders"), binding("orders", "stock=Write")
	in.OldSet = testkit.Set("s", "shop")
	in.NewSet = in.OldSet
	return in
}

// setOf is a set of n permissions which inherits from a chain of three sets, and comes to give one more.
func setOf(n int, shop *v1alpha1.BackOffice, actor Actor) SetInput {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf("orders/kind-%d=Write", i))
	}
	set := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "team", append(mods, testkit.InOffice("shop/shop"), testkit.Extends("shop/a"))...)
	}
	above := func(name string, mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set(name, "shop", append(mods, testkit.Permissions("stock/"+name), testkit.Deny("clients/export"))...)
	}
	in := changeOf(set(testkit.Permissions(entries[1:]...)), set(testkit.Permissions(entries...)),
		above("a", testkit.Extends("b")), above("b", testkit.Extends("c")), above("c"))
	in.Office, in.Terms, in.Actor = shop, ceiling(4, "orders", "stock"), actor
	return in
}
