// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestActorMayGrant(t *testing.T) {
	b := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("s"), testkit.ForUsers("ann", "bob")}, mods...)...)
	}
	set := testkit.Set("s", "shop")
	of := func(actor Actor, old, obj *v1alpha1.RoleBinding) BindingInput {
		in := BindingInput{Old: old, New: obj, Office: office(), Actor: actor}
		if old != nil {
			in.OldSet = set
		}
		if obj != nil {
			in.NewSet = set
		}
		return in
	}
	orders, bindOnly := lea(rank(5).giving("orders")), lea(rank(5))
	const has = `spec.rank.delegations[0] of BackOffice shop/shop lets it give orders Write. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: `
	refused := func(field, what, why string) []string {
		return []string{"Refuse NotAuthorized spec." + field + ": Forbidden: binding shop/b" + what + `, which "lea" does not have to give: ` + why + "}"}
	}
	stock := refused("grants[stock]", " gives stock Read", has+"[stock]")
	nowhere := of(lea(), nil, b(testkit.Grants("stock")))
	nowhere.Office = nil
	waiting := func(in BindingInput) BindingInput {
		in.OldSet, in.NewSet = nil, nil
		return in
	}
	exceeding := of(bindOnly, b(testkit.Denies("stock")), nil)
	exceeding.OldSet, exceeding.Terms = testkit.Set("s", "shop", testkit.Rank(0)), ceiling(5)
	created, rebound := of(bindOnly, nil, b(testkit.Grants("stock"))), of(bindOnly, b(testkit.Denies("stock")), b(testkit.ToSet("gone")))
	created.NewSet, created.Terms = exceeding.OldSet, exceeding.Terms
	rebound.OldSet, rebound.NewSet, rebound.Terms = exceeding.OldSet, nil, exceeding.Terms
	lost := of(lea(rank(5), rank(9).giving("stock")), b(testkit.Denies("stock")), b(testkit.ToSet("gone"), testkit.Denies("stock")))
	lost.NewSet = nil
	const bindsOnly = `spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: `
	ruleCases[BindingInput]{
		"a set beyond the ceiling is bound with the power that it takes": {created, refused("grants[stock]", " gives stock Read", bindsOnly+"0, permissions: [stock], families: [default]")},
		"and let go with what the ceiling takes":                         {rebound, refused("deny", ", by no longer denying stock, gives stock Write", bindsOnly+"5, permissions: [stock]")},
		"what a set denied that is let go is judged by what that takes":  {lost, refused("deny", ", by no longer denying stock, gives stock Write", bindsOnly+"5, permissions: [stock]")},
		"a missing back office has no rules":                             {nowhere, nil},
		"nothing":                                                        {of(bindOnly, nil, b(testkit.Denies("stock"))), nil},
		"what the actor has":                                             {of(orders, nil, b(testkit.Grants("orders/edit=Write"))), nil},
		"what it has not":                                                {of(orders, nil, b(testkit.Grants("orders", "stock"))), refused("grants[stock]", " gives stock Read", has+"[orders, stock]")},
		"nor by a change":                                                {of(orders, b(testkit.Grants("orders")), b(testkit.Grants("orders", "stock"))), stock},
		"nor a higher level":                                             {of(orders, b(testkit.Grants("stock")), b(testkit.Grants("stock=Write"))), refused("grants[stock]", " gives stock Write", has+"[stock]")},
		"what was granted before to the same is not granted again":       {of(bindOnly, b(testkit.Grants("stock")), b(testkit.Grants("stock"), testkit.Labels("a", "b"))), nil},
		"taking it away is granting nothing":                             {of(bindOnly, b(testkit.Grants("stock", "orders")), b(testkit.Grants("orders"))), nil},
		"nor is deleting it":                                             {of(bindOnly, b(testkit.Grants("stock")), nil), nil},
		"a denial that goes":                                             {of(orders, b(testkit.Denies("stock")), b()), refused("deny", ", by no longer denying stock, gives stock Write", has+"[stock]")},
		"with the binding, too":                                          {of(orders, b(testkit.Denies("stock")), nil), refused("deny", ", by no longer denying stock, gives stock Write", has+"[stock]")},
		"a denial may go by who has what it denied":                      {of(orders, b(testkit.Denies("orders/refund")), nil), nil},
		"and what exceeds the ceiling is judged by what may exceed it": {exceeding, []string{
			`Refuse NotAuthorized spec.deny: Forbidden: binding shop/b, by no longer denying stock, gives stock Write, which "lea" does not have to give: spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock]}`,
		}},
		"a binding that waits for its set": {waiting(of(orders, nil, b(testkit.Grants("stock")))), stock},
		"may be given what any power has":  {waiting(of(lea(rank(9), rank(8).giving("stock")), nil, b(testkit.Grants("stock")))), nil},
		"and changed without granting":     {waiting(of(bindOnly, b(testkit.Grants("stock"), testkit.Denies("orders")), b(testkit.Grants("stock"), testkit.Denies("orders"), testkit.Labels("a", "b")))), nil},
		"the power that has it does not reach the set": {of(lea(rank(5), rank(6).giving("stock")), nil, b(testkit.Grants("stock"))), refused("grants[stock]", " gives stock Read",
			`spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock]`)},
		"who has no power is told all that it takes": {of(lea(), nil, b(testkit.Grants("stock"))), refused("grants[stock]", " gives stock Read",
			`no delegation of BackOffice shop/shop matches "lea". Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 5, permissions: [stock], families: [default]`)},
	}.run(t, ActorMayGrant)
}

// What a binding grants and denies to new users, or to users who leave it: by one who has neither stock nor orders.
func TestActorMayGrantWhereReachChanges(t *testing.T) {
	probation, agent := testkit.Set("probation", "shop", testkit.Deny("refund")), testkit.Set("agent", "shop")
	now := time.Unix(1_000_000, 0)
	usual := []testkit.Mod{
		testkit.ToSet("probation"), testkit.ForUsers("ann", "bob"), testkit.ForLabels("team", "a"), testkit.From(now), testkit.Until(now.Add(time.Hour)),
		testkit.Grants("stock"), testkit.Denies("orders"),
	}
	change := func(mods ...testkit.Mod) BindingInput {
		return BindingInput{
			Old: testkit.Binding("b", "shop", usual...), OldSet: probation, OldInherited: []string{"export"},
			New: testkit.Binding("b", "shop", slices.Concat(usual, mods)...), NewSet: probation, NewInherited: []string{"export"},
			Office: office(), Actor: lea(rank(5)),
		}
	}
	bound := func(in BindingInput, set *v1alpha1.PermissionSet, inherited ...string) BindingInput {
		in.NewSet, in.NewInherited = set, inherited
		return in
	}
	const granted, denials = "stock Read", "export Write, orders Write, refund Write"
	for sentence, c := range map[string]struct {
		in   BindingInput
		want string
	}{
		"nothing changes":                          {change(), ""},
		"nothing that matters":                     {change(testkit.Labels("a", "b"), testkit.ToSet("shop/probation")), ""},
		"a user comes":                             {change(testkit.ForUsers("ann", "bob", "eve")), granted},
		"a user goes":                              {change(testkit.ForUsers("bob")), denials},
		"users change place":                       {change(testkit.ForUsers("bob", "ann")), ""},
		"one comes and one goes":                   {change(testkit.ForUsers("ann", "eve")), denials + ", " + granted},
		"others are selected":                      {change(testkit.ForLabels("team", "b")), denials + ", " + granted},
		"nobody is selected":                       {change(testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.Selector = nil })), denials},
		"it begins earlier":                        {change(testkit.From(now.Add(-time.Second))), granted},
		"it began long ago":                        {change(testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.NotBefore = nil })), granted},
		"it begins later":                          {change(testkit.From(now.Add(time.Second))), denials + ", " + granted},
		"it ends later":                            {change(testkit.Until(now.Add(2 * time.Hour))), granted},
		"it never ends":                            {change(testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.ExpiresAt = nil })), granted},
		"it ends earlier":                          {change(testkit.Until(now.Add(time.Minute))), denials + ", " + granted},
		"the same time is written in another zone": {change(testkit.From(now.In(time.FixedZone("CET", 3600)))), ""},
		"another set":                              {bound(change(testkit.ToSet("agent")), agent), "export Write, " + "refund Write, " + granted},
		"another set that denies as much":          {bound(change(testkit.ToSet("agent")), agent, "export", "refund"), granted},
		"a set that is not there":                  {bound(change(testkit.ToSet("gone")), nil), denials + ", " + granted},
		"the set is gone already":                  {bound(change(), nil), denials},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(listed(texts(c.in.grants().missing()))).To(Equal(c.want))
		})
	}
}

func TestReachesOfManySubjects(t *testing.T) {
	var names []string
	for i := range 1024 {
		names = append(names, fmt.Sprint("u", i))
	}
	all := testkit.Binding("b", "shop", testkit.ForUsers(names...)).Spec
	most := testkit.Binding("b", "shop", testkit.ForUsers(names[1:]...)).Spec
	g := NewWithT(t)
	g.Expect(reaches(all, most)).To(BeTrue())
	g.Expect(reaches(most, all)).To(BeFalse())
	g.Expect(all.Subjects).To(HaveLen(1024), "the bindings are as they were")
	most.Selector = &metav1.LabelSelector{}
	g.Expect(reaches(all, most)).To(BeFalse(), "what the other one selects")
	all.Selector = &metav1.LabelSelector{}
	g.Expect(reaches(all, most)).To(BeTrue())
}
