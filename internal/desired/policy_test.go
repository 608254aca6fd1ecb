// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestPermissionSet(t *testing.T) {
	g := NewWithT(t)
	s := set(testkit.Rank(7), testkit.Family("back-office"), testkit.Permissions("stock=None", "orders=Write", "items"), testkit.Deny("b", "a"),
		testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Key, s.Spec.DisplayName = "customer_viewer", "Viewer" }),
		testkit.HeldBy(v1alpha1.AccountStaff, v1alpha1.AccountAPI), testkit.Bypasses("entities", "contacts"), stamped("a-4"))

	r := desired.PermissionSet(s, map[string]int{"s-1": 0, "s-9": 2, "s-0": 1}, desired.InForce)
	g.Expect(r).To(Equal(store.PermissionSet{
		Meta:         store.Meta{UID: "s-1", Namespace: "shop", Name: "viewer", Generation: 4, Stamp: "a-4"},
		SetKey:       "customer_viewer",
		DisplayName:  "Viewer",
		Rank:         7,
		RankFamily:   "back-office",
		InForce:      true,
		AccountTypes: []string{"API", "Staff"},
		Bypass:       []string{"contacts", "entities"},
		Ancestors:    []store.Ancestor{{UID: "s-0", Distance: 1}, {UID: "s-1", Distance: 0}, {UID: "s-9", Distance: 2}},
		Entries:      []store.Entry{{Path: "items", Level: "Read"}, {Path: "orders", Level: "Write"}, {Path: "stock", Level: "None"}},
		Deny:         []string{"a", "b"},
	}))
	haveNoZeroField(g, r)
}

func TestASetOfWhichLittleIsSaid(t *testing.T) {
	NewWithT(t).Expect(desired.PermissionSet(set(testkit.Rank(0)), nil, desired.Withheld)).To(Equal(store.PermissionSet{
		Meta:       store.Meta{UID: "s-1", Namespace: "shop", Name: "viewer", Generation: 4},
		SetKey:     "viewer",
		RankFamily: "default",
	}))
}

func TestPathsAreSortedBytewise(t *testing.T) {
	g := NewWithT(t)
	r := desired.PermissionSet(set(testkit.Permissions("é", "z", "a/b", "a-b", "A")), nil, desired.InForce)
	var paths []string
	for _, e := range r.Entries {
		paths = append(paths, e.Path)
	}
	g.Expect(paths).To(Equal([]string{"A", "a-b", "a/b", "z", "é"}))
}

func TestOffice(t *testing.T) {
	g := NewWithT(t)
	r := desired.Office(office(testkit.Seats(50, 3), testkit.Catalog("orders", "items"),
		testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}, v1alpha1.FilterDimension{Name: "contacts"}),
		testkit.Rules(func(p *v1alpha1.Policy) {
			p.TwoFactor, p.IdentityReuse = v1alpha1.DemandRequired, v1alpha1.IdentityReuseNever
		}), stamped("a-6")))
	g.Expect(r).To(Equal(store.Office{
		Meta:     store.Meta{UID: "o-1", Namespace: "shop", Name: "shop", Generation: 6, Stamp: "a-6"},
		MaxUsers: 50, MaxAdministrators: 3,
		Catalog: []string{"items", "orders"}, Dimensions: []string{"contacts", "entities"},
		TwoFactorRequired: true, NeverReuse: true,
	}))
	haveNoZeroField(g, r)
}

func TestAPolicyThatDemandsNothingIsNone(t *testing.T) {
	r := desired.Office(office(testkit.Rules(func(p *v1alpha1.Policy) {
		p.TwoFactor, p.IdentityReuse = v1alpha1.DemandOptional, v1alpha1.IdentityReuseAllowed
	})))
	NewWithT(t).Expect(r).To(Equal(desired.Office(office())))
}

func TestQuotas(t *testing.T) {
	for sentence, c := range map[string]struct {
		quotas                *v1alpha1.Quotas
		users, administrators int
	}{
		"none is no limit":                   {nil, store.NoLimit, store.NoLimit},
		"an empty one is no limit":           {&v1alpha1.Quotas{}, store.NoLimit, store.NoLimit},
		"one of users limits users":          {&v1alpha1.Quotas{Users: new(int32(5))}, 5, store.NoLimit},
		"one of administrators limits these": {&v1alpha1.Quotas{Administrators: new(int32(2))}, store.NoLimit, 2},
		"zero is a limit":                    {&v1alpha1.Quotas{Users: new(int32(0)), Administrators: new(int32(0))}, 0, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			r := desired.Office(office(testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Quotas = c.quotas })))
			g.Expect(r.MaxUsers).To(Equal(c.users))
			g.Expect(r.MaxAdministrators).To(Equal(c.administrators))
		})
	}
}

func TestTheCatalogueOfTheStoreIsItsLeaves(t *testing.T) {
	for sentence, c := range map[string]struct {
		catalog, want []string
	}{
		"an open one is nil":                   {nil, nil},
		"an empty one is nil":                  {[]string{}, nil},
		"a flat one is all leaves, sorted":     {[]string{"c", "a", "b"}, []string{"a", "b", "c"}},
		"a parent is none":                     {[]string{"orders", "orders/edit"}, []string{"orders/edit"}},
		"a grandparent is none":                {[]string{"a", "a/b/c"}, []string{"a/b/c"}},
		"all that is above a leaf is none":     {[]string{"a", "a/b", "a/b/c"}, []string{"a/b/c"}},
		"a parent that is not listed is none":  {[]string{"orders/edit"}, []string{"orders/edit"}},
		"an entry is no parent by its letters": {[]string{"order", "orders", "orders-x/y"}, []string{"order", "orders", "orders-x/y"}},
		"what is there twice is there once":    {[]string{"a", "a"}, []string{"a"}},
		"children stand beside their siblings": {[]string{"a/c", "a", "a/b", "d"}, []string{"a/b", "a/c", "d"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.Office(office(testkit.Catalog(c.catalog...))).Catalog).To(Equal(c.want))
		})
	}
}
