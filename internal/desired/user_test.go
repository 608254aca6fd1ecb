// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func fullProfile() *v1alpha1.Profile {
	return &v1alpha1.Profile{
		FullName: "Ann Maria Miller", FirstName: "Ann", LastName: "Miller", Email: "Ann@Shop.Example", Phone: "+48221234567",
		Language: "pl", Gender: v1alpha1.GenderFemale, PictureURL: "https://shop.example/ann.png",
	}
}

func TestUser(t *testing.T) {
	g := NewWithT(t)
	u := user(
		testkit.Login("ann.miller"), testkit.AccountType(v1alpha1.AccountAdministrator), testkit.State(v1alpha1.StateBlocked),
		testkit.IPs("203.0.113.7"), testkit.Labels("team", "support"), testkit.Annotations(v1alpha1.AnnotationHold, "lost laptop"),
		testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Spec.Profile = fullProfile()
			u.Spec.Description = "night shift"
		}), testkit.Setting("panel", "vendor"), testkit.Setting("Currency", "PLN"),
		testkit.Filters(testkit.Only("entities", "pl"), testkit.Owned("contacts")), stamped("a-3"))
	bindings := []*v1alpha1.RoleBinding{binding(known("b-2", 7)), binding(known("b-1", 9))}

	r := desired.User(u, bindings, desired.InForce)
	g.Expect(r.LabelsHash).NotTo(Equal(desired.User(user(), nil, desired.InForce).LabelsHash))
	g.Expect(r).To(Equal(store.User{
		Meta:        store.Meta{UID: "u-1", Namespace: "sales", Name: "ann", Generation: 3, Stamp: "a-3"},
		Login:       "ann.miller",
		AccountType: store.AccountTypeAdministrator,
		State:       store.StateBlocked,
		Held:        true,
		HoldReason:  "lost laptop",
		InForce:     true,
		Profile: store.Profile{
			FullName: "Ann Maria Miller", FirstName: "Ann", LastName: "Miller", Email: "Ann@Shop.Example", Phone: "+48221234567",
			Language: "pl", Gender: "Female", PictureURL: "https://shop.example/ann.png",
		},
		Description: "night shift",
		Settings:    []store.Setting{{Name: "Currency", Value: "PLN"}, {Name: "panel", Value: "vendor"}},
		Filters: []store.Filter{
			{Dimension: "contacts", Mode: "Owned", Access: "ReadWrite"},
			{Dimension: "entities", Mode: "Only", Access: "ReadWrite", Values: []string{"pl"}},
		},
		Networks:   []string{"203.0.113.7/32"},
		LabelsHash: r.LabelsHash,
		Bindings:   []store.Bound{{BindingUID: "b-1", Generation: 9}, {BindingUID: "b-2", Generation: 7}},
	}))
	haveNoZeroField(g, r)
}

func TestFiltersAreNormalised(t *testing.T) {
	g := NewWithT(t)
	r := desired.User(user(testkit.Filters(
		v1alpha1.Filter{
			Dimension: "entities", Mode: v1alpha1.FilterOnly, Access: v1alpha1.FilterReadOnly,
			Values: []string{"pl", "de"}, Groups: []string{"west", "east"}, Default: "pl",
		},
		v1alpha1.Filter{Dimension: "channels", Mode: v1alpha1.FilterAll, Values: []string{}},
		testkit.Tagged("contacts", "vip", "eu"),
	)), nil, desired.InForce)
	g.Expect(r.Filters).To(Equal([]store.Filter{
		{Dimension: "channels", Mode: "All", Access: "ReadWrite"},
		{Dimension: "contacts", Mode: "Tagged", Access: "ReadWrite", Tags: []string{"eu", "vip"}},
		{Dimension: "entities", Mode: "Only", Access: "ReadOnly", Values: []string{"de", "pl"}, Groups: []string{"east", "west"}, Default: "pl"},
	}))
}

func TestAProfileOfWhichNothingIsSaidIsEmpty(t *testing.T) {
	NewWithT(t).Expect(desired.User(user(testkit.Profile(v1alpha1.Profile{})), nil, desired.InForce).Profile).To(BeZero())
}

func TestAUserOfWhomLittleIsSaid(t *testing.T) {
	g := NewWithT(t)
	r := desired.User(user(), nil, desired.Withheld)
	g.Expect(r).To(Equal(store.User{
		Meta:        store.Meta{UID: "u-1", Namespace: "sales", Name: "ann", Generation: 3},
		Login:       "ann",
		AccountType: "Staff",
		State:       store.StateActive,
		LabelsHash:  r.LabelsHash,
	}))
}

func TestStatesAndAccountTypesAreThoseOfTheStore(t *testing.T) {
	g := NewWithT(t)
	for state, want := range map[v1alpha1.UserState]string{
		v1alpha1.StateActive: store.StateActive, v1alpha1.StateBlocked: store.StateBlocked, v1alpha1.StateDeactivated: store.StateDeactivated,
	} {
		g.Expect(desired.User(user(testkit.State(state)), nil, desired.InForce).State).To(Equal(want))
	}
	for _, accountType := range []v1alpha1.AccountType{
		v1alpha1.AccountStaff, v1alpha1.AccountAdministrator, v1alpha1.AccountAffiliate, v1alpha1.AccountStoreApp, v1alpha1.AccountAPI,
	} {
		g.Expect(desired.User(user(testkit.AccountType(accountType)), nil, desired.InForce).AccountType).To(Equal(string(accountType)))
	}
	g.Expect(string(v1alpha1.AccountAdministrator)).To(Equal(store.AccountTypeAdministrator))
}

func TestNetworks(t *testing.T) {
	for sentence, c := range map[string]struct {
		allowed, want []string
	}{
		"none is nil":                              {nil, nil},
		"an empty list is nil":                     {[]string{}, nil},
		"an address is a prefix of full length":    {[]string{"203.0.113.7"}, []string{"203.0.113.7/32"}},
		"an IPv6 address, too":                     {[]string{"2001:db8::7"}, []string{"2001:db8::7/128"}},
		"IPv6 is written in one way":               {[]string{"2001:DB8:0:0::0/64"}, []string{"2001:db8::/64"}},
		"a network stays":                          {[]string{"203.0.113.0/28"}, []string{"203.0.113.0/28"}},
		"host bits go":                             {[]string{"203.0.113.7/28"}, []string{"203.0.113.0/28"}},
		"any stays":                                {[]string{"*"}, []string{store.AnyNetwork}},
		"they are sorted as text":                  {[]string{"9.0.0.0/8", "10.0.0.0/8"}, []string{"10.0.0.0/8", "9.0.0.0/8"}},
		"what is the same is there once":           {[]string{"203.0.113.7", "203.0.113.7/32"}, []string{"203.0.113.7/32"}},
		"what is no address stays, and no more":    {[]string{"203.0.113.300"}, []string{"203.0.113.300"}},
		"an entry with commas does not become two": {[]string{"10.0.0.1,10.0.0.2"}, []string{"10.0.0.1,10.0.0.2"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.User(user(testkit.IPs(c.allowed...)), nil, desired.InForce).Networks).To(Equal(c.want))
		})
	}
}

func TestHolds(t *testing.T) {
	for sentence, c := range map[string]struct {
		reason, want string
	}{
		"a reason stays":                            {"lost laptop", "lost laptop"},
		"no reason holds as well":                   {"", ""},
		"other scripts stay":                        {"Laptop verloren — prüfen 🔑", "Laptop verloren — prüfen 🔑"},
		"control characters go":                     {"lost\nlap\x00top\t\u0085", "lostlaptop"},
		"what is no UTF-8 goes":                     {"lost\xff laptop\xc3", "lost laptop"},
		"256 bytes stay":                            {strings.Repeat("a", 256), strings.Repeat("a", 256)},
		"more is cut":                               {strings.Repeat("a", 257), strings.Repeat("a", 256)},
		"it is cut between two characters":          {"a" + strings.Repeat("ä", 200), "a" + strings.Repeat("ä", 127)},
		"four bytes that do not fit are left out":   {strings.Repeat("a", 253) + "🔑", strings.Repeat("a", 253)},
		"four bytes that do fit are not":            {strings.Repeat("a", 252) + "🔑", strings.Repeat("a", 252) + "🔑"},
		"what goes does not count":                  {strings.Repeat("\n", 300) + "lost", "lost"},
		"SQL is text":                               {`'); DROP TABLE users; --`, `'); DROP TABLE users; --`},
		"a reason of control characters is no more": {"\n\r", ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			r := desired.User(user(testkit.Annotations(v1alpha1.AnnotationHold, c.reason)), nil, desired.InForce)
			g.Expect(r.Held).To(BeTrue())
			g.Expect(r.HoldReason).To(Equal(c.want))
			g.Expect(r.State).To(Equal(store.StateActive), "the state is what spec says")
		})
	}
}

func TestBindingsOfAUser(t *testing.T) {
	g := NewWithT(t)
	u := user()
	g.Expect(desired.User(u, []*v1alpha1.RoleBinding{}, desired.InForce).Bindings).To(BeNil())
	with := desired.User(u, []*v1alpha1.RoleBinding{binding(known("z", 1)), binding(known("a", 2)), binding(known("m", 3))}, desired.InForce)
	g.Expect(with.Bindings).To(Equal([]store.Bound{{BindingUID: "a", Generation: 2}, {BindingUID: "m", Generation: 3}, {BindingUID: "z", Generation: 1}}))
	g.Expect(store.HashOf(with)).To(Equal(store.HashOf(desired.User(u, nil, desired.InForce))), "they are no part of the record")
}
