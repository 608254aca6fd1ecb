// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// A user leaves the team "new" by its labels. Members of that team get the set of the binding "newcomers", or what this denies.
func TestWhatLabelsFree(t *testing.T) {
	clerk := testkit.Set("clerk", "shop", testkit.Permissions("orders=Write", "orders/refund=Write", "stock"))
	clerks := testkit.Binding("clerks", "shop", testkit.ToSet("clerk"), testkit.ForUsers("ann"))
	newcomers := func(mods ...testkit.Mod) client.Object {
		return testkit.Binding("newcomers", "shop", append([]testkit.Mod{testkit.ToSet("careful"), testkit.ForLabels("team", "new")}, mods...)...)
	}
	careful := func(mods ...testkit.Mod) client.Object { return testkit.Set("careful", "shop", mods...) }
	another := testkit.Binding("another", "shop", testkit.ToSet("careful"), testkit.ForUsers("ann"))
	refund := access.Content{{Path: "orders/refund", Level: access.Write}}
	for sentence, c := range map[string]struct {
		objects []client.Object
		want    access.Content
	}{
		"what the set denied and another gives":  {[]client.Object{clerk, clerks, careful(testkit.Deny("orders/refund")), newcomers()}, refund},
		"what the binding denied":                {[]client.Object{clerk, clerks, careful(), newcomers(testkit.Denies("orders/refund"))}, refund},
		"what an inherited set denied":           {[]client.Object{clerk, clerks, careful(testkit.Extends("base")), testkit.Set("base", "shop", testkit.Deny("orders/refund")), newcomers()}, refund},
		"at the level at which another gives it": {[]client.Object{clerk, clerks, careful(testkit.Deny("stock")), newcomers()}, access.Content{{Path: "stock", Level: access.Read}}},
		"all below what was denied":              {[]client.Object{clerk, clerks, careful(testkit.Deny("orders")), newcomers()}, access.Content{{Path: "orders", Level: access.Write}, {Path: "orders/refund", Level: access.Write}}},
		"a path of which a parent is given":      {[]client.Object{clerk, clerks, careful(testkit.Deny("stock/items")), newcomers()}, access.Content{{Path: "stock/items", Level: access.Read}}},
		"what grants give":                       {[]client.Object{careful(testkit.Deny("orders/refund")), newcomers(), testkit.Binding("g", "shop", testkit.ToSet("gone"), testkit.Grants("orders/refund=Write"), testkit.ForUsers("ann"))}, refund},
		"what another gives later":               {[]client.Object{clerk, testkit.Binding("later", "shop", testkit.ToSet("clerk"), testkit.ForUsers("ann"), testkit.From(noon.Add(time.Hour))), careful(testkit.Deny("orders/refund")), newcomers()}, refund},
		"nothing that nobody gives":              {[]client.Object{clerk, clerks, careful(testkit.Deny("customers")), newcomers()}, nil},
		"nothing that another denies, too":       {[]client.Object{clerk, clerks, careful(testkit.Deny("orders")), newcomers(), another}, nil},
		"nothing without denials":                {[]client.Object{clerk, clerks, careful(), newcomers()}, nil},
		"nothing that a set of another back office denied": {
			[]client.Object{clerk, clerks, careful(testkit.InOffice("desk"), testkit.Deny("orders/refund")), newcomers()}, nil,
		},
		"nothing that was lost": {[]client.Object{clerk, newcomers(testkit.ToSet("clerk"), testkit.Denies("orders/refund"))}, nil},
		"nothing that was never denied to this user": {
			[]client.Object{clerk, clerks, careful(testkit.Deny("orders")), newcomers(testkit.ForLabels("team", "other"))}, nil,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			a := admissionOf(t, append(c.objects, delegatingOffice())...)
			member, other := testkit.User("ann", "shop", testkit.Labels("team", "new")), testkit.User("ann", "shop", testkit.Labels("team", "old"))
			in, err := a.User(t.Context(), by("lea"), member, other)
			g.Expect(err).NotTo(HaveOccurred())
			if len(c.want) == 0 {
				g.Expect(in.Freed).To(BeEmpty())
			} else {
				g.Expect(in.Freed).To(Equal(c.want))
			}
			for sentence, pair := range map[string][2]*v1alpha1.BackOfficeUser{
				"who stays":           {member, member.DeepCopy()},
				"who comes":           {other, member},
				"who is new":          {nil, other},
				"who goes altogether": {member, nil},
			} {
				in, err := a.User(t.Context(), by("lea"), pair[0], pair[1])
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(in.Freed).To(BeEmpty(), sentence)
			}
		})
	}
}

func TestWhatSetsOfABindingDenyWithWhatTheyInherit(t *testing.T) {
	a := admissionOf(
		t, delegatingOffice(),
		testkit.Set("old", "shop", testkit.Deny("own"), testkit.Extends("parent", "other")),
		testkit.Set("parent", "shop", testkit.Deny("b", "a"), testkit.Extends("grandparent")),
		testkit.Set("grandparent", "shop", testkit.Deny("c", "a")), testkit.Set("other", "shop"),
		testkit.Set("new", "shop", testkit.Deny("own")), testkit.Set("heir", "shop", testkit.Extends("new"), testkit.Deny("heirs")),
	)
	binding := func(set string) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", testkit.ToSet(set), testkit.ForUsers("ann"))
	}
	denied := []string{"a", "b", "c", "own"}
	for sentence, c := range map[string]struct {
		old, obj                   *v1alpha1.RoleBinding
		oldInherited, newInherited []string
	}{
		"before":                              {binding("old"), binding("new"), denied, nil},
		"after":                               {binding("new"), binding("old"), nil, denied},
		"of what comes":                       {nil, binding("old"), nil, denied},
		"of what goes":                        {binding("old"), nil, denied, nil},
		"of a set that inherits from nothing": {binding("new"), binding("new"), nil, nil},
		"of a set that is not there":          {binding("gone"), binding("gone"), nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := a.Binding(t.Context(), by("lea"), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.OldInherited).To(Equal(c.oldInherited))
			g.Expect(in.NewInherited).To(Equal(c.newInherited))
		})
	}
}

// Ann comes to the team "new" by her labels, or is made with them.
func TestWhatLabelsAndNamesGive(t *testing.T) {
	stock := access.Content{{Path: "stock", Level: access.Write}}
	with := func(mods ...testkit.Mod) client.Object {
		return testkit.Binding("extra", "shop", append([]testkit.Mod{testkit.ToSet("clerk"), testkit.Grants("stock=Write")}, mods...)...)
	}
	before, after := testkit.User("ann", "shop", testkit.Labels("team", "old")), testkit.User("ann", "shop", testkit.Labels("team", "new"))
	for sentence, c := range map[string]struct {
		binding client.Object
		old     *v1alpha1.BackOfficeUser
		want    access.Content
	}{
		"a label that a selector waits for":        {with(testkit.ForLabels("team", "new")), before, stock},
		"a new user with that label":               {with(testkit.ForLabels("team", "new")), nil, stock},
		"a new user of a name that is waited for":  {with(testkit.ForUsers("ann")), nil, stock},
		"nothing new to whom it reached before":    {with(testkit.ForUsers("ann")), before, nil},
		"nothing to whom it does not reach":        {with(testkit.ForLabels("team", "other")), before, nil},
		"nothing where the set alone is given":     {testkit.Binding("extra", "shop", testkit.ToSet("clerk"), testkit.ForUsers("ann")), nil, nil},
		"nothing by a binding of another office":   {with(testkit.InOffice("desk"), testkit.ForUsers("ann")), nil, nil},
		"nothing by a label that it only keeps on": {with(testkit.ForLabels("team", "new")), after, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := admissionOf(t, c.binding, delegatingOffice()).User(t.Context(), by("lea"), c.old, after)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Given).To(BeEquivalentTo(c.want))
		})
	}
}
