// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const (
	staff = v1alpha1.AccountStaff
	api   = v1alpha1.AccountAPI
)

// atMost is a rule for how many sets a user may hold.
func atMost(sets int32) testkit.Mod {
	return testkit.Rules(func(p *v1alpha1.Policy) { p.PermissionSetsPerUser = &sets })
}

// to is a binding of a set for ann, created at a second.
func to(set string, second int64, mods ...testkit.Mod) *v1alpha1.RoleBinding {
	return testkit.Binding("to-"+set, "shop", append([]testkit.Mod{testkit.ToSet(set), testkit.ForUsers("ann"), born(second, "uid-"+set)}, mods...)...)
}

// counted counts what is read.
type counted struct {
	client.Reader
	reads int
}

func (c *counted) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	c.reads++
	return c.Reader.Get(ctx, key, o, opts...)
}

func (c *counted) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	c.reads++
	return c.Reader.List(ctx, list, opts...)
}

func TestWhoHasTheSameEmail(t *testing.T) {
	a := admissionOf(
		t,
		testkit.User("younger", "shop", testkit.Email("Ann@shop.example"), born(3, "c")),
		testkit.User("older", "team", testkit.Email("ANN@SHOP.example"), testkit.InOffice("shop/shop"), born(2, "b")),
		testkit.User("going", "shop", testkit.Email("ann@shop.example"), born(1, "a"), going),
		testkit.User("elsewhere", "shop", testkit.Email("ann@shop.example"), testkit.InOffice("desk")),
		testkit.User("other", "shop", testkit.Email("ann@shop.example.x")), testkit.User("nameless", "shop"),
		testkit.User("ann", "shop", testkit.Email("ann@shop.example")),
	)
	same := func(mods ...testkit.Mod) []types.NamespacedName {
		in, err := a.User(t.Context(), by("lea"), nil, testkit.User("ann", "shop", mods...))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return in.SameEmail
	}
	g := NewWithT(t)
	g.Expect(same(testkit.Email("ann@Shop.example"))).To(Equal([]types.NamespacedName{{Namespace: "team", Name: "older"}, {Namespace: "shop", Name: "younger"}}))
	g.Expect(same(testkit.Email("anna@shop.example"))).To(BeEmpty())
	g.Expect(same()).To(BeEmpty(), "who has none shares none")
}

func TestSetsOfAUser(t *testing.T) {
	objects := []client.Object{
		delegatingOffice(atMost(2)),
		testkit.Set("desk", "shop", testkit.HeldBy(staff)), testkit.Set("heir", "shop", testkit.Extends("desk")), testkit.Set("open", "shop"),
		to("heir", 1), to("open", 2), to("missing", 3), to("desk", 4, testkit.ForUsers("bob"), testkit.ForLabels("team", "desk")),
		testkit.Binding("going", "shop", testkit.ToSet("desk"), testkit.ForUsers("ann"), going),
	}
	heir := policy.HeldSet{Binding: "to-heir", Set: "shop/heir", Types: []v1alpha1.AccountType{staff}}
	desk := policy.HeldSet{Binding: "to-desk", Set: "shop/desk", Types: []v1alpha1.AccountType{staff}}
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	for sentence, c := range map[string]struct {
		old, obj   *v1alpha1.BackOfficeUser
		restricted []policy.HeldSet
		surplus    []string
	}{
		"created":                             {nil, ann(), []policy.HeldSet{heir}, []string{"to-missing"}},
		"created with a label":                {nil, ann(testkit.Labels("team", "desk")), []policy.HeldSet{desk, heir}, []string{"to-missing", "to-desk"}},
		"created, of another account type":    {nil, ann(testkit.AccountType(api)), []policy.HeldSet{heir}, nil},
		"of another account type":             {ann(), ann(testkit.AccountType(api)), []policy.HeldSet{heir}, nil},
		"with another label":                  {ann(), ann(testkit.Labels("team", "desk")), []policy.HeldSet{desk, heir}, []string{"to-missing", "to-desk"}},
		"of the same type, which is said":     {ann(), ann(testkit.AccountType(staff)), nil, nil},
		"changed otherwise":                   {ann(), ann(testkit.IPs("203.0.113.7")), nil, nil},
		"who may not hold the oldest of them": {nil, ann(testkit.AccountType(api), testkit.Labels("team", "desk")), []policy.HeldSet{desk, heir}, nil},
		"of a back office that is not there":  {nil, ann(testkit.InOffice("gone")), nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := admissionOf(t, objects...).User(t.Context(), by("lea"), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Restricted).To(Equal(c.restricted))
			g.Expect(in.Surplus).To(Equal(c.surplus))
		})
	}
}

func TestUsersOfABinding(t *testing.T) {
	users := []client.Object{
		testkit.User("ann", "shop"), testkit.User("bob", "shop", testkit.AccountType(api), testkit.Labels("team", "x")), testkit.User("cat", "shop", testkit.Labels("team", "x")),
		testkit.User("dan", "shop", going), testkit.User("other", "shop", testkit.InOffice("desk"), testkit.Labels("team", "x")),
	}
	objects := append(users, testkit.Set("feed", "shop", testkit.HeldBy(api)), testkit.Set("heir", "shop", testkit.Extends("feed")), testkit.Set("open", "shop"),
		to("open", 1), to("third", 2, testkit.ForUsers("cat")))
	binding := func(set string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("new", "shop", append([]testkit.Mod{testkit.ToSet(set), testkit.ForUsers("ann", "dan", "gone", "cat"), testkit.ForLabels("team", "x")}, mods...)...)
	}
	all := []policy.TypedUser{{Name: "ann", AccountType: staff}, {Name: "cat", AccountType: staff}, {Name: "bob", AccountType: api}}
	for sentence, c := range map[string]struct {
		office   *v1alpha1.BackOffice
		old, obj *v1alpha1.RoleBinding
		types    []v1alpha1.AccountType
		users    []policy.TypedUser
		crowded  []string
	}{
		"of a set for all":                     {delegatingOffice(), nil, binding("open"), nil, nil, nil},
		"of a set for some":                    {delegatingOffice(), nil, binding("feed"), []v1alpha1.AccountType{api}, all, nil},
		"of one that inherits from such a one": {delegatingOffice(), nil, binding("heir"), []v1alpha1.AccountType{api}, all, nil},
		"of a set that is not there":           {delegatingOffice(), nil, binding("gone"), nil, nil, nil},
		"who come to have more sets":           {delegatingOffice(atMost(1)), nil, binding("later"), nil, nil, []string{"ann", "cat"}},
		"who have room for one more":           {delegatingOffice(atMost(2)), nil, binding("later"), nil, nil, nil},
		"who have that set already":            {delegatingOffice(atMost(1)), nil, binding("open"), nil, nil, []string{"cat"}},
		"by a change":                          {delegatingOffice(atMost(1)), binding("open", testkit.ForUsers("x")), binding("open"), nil, nil, []string{"cat"}},
		"by a change of something else": {
			delegatingOffice(atMost(1)), binding("open"), binding("open", testkit.Labels("a", "b")), nil, nil, nil,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := admissionOf(t, append(objects, c.office)...).Binding(t.Context(), by("lea"), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.NewTypes).To(Equal(c.types))
			g.Expect(in.Users).To(Equal(c.users))
			g.Expect(in.Crowded).To(Equal(c.crowded))
			g.Expect(in.MissingSubjects).To(Equal([]string{"dan", "gone"}))
		})
	}

	g := NewWithT(t)
	in, err := admissionOf(t, append(objects, delegatingOffice())...).Binding(t.Context(), by("lea"), binding("feed"), binding("open"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.OldTypes).To(Equal([]v1alpha1.AccountType{api}))
	g.Expect(in.NewTypes).To(BeEmpty())
}

func TestUsersOfABindingAreBounded(t *testing.T) {
	g := NewWithT(t)
	objects := []client.Object{delegatingOffice(atMost(1)), testkit.Set("feed", "shop", testkit.HeldBy(api)), to("open", 1, testkit.ForUsers(), testkit.ForLabels("team", "x"))}
	for i := range 2 * maxBeneath {
		objects = append(objects, testkit.User(fmt.Sprint("user-", i), "shop", testkit.AccountType(api), testkit.Labels("team", "x")))
	}
	in, err := admissionOf(t, objects...).Binding(t.Context(), by("lea"), nil, testkit.Binding("new", "shop", testkit.ToSet("feed"), testkit.ForLabels("team", "x")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Users).To(HaveLen(maxBeneath))
	g.Expect(in.Crowded).To(HaveLen(maxBeneath))
}

func TestHandingsForUsersOfTypesAndWithManySets(t *testing.T) {
	g := NewWithT(t)
	feed := testkit.Set("feed", "shop", testkit.HeldBy(api))
	heir := testkit.Set("heir", "shop", testkit.Extends("feed"))
	oldest, b, ended := to("open", 1), to("heir", 2), to("former", 0, testkit.Until(noon))
	reader := &counted{Reader: world(t, feed, heir, oldest, b, ended)}
	gatherer := cacheOf(t)
	gatherer.Reader = reader
	ann, bob := testkit.User("ann", "shop", testkit.AccountType(api)), testkit.User("bob", "shop", testkit.AccountType(api))
	judged := func(b *v1alpha1.RoleBinding, u *v1alpha1.BackOfficeUser, office *v1alpha1.BackOffice) policy.SubjectInput {
		h, err := gatherer.HandingOf(t.Context(), b, heir, office)
		g.Expect(err).NotTo(HaveOccurred())
		facts, err := h.For(t.Context(), u)
		g.Expect(err).NotTo(HaveOccurred())
		return facts
	}
	facts := judged(b, ann, testkit.Office("shop", "shop", atMost(1)))
	g.Expect(facts.Set).To(Equal("shop/heir"))
	g.Expect(facts.Types).To(Equal([]v1alpha1.AccountType{api}))
	g.Expect(facts.SetLimit).To(Equal(1))
	g.Expect(facts.Surplus).To(BeTrue())
	g.Expect(judged(oldest, ann, testkit.Office("shop", "shop", atMost(1))).Surplus).To(BeFalse(), "the oldest stays")
	g.Expect(judged(b, ann, testkit.Office("shop", "shop", atMost(2))).Surplus).To(BeFalse())
	g.Expect(judged(b, testkit.User("ann", "shop"), testkit.Office("shop", "shop", atMost(1))).Surplus).To(BeFalse(), "a set that she may not hold is not one too many")
	g.Expect(judged(b, bob, testkit.Office("shop", "shop", atMost(1))).Surplus).To(BeFalse(), "it is not bob's")

	reader.reads = 0
	h, err := gatherer.HandingOf(t.Context(), b, testkit.Set("open", "shop"), testkit.Office("shop", "shop"))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = h.For(t.Context(), ann)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(reader.reads).To(BeZero(), "nothing is read where neither the set nor the policy asks")

	_, err = Gatherer{Reader: broken{}}.HandingOf(t.Context(), b, heir, nil)
	g.Expect(err).To(MatchError(errBroken))
	h, err = Gatherer{Reader: broken{}}.HandingOf(t.Context(), b, feed, testkit.Office("shop", "shop", atMost(1)))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = h.For(t.Context(), ann)
	g.Expect(err).To(MatchError(errBroken), "what cannot be read is not within the limit")
}

func TestProtectedSetsAskWhoBreaksTheGlass(t *testing.T) {
	safe, plain := testkit.Set("s", "shop", testkit.Protected()), testkit.Set("s", "shop")
	glass := testkit.Annotations(v1alpha1.AnnotationBreakGlass, "fire")
	with := func(s *v1alpha1.PermissionSet) *v1alpha1.PermissionSet {
		s = s.DeepCopy()
		glass(s)
		return s
	}
	own := []string{"spec.rank.delegations[0] of BackOffice shop/shop"}
	for sentence, c := range map[string]struct {
		by       string
		old, obj *v1alpha1.PermissionSet
		allowed  bool
		want     policy.Escalation
		sources  []string
	}{
		"who has power asks for a protected set, and keeps that power": {"lea", safe, with(plain), true, policy.EscalationPermitted, own},
		"who has power and not the verb":                               {"lea", safe, with(plain), false, policy.EscalationRefused, own},
		"nobody asks without the annotation":                           {"lea", safe, plain, true, policy.EscalationNotAsked, own},
		"nor for a set that is not protected":                          {"lea", plain, with(safe), true, policy.EscalationNotAsked, own},
		"nor for one that is created":                                  {"lea", nil, with(safe), true, policy.EscalationNotAsked, own},
		"who has no power gets it": {
			"root-less", safe, with(plain), true, policy.EscalationPermitted, []string{"the annotation access.backoffice-operator.io/break-glass"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			a := admissionOf(t, stamped(testkit.Office("shop", "shop", testkit.Delegates(0, testkit.Person("lea")))))
			a.Reviews = &reviews{allowed: c.allowed}
			in, err := a.PermissionSet(t.Context(), by(c.by), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Actor.Escalation).To(Equal(c.want))
			g.Expect(sourcesOf(in.Actor)).To(Equal(c.sources))
		})
	}
}
