// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// delegatingOffice lets lea hand out rank 4 and weaker, and root everything.
func delegatingOffice(mods ...testkit.Mod) *v1alpha1.BackOffice {
	return stamped(testkit.Office("shop", "shop", append([]testkit.Mod{
		testkit.Delegates(4, testkit.Person("lea")), testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"),
	}, mods...)...))
}

func TestUserFacts(t *testing.T) {
	a := admissionOf(
		t,
		delegatingOffice(),
		testkit.Set("boss", "shop", testkit.Rank(0), testkit.Family("x")), testkit.Set("viewer", "shop", testkit.Rank(9)),
		testkit.Binding("viewers", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann")),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq")),
		testkit.Binding("dangling", "shop", testkit.ToSet("gone"), testkit.ForUsers("ann")),
		testkit.User("younger", "shop", testkit.Login("Ann"), born(3, "c")),
		testkit.User("older", "team", testkit.Login("ANN"), testkit.InOffice("shop/shop"), born(2, "b")),
		testkit.User("going", "shop", testkit.Login("ann"), born(1, "a"), going),
		testkit.User("elsewhere", "shop", testkit.Login("ann"), testkit.InOffice("desk")),
	)
	g := NewWithT(t)
	old, obj := testkit.User("ann", "shop"), testkit.User("ann", "shop", testkit.Labels("team", "hq"))
	viewer := policy.Need{Family: "default", Rank: 9, Through: "shop/viewers"}

	in, err := a.User(t.Context(), by("lea"), old, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Actor.Powers).To(HaveLen(1))
	g.Expect(in.Now).To(Equal(noon))
	g.Expect(in.OldProtection).To(Equal(policy.Protection{viewer}))
	g.Expect(in.NewProtection).To(Equal(policy.Protection{viewer, {Family: "x", Rank: 0, Through: "shop/hq"}}))
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

// Beyond 1,000 seats it is who waits for one that tells.
func TestFullQuotasOfManySeats(t *testing.T) {
	admin := testkit.AccountType(v1alpha1.AccountAdministrator)
	waiting := func(name string, mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
		return testkit.User(name, "shop", append(mods, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonQuotaExceeded}}
		}))...)
	}
	for sentence, c := range map[string]struct {
		others []client.Object
		want   []string
	}{
		"nobody waits":                    {nil, nil},
		"somebody waits":                  {[]client.Object{waiting("a")}, []string{"users"}},
		"an administrator waits":          {[]client.Object{waiting("a", admin)}, []string{"administrators"}},
		"one of each":                     {[]client.Object{waiting("a", admin), waiting("b")}, []string{"users", "administrators"}},
		"somebody of another one waits":   {[]client.Object{waiting("a", testkit.InOffice("desk"))}, nil},
		"somebody waits for other things": {[]client.Object{testkit.User("a", "shop")}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			a := admissionOf(t, append(c.others, testkit.Office("shop", "shop", testkit.Seats(maxCounted+1, maxCounted+1)))...)
			in, err := a.User(t.Context(), by("lea"), nil, testkit.User("ann", "shop", admin))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.FullQuotas).To(Equal(c.want))
		})
	}
}

func TestBindingFacts(t *testing.T) {
	alien := testkit.Set("alien", "shop", testkit.InOffice("desk"))
	a := admissionOf(
		t,
		delegatingOffice(),
		testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("viewer", "shop", testkit.Rank(9)), alien,
		testkit.User("ann", "shop"), testkit.User("bob", "shop", testkit.Labels("team", "hq")), testkit.User("cat", "shop"),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq"), testkit.ForUsers("dan")),
	)
	g := NewWithT(t)
	old := testkit.Binding("b", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann", "nobody"))
	obj := testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("cat", "zed"), testkit.ForLabels("team", "hq"))
	bob := policy.Subject{
		Name: "bob", AccountType: v1alpha1.AccountStaff, Protection: policy.Protection{{Family: "default", Rank: 0, Through: "shop/hq"}},
	}

	in, err := a.Binding(t.Context(), by("lea"), old, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Actor.Powers).To(HaveLen(1))
	g.Expect(in.Terms.Admitted).To(BeTrue())
	g.Expect(in.Author).To(Equal(policy.Author{}), "the author is a fact of the background")
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

	strange := testkit.Binding("b", "shop", testkit.ToSet("alien"), testkit.ForUsers("ann"))
	in, err = a.Binding(t.Context(), by("lea"), strange, strange)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.OldSet.Name).To(Equal("alien"), "a rule refuses a set of another back office, and has to see it")
	g.Expect(in.NewSet.Name).To(Equal("alien"))
	in, err = a.Binding(t.Context(), by("lea"), strange, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.OldSet).To(BeNil(), "but nobody needs power over it to remove the binding")

	in, err = a.Binding(t.Context(), by("lea"), nil, testkit.Binding("b", "shop", testkit.InOffice("gone"), testkit.ToSet("boss"), testkit.ForUsers("bob")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Office).To(BeNil())
	g.Expect(in.Subjects).To(BeEmpty(), "without a back office nobody has a rank")
}

func TestSetFacts(t *testing.T) {
	a := admissionOf(
		t,
		delegatingOffice(),
		testkit.Set("a", "shop"), testkit.Set("b", "shop"), testkit.Set("boss", "shop", testkit.Rank(0)),
		testkit.Set("same-key", "shop", func(o client.Object) { o.(*v1alpha1.PermissionSet).Spec.Key = "s" }),
		testkit.User("bob", "shop"),
		testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("bob")),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForUsers("bob")),
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
	g.Expect(in.Holders).To(BeEmpty(), "nobody asks for them where nothing is denied")

	in, err = a.PermissionSet(t.Context(), by("lea"), old, testkit.Set("s", "shop", testkit.Deny("orders")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Holders).To(Equal([]policy.Holder{{Need: policy.Need{Family: "default", Rank: 0, Through: "shop/hq"}, AccountType: v1alpha1.AccountStaff}}))

	in, err = a.PermissionSet(t.Context(), by("lea"), old, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.New).To(BeNil())
	g.Expect(in.OldAncestry.Distance).To(HaveKey("shop/a"))
}

func TestWhatTheBindingsOfADeletedSetDeny(t *testing.T) {
	binding := func(name string, mods ...testkit.Mod) client.Object {
		return testkit.Binding(name, "shop", append([]testkit.Mod{testkit.ToSet("s"), testkit.ForUsers("ann")}, mods...)...)
	}
	a := admissionOf(
		t, delegatingOffice(testkit.Admits("team")),
		binding("one", testkit.Denies("stock", "orders")), binding("two", testkit.Denies("orders", "customers")), binding("none"),
		binding("other-set", testkit.ToSet("t"), testkit.Denies("other")), binding("other-office", testkit.InOffice("desk"), testkit.Denies("desk")),
		testkit.Binding("there", "team", testkit.InOffice("shop/shop"), testkit.ToSet("shop/s"), testkit.Denies("there")),
	)
	g := NewWithT(t)
	set := testkit.Set("s", "shop", testkit.Deny("own"))
	in, err := a.PermissionSet(t.Context(), by("lea"), set, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.DeniedBeside).To(Equal([]string{"customers", "orders", "stock", "there"}))
	in, err = a.PermissionSet(t.Context(), by("lea"), set, testkit.Set("s", "shop"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.DeniedBeside).To(BeEmpty(), "a set that stays lets them stay")
}

func TestBackOfficeFacts(t *testing.T) {
	old := testkit.Office("shop", "shop")
	user := testkit.User("ann", "shop", func(o client.Object) { o.(*v1alpha1.BackOfficeUser).Status.State = v1alpha1.StateActive })
	withdrawing := testkit.Office("shop", "shop", testkit.IPPolicy(v1alpha1.IPPolicy{Required: true}))
	annotated := testkit.Office("shop", "shop", testkit.Annotations(v1alpha1.AnnotationConfirmWithdrawal, "1"))
	dying := testkit.Office("shop", "shop", testkit.IPPolicy(v1alpha1.IPPolicy{Required: true}), going)
	for sentence, c := range map[string]struct {
		allowed  bool
		old, obj *v1alpha1.BackOffice
		want     policy.Withdrawal
	}{
		"a change of policy":                            {true, old, withdrawing, policy.Withdrawal{Users: 1, Of: 1}},
		"a change that withdraws nothing":               {true, old, testkit.Office("shop", "shop", testkit.Seats(1, 1)), policy.Withdrawal{Of: 1}},
		"nobody counts for who may not change anything": {false, old, withdrawing, policy.Withdrawal{}},
		"nor where the spec stays as it is":             {true, old, annotated, policy.Withdrawal{}},
		"nor where it is being deleted":                 {true, old, dying, policy.Withdrawal{}},
		"a new one has no users":                        {true, nil, withdrawing, policy.Withdrawal{}},
		"one that goes withdraws by itself":             {true, old, nil, policy.Withdrawal{}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			a := admissionOf(t, user)
			a.Reviews = &reviews{allowed: c.allowed}
			in, err := a.BackOffice(t.Context(), by("root"), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Withdrawal).To(Equal(c.want))
			g.Expect(in.Now).To(Equal(noon))
		})
	}
}

func TestFactsThatCannotBeReadAreErrors(t *testing.T) {
	a := Admission{Gatherer: Gatherer{Reader: broken{}}, Live: broken{}, Reviews: &reviews{allowed: true}}
	g := NewWithT(t)
	_, err := a.User(t.Context(), by("lea"), nil, testkit.User("u", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, err = a.Binding(t.Context(), by("lea"), nil, testkit.Binding("b", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, err = a.PermissionSet(t.Context(), by("lea"), nil, testkit.Set("s", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, err = a.BackOffice(t.Context(), by("lea"), testkit.Office("shop", "shop"), delegatingOffice())
	g.Expect(err).To(MatchError(errBroken))
}
