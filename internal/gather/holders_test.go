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

func TestProtection(t *testing.T) {
	set := func(name, namespace string, rank int32, family string, mods ...testkit.Mod) client.Object {
		return testkit.Set(name, namespace, append([]testkit.Mod{testkit.InOffice("shop/shop"), testkit.Rank(rank), testkit.Family(family)}, mods...)...)
	}
	binding := func(name, set string, mods ...testkit.Mod) client.Object {
		return testkit.Binding(name, "team", append([]testkit.Mod{testkit.InOffice("shop/shop"), testkit.ToSet(set), testkit.ForUsers("ann")}, mods...)...)
	}
	reader := cacheOf(
		t,
		set("strong", "shop", 1, "x"), set("weak", "shop", 9, "x"), set("own", "team", 5, "y"), set("third", "third", 0, "z"),
		set("alien", "team", 0, "z", testkit.InOffice("desk")),
		binding("a", "shop/weak"), binding("b", "shop/strong", testkit.ForUsers("bob"), testkit.ForLabels("hq", "yes")),
		binding("c", "own"), binding("d", "third/third"), binding("e", "alien"), binding("f", "gone"),
		binding("g", "shop/strong", testkit.ForUsers("bob")), binding("h", "shop/strong", testkit.InOffice("desk")),
	)
	rank := int32(7)
	for sentence, c := range map[string]struct {
		mods  []testkit.Mod
		terms policy.Terms
		want  policy.Protection
	}{
		"the strongest of each family, of sets that may be handed out there": {
			[]testkit.Mod{testkit.Labels("hq", "yes")},
			policy.Terms{},
			policy.Protection{{Family: "x", Rank: 1, Through: "team/b"}, {Family: "y", Rank: 5, Through: "team/c"}},
		},
		"no more than the labels select": {
			nil, policy.Terms{}, policy.Protection{{Family: "x", Rank: 9, Through: "team/a"}, {Family: "y", Rank: 5, Through: "team/c"}},
		},
		"no more than the ceiling": {
			[]testkit.Mod{testkit.Labels("hq", "yes")},
			policy.Terms{Rank: &rank},
			policy.Protection{{Family: "x", Rank: 7, Through: "team/b"}, {Family: "y", Rank: 7, Through: "team/c"}},
		},
		"nothing in another back office": {[]testkit.Mod{testkit.InOffice("elsewhere")}, policy.Terms{}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			u := testkit.User("ann", "team", append([]testkit.Mod{testkit.InOffice("shop/shop")}, c.mods...)...)
			protection, err := reader.Protection(t.Context(), u, c.terms)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(protection).To(Equal(c.want))
		})
	}
	_, err := Gatherer{Reader: broken{}}.Protection(t.Context(), testkit.User("ann", "team"), policy.Terms{})
	NewWithT(t).Expect(err).To(MatchError(errBroken))
}

// The set "base" is held by itself, through a set that extends it, and through one that extends that, in another namespace.
func TestHoldersOfASetThatDeniesMore(t *testing.T) {
	boss := func(name, family string, rank int32) client.Object {
		return testkit.Set(name, "shop", testkit.Rank(rank), testkit.Family(family))
	}
	here := func(name, set string, mods ...testkit.Mod) client.Object {
		return testkit.Binding(name, "shop", append([]testkit.Mod{testkit.ToSet(set)}, mods...)...)
	}
	there := func(name, set string, mods ...testkit.Mod) client.Object {
		return testkit.Binding(name, "team", append([]testkit.Mod{testkit.InOffice("shop/shop"), testkit.ToSet(set)}, mods...)...)
	}
	graph := []client.Object{
		testkit.Set("base", "shop"), testkit.Set("heir", "shop", testkit.Extends("base")),
		testkit.Set("grandheir", "team", testkit.InOffice("shop/shop"), testkit.Extends("shop/heir")),
		testkit.Set("foreign", "desk", testkit.InOffice("desk/desk"), testkit.Extends("shop/base")),
		testkit.Set("circle", "shop", testkit.Extends("heir", "circle")),
		boss("boss", "default", 0), boss("lead", "default", 2), boss("banker", "bank", 1),
		testkit.User("ann", "shop", testkit.Labels("team", "hq")), testkit.User("bob", "shop"),
		testkit.User("cat", "team", testkit.InOffice("shop/shop"), testkit.Labels("team", "hq")),
		testkit.User("ann", "desk", testkit.InOffice("desk/desk")),
	}
	holds := here("holds", "base", testkit.ForUsers("ann", "bob", "gone"))
	for sentence, c := range map[string]struct {
		by       string
		bindings []client.Object
		office   []testkit.Mod
		want     policy.Protection
	}{
		"nobody":                              {by: "lea"},
		"whom nothing protects":               {by: "lea", bindings: []client.Object{holds}},
		"whom something weaker protects":      {by: "lea", bindings: []client.Object{holds, here("w", "heir", testkit.ForUsers("bob"))}},
		"one by name who is stronger":         {by: "lea", bindings: []client.Object{holds, here("hq", "boss", testkit.ForUsers("bob"))}, want: through("shop/hq", 0)},
		"one by a selector":                   {by: "lea", bindings: []client.Object{holds, here("hq", "boss", testkit.ForLabels("team", "hq"))}, want: through("shop/hq", 0)},
		"a holder by a selector":              {by: "lea", bindings: []client.Object{here("h", "base", testkit.ForLabels("team", "hq")), here("hq", "boss", testkit.ForUsers("ann"))}, want: through("shop/hq", 0)},
		"both by selectors":                   {by: "lea", bindings: []client.Object{here("h", "base", testkit.ForLabels("team", "hq")), here("hq", "boss", testkit.ForLabels("team", "hq"))}, want: through("shop/hq", 0)},
		"somebody else who is stronger":       {by: "lea", bindings: []client.Object{holds, here("hq", "boss", testkit.ForUsers("other"))}},
		"the strongest of each family":        {by: "lea", bindings: []client.Object{holds, here("a", "lead", testkit.ForUsers("ann")), here("b", "boss", testkit.ForUsers("bob")), here("c", "banker", testkit.ForUsers("bob"))}, want: policy.Protection{{Family: "bank", Rank: 1, Through: "shop/c"}, {Family: "default", Rank: 0, Through: "shop/b"}}},
		"nobody that the actor may touch":     {by: "root", bindings: []client.Object{holds, here("hq", "boss", testkit.ForUsers("bob"))}},
		"nobody for who is refused anyway":    {by: "nobody", bindings: []client.Object{holds, here("hq", "boss", testkit.ForUsers("bob"))}},
		"who holds a set that inherits":       {by: "lea", bindings: []client.Object{here("h", "heir", testkit.ForUsers("ann")), here("hq", "boss", testkit.ForUsers("ann"))}, want: through("shop/hq", 0)},
		"who holds one that inherits from it": {by: "lea", bindings: []client.Object{there("h", "grandheir", testkit.ForUsers("cat")), there("hq", "shop/boss", testkit.ForUsers("cat"))}, want: through("team/hq", 0)},
		"who holds one in a circle of sets":   {by: "lea", bindings: []client.Object{here("h", "circle", testkit.ForUsers("ann")), here("hq", "boss", testkit.ForUsers("ann"))}, want: through("shop/hq", 0)},
		"in another namespace":                {by: "lea", bindings: []client.Object{there("h", "shop/base", testkit.ForLabels("team", "hq")), there("hq", "shop/boss", testkit.ForUsers("cat"))}, want: through("team/hq", 0)},
		"as far as the ceiling there":         {by: "lea", office: []testkit.Mod{testkit.AdmitsUpTo(3, "team")}, bindings: []client.Object{there("h", "shop/base", testkit.ForUsers("cat")), there("hq", "shop/boss", testkit.ForUsers("cat"))}, want: through("team/hq", 3)},
		"nobody of another namespace":         {by: "lea", bindings: []client.Object{holds, there("hq", "shop/boss", testkit.ForUsers("ann"))}},
		"nobody of another back office": {by: "lea", bindings: []client.Object{
			testkit.Binding("h", "desk", testkit.ToSet("foreign"), testkit.InOffice("desk/desk"), testkit.ForUsers("ann")),
			testkit.Binding("hq", "desk", testkit.ToSet("shop/boss"), testkit.InOffice("desk/desk"), testkit.ForUsers("ann")),
		}},
		"whoever is beside users of another back office": {by: "lea", bindings: []client.Object{
			here("h", "base", testkit.ForUsers("bob")), here("z", "base", testkit.InOffice("desk"), testkit.ForUsers("ann")), here("hq", "boss", testkit.ForUsers("bob")),
		}, want: through("shop/hq", 0)},
		"nobody through a set of another back office": {by: "lea", bindings: []client.Object{
			testkit.Set("alien", "shop", testkit.InOffice("desk"), testkit.Extends("base")), testkit.Set("ours", "shop", testkit.Extends("alien")),
			here("h", "ours", testkit.ForUsers("ann")), here("hq", "boss", testkit.ForUsers("ann")),
		}},
		"nobody whose binding to it is being deleted": {by: "lea", bindings: []client.Object{here("h", "base", testkit.ForUsers("ann"), going), here("hq", "boss", testkit.ForUsers("ann"))}},
		"who is protected until a binding is gone":    {by: "lea", bindings: []client.Object{holds, here("hq", "boss", testkit.ForUsers("ann"), going)}, want: through("shop/hq", 0)},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			objects := append(append([]client.Object{delegatingOffice(c.office...)}, graph...), c.bindings...)
			in, err := admissionOf(t, objects...).PermissionSet(t.Context(), by(c.by), testkit.Set("base", "shop"), testkit.Set("base", "shop", testkit.Deny("orders")))
			g.Expect(err).NotTo(HaveOccurred())
			if len(c.want) == 0 {
				g.Expect(in.Holders).To(BeEmpty())
			} else {
				g.Expect(in.Holders).To(Equal(heldByStaff(c.want)))
			}
		})
	}
}

func TestHoldersAreThoseOfWhoeverDeniesMore(t *testing.T) {
	a := admissionOf(
		t, delegatingOffice(), testkit.User("ann", "shop"), testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("denying", "shop", testkit.Deny("orders")),
		testkit.Binding("h", "shop", testkit.ToSet("base"), testkit.ForUsers("ann")), testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann")),
	)
	base := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return testkit.Set("base", "shop", mods...) }
	hq := through("shop/hq", 0)
	for sentence, c := range map[string]struct {
		old, obj *v1alpha1.PermissionSet
		want     policy.Protection
	}{
		"a new set that bindings wait for": {nil, base(testkit.Deny("orders")), hq},
		"a path more":                      {base(testkit.Deny("orders")), base(testkit.Deny("orders", "stock")), hq},
		"one that it inherits":             {base(), base(testkit.Extends("denying")), hq},
		"the same":                         {base(testkit.Deny("orders")), base(testkit.Deny("orders")), nil},
		"less":                             {base(testkit.Deny("orders")), base(), nil},
		"what goes":                        {base(testkit.Deny("orders")), nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := a.PermissionSet(t.Context(), by("lea"), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Holders).To(Equal(heldByStaff(c.want)))
		})
	}
}

// heldByStaff are holders whose accounts are of type Staff.
func heldByStaff(protection policy.Protection) []policy.Holder {
	var holders []policy.Holder
	for _, need := range protection {
		holders = append(holders, policy.Holder{Need: need, AccountType: v1alpha1.AccountStaff})
	}
	return holders
}
