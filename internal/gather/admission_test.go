// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func admissionOf(t *testing.T, objects ...client.Object) Admission {
	t.Helper()
	return Admission{Gatherer: cacheOf(t, objects...)}
}

func TestUserFacts(t *testing.T) {
	a := admissionOf(
		t,
		testkit.Office("shop", "shop", testkit.Delegates(4, testkit.Person("lea"))),
		testkit.Set("boss", "shop", testkit.Rank(0), testkit.Family("x")),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq")),
		testkit.Binding("dangling", "shop", testkit.ToSet("gone"), testkit.ForUsers("ann")),
		testkit.User("younger", "shop", testkit.Login("Ann"), born(3, "c")),
		testkit.User("older", "team", testkit.Login("ANN"), testkit.InOffice("shop/shop"), born(2, "b")),
		testkit.User("going", "shop", testkit.Login("ann"), born(1, "a"), going),
		testkit.User("elsewhere", "shop", testkit.Login("ann"), testkit.InOffice("desk")),
	)
	g := NewWithT(t)
	old, obj := testkit.User("ann", "shop"), testkit.User("ann", "shop", testkit.Labels("team", "hq"))
	unknown := policy.Need{Through: "shop/dangling"}

	in, err := a.User(t.Context(), by("lea"), old, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Actor.Delegations).To(HaveLen(1))
	g.Expect(in.OldProtection).To(Equal(policy.Protection{unknown}))
	g.Expect(in.NewProtection).To(Equal(policy.Protection{unknown, {Family: "x", Rank: 0, Through: "shop/hq"}}))
	g.Expect(in.SameLogin).To(Equal([]types.NamespacedName{{Namespace: "team", Name: "older"}, {Namespace: "shop", Name: "younger"}}))

	in, err = a.User(t.Context(), by("lea"), obj, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.New).To(BeNil())
	g.Expect(in.NewProtection).To(BeEmpty())
	g.Expect(in.OldProtection).To(HaveLen(2))
}

func TestFullQuotas(t *testing.T) {
	admin := testkit.AccountType(v1alpha1.AccountAdministrator)
	idle := testkit.State(v1alpha1.StateDeactivated)
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	for sentence, c := range map[string]struct {
		office   *v1alpha1.BackOffice
		old, obj *v1alpha1.BackOfficeUser
		want     []string
	}{
		"no quotas":                             {testkit.Office("shop", "shop"), nil, ann(), nil},
		"a seat is free":                        {testkit.Office("shop", "shop", testkit.Seats(3, 2)), nil, ann(admin), nil},
		"both are full":                         {testkit.Office("shop", "shop", testkit.Seats(2, 1)), nil, ann(admin), []string{"users", "administrators"}},
		"administrators' seats are not staff's": {testkit.Office("shop", "shop", testkit.Seats(3, 1)), nil, ann(), nil},
		"no seats at all":                       {testkit.Office("shop", "shop", testkit.Seats(0, 0)), nil, ann(), []string{"users"}},
		"a deactivated user takes none":         {testkit.Office("shop", "shop", testkit.Seats(0, 0)), nil, ann(idle), nil},
		"who has a seat keeps it":               {testkit.Office("shop", "shop", testkit.Seats(0, 0)), ann(), ann(), nil},
		"who comes back needs one":              {testkit.Office("shop", "shop", testkit.Seats(2, 9)), ann(idle), ann(), []string{"users"}},
		"who is promoted needs another":         {testkit.Office("shop", "shop", testkit.Seats(0, 1)), ann(), ann(admin), []string{"administrators"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := admissionOf(t, c.office, testkit.User("a", "shop", admin), testkit.User("b", "shop"), testkit.User("c", "shop", admin, idle))
			in, err := a.User(t.Context(), by("lea"), c.old, c.obj)
			g := NewWithT(t)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.FullQuotas).To(Equal(c.want))
		})
	}
}

func TestBindingFacts(t *testing.T) {
	a := admissionOf(
		t,
		testkit.Office("shop", "shop", testkit.Delegates(4, testkit.Person("lea")), testkit.Delegates(0, testkit.Person("root"))),
		testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("viewer", "shop", testkit.Rank(9)),
		testkit.User("ann", "shop"), testkit.User("bob", "shop", testkit.Labels("team", "hq")), testkit.User("cat", "shop"),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq"), testkit.ForUsers("dan")),
		testkit.Binding("all", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob")),
		testkit.Binding("going", "shop", testkit.ToSet("boss"), testkit.ForUsers("cat"), going),
	)
	g := NewWithT(t)
	old := testkit.Binding("b", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann", "nobody"))
	obj := testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("cat", "zed"), testkit.ForLabels("team", "hq"))
	bob := policy.Subject{Name: "bob", Protection: policy.Protection{{Family: "default", Rank: 0, Through: "shop/hq"}}}

	in, err := a.Binding(t.Context(), by("lea"), old, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.OldSet.Name).To(Equal("boss"))
	g.Expect(in.NewSet.Name).To(Equal("viewer"))
	g.Expect(in.MissingSubjects).To(Equal([]string{"zed"}))
	g.Expect(in.Subjects).To(ConsistOf(bob), "of the others none is beyond rank 4")

	in, err = a.Binding(t.Context(), by("lea"), obj, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.New).To(BeNil())
	g.Expect(in.NewSet).To(BeNil())
	g.Expect(in.OldSet.Name).To(Equal("viewer"))
	g.Expect(in.MissingSubjects).To(BeEmpty())
	g.Expect(in.Subjects).To(ConsistOf(bob))

	in, err = a.Binding(t.Context(), by("eve"), nil, testkit.Binding("b", "shop", testkit.ForUsers("ann", "bob", "cat")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Subjects).To(HaveLen(2), "who may hand out nothing may touch none that has something")

	in, err = a.Binding(t.Context(), by("root"), nil, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Subjects).To(BeEmpty())
}

func TestSetFacts(t *testing.T) {
	a := admissionOf(
		t,
		testkit.Office("shop", "shop"),
		testkit.Set("a", "shop"), testkit.Set("b", "shop"),
		testkit.Set("same-key", "shop", func(o client.Object) { o.(*v1alpha1.PermissionSet).Spec.Key = "s" }),
	)
	g := NewWithT(t)
	old, obj := testkit.Set("s", "shop", testkit.Extends("a", "gone")), testkit.Set("s", "shop", testkit.Extends("b"))

	in, err := a.PermissionSet(t.Context(), by("lea"), old, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.OldAncestry.Distance).To(HaveKey("shop/a"))
	g.Expect(in.OldAncestry.Missing).To(Equal([]string{"shop/gone"}))
	g.Expect(in.NewAncestry.Distance).To(HaveKey("shop/b"))
	g.Expect(in.Sets).To(And(HaveKey("shop/a"), HaveKey("shop/b"), HaveKeyWithValue("shop/s", obj)))
	g.Expect(in.SameKey).To(Equal([]types.NamespacedName{{Namespace: "shop", Name: "same-key"}}))

	in, err = a.PermissionSet(t.Context(), by("lea"), old, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.New).To(BeNil())
	g.Expect(in.OldAncestry.Distance).To(HaveKey("shop/a"))
}
