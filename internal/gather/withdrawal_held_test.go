// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// reported gives a user the status of who holds these sets.
func reported(sets ...string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.PermissionSets = sets })
}

func TestWithdrawalByWhatTheBackOfficeDemandsOfUsers(t *testing.T) {
	users := []client.Object{
		withAccess("ann", "shop", testkit.Email("ann@shop.example"), testkit.Setting("panel", "vendor"), testkit.Filters(testkit.Only("entities", "a", "b"))),
		withAccess("bob", "shop", testkit.Profile(v1alpha1.Profile{Phone: "+48221234567"}), reported("shop/a", "shop/b")),
		withAccess("cat", "shop", testkit.Email("cat@x.example"), reported("shop/a")),
	}
	entities := func(d v1alpha1.FilterDimension) testkit.Mod {
		d.Name = "entities"
		return testkit.Dimensions(d)
	}
	base := entities(v1alpha1.FilterDimension{})
	for sentence, c := range map[string]struct {
		mods []testkit.Mod
		want int
	}{
		"nobody by what all keep":               {[]testkit.Mod{base, atMost(2)}, 0},
		"who has no address":                    {[]testkit.Mod{base, testkit.Rules(func(p *v1alpha1.Policy) { p.Email = &v1alpha1.EmailPolicy{Required: true} })}, 1},
		"whose address is in another domain":    {[]testkit.Mod{base, testkit.Rules(func(p *v1alpha1.Policy) { p.Email = &v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example"}} })}, 1},
		"who has no telephone":                  {[]testkit.Mod{base, testkit.Rules(func(p *v1alpha1.Policy) { p.TwoFactor = v1alpha1.DemandRequired })}, 2},
		"who has no filters":                    {[]testkit.Mod{base, testkit.Rules(func(p *v1alpha1.Policy) { p.Filters = v1alpha1.DemandRequired })}, 2},
		"whose setting is not listed":           {[]testkit.Mod{base, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Settings = []v1alpha1.Setting{{Name: "x"}} })}, 1},
		"whose dimension is gone":               {nil, 1},
		"whose value is gone":                   {[]testkit.Mod{entities(v1alpha1.FilterDimension{Values: []string{"a"}})}, 1},
		"who lacks a default":                   {[]testkit.Mod{entities(v1alpha1.FilterDimension{DefaultRequired: true})}, 1},
		"who holds more sets than there may be": {[]testkit.Mod{base, atMost(1)}, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got, err := cacheOf(t, users...).Withdrawal(t.Context(), testkit.Office("shop", "shop", c.mods...))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(policy.Withdrawal{Users: c.want, Of: 3}))
		})
	}
}

func TestWithdrawalByWhatTheBackOfficeDemandsOfBindings(t *testing.T) {
	ready := looked(v1alpha1.ReasonReady)
	binding := testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("ann"), testkit.Grants("orders"), testkit.Filters(testkit.Only("entities", "a", "b")), ready)
	objects := []client.Object{withAccess("ann", "shop"), withAccess("bob", "shop"), testkit.Set("s", "shop", ready), binding}
	for sentence, c := range map[string]struct {
		mods []testkit.Mod
		want int
	}{
		"nobody by what it keeps":    {[]testkit.Mod{testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}), testkit.Catalog("orders")}, 0},
		"its users by a dimension":   {nil, 1},
		"its users by a value":       {[]testkit.Mod{testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities", Values: []string{"a"}})}, 1},
		"its users by a default":     {[]testkit.Mod{testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities", DefaultRequired: true})}, 1},
		"its users by the catalogue": {[]testkit.Mod{testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}), testkit.Catalog("stock")}, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got, err := cacheOf(t, objects...).Withdrawal(t.Context(), testkit.Office("shop", "shop", c.mods...))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(policy.Withdrawal{Users: c.want, Of: 2}))
		})
	}
}

func TestWithdrawalByAccountTypesAndProtection(t *testing.T) {
	ready := looked(v1alpha1.ReasonReady)
	set := func(name string, mods ...testkit.Mod) client.Object {
		return testkit.Set(name, "shop", append(mods, ready)...)
	}
	binding := func(set string, mods ...testkit.Mod) client.Object {
		return testkit.Binding("to-"+set, "shop", append([]testkit.Mod{testkit.ToSet(set), testkit.ForLabels("all", "yes"), ready}, mods...)...)
	}
	all := testkit.Labels("all", "yes")
	users := []client.Object{
		withAccess("ann", "shop", all, reported("shop/s")), withAccess("bot", "shop", all, reported("shop/s"), testkit.AccountType(api)),
		withAccess("new", "shop", all, testkit.AccountType(api)),
	}
	for sentence, c := range map[string]struct {
		objects []client.Object
		want    int
	}{
		"nobody by a set for all":                       {[]client.Object{set("s"), binding("s")}, 0},
		"who holds a set that its type may not":         {[]client.Object{set("s", testkit.HeldBy(staff)), binding("s")}, 1},
		"who holds one that inherits from such a one":   {[]client.Object{set("a", testkit.HeldBy(staff)), set("s", testkit.Extends("a")), binding("s")}, 1},
		"nobody by a set that its status does not name": {[]client.Object{set("t", testkit.HeldBy(staff)), binding("t")}, 0},
		"nobody by a binding that was withheld":         {[]client.Object{set("s", testkit.HeldBy(staff)), binding("s", looked(v1alpha1.ReasonNotAdmitted))}, 0},
		"nobody whom it does not reach":                 {[]client.Object{set("s", testkit.HeldBy(staff)), binding("s", testkit.ForLabels("all", "no"))}, 0},
		"all who hold a protected set that extends another": {
			[]client.Object{set("a"), set("s", testkit.Extends("a"), testkit.Protected()), binding("s")}, 3,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got, err := cacheOf(t, append(users, c.objects...)...).Withdrawal(t.Context(), testkit.Office("shop", "shop"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(policy.Withdrawal{Users: c.want, Of: 3}))
		})
	}
}
