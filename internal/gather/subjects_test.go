// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// through is what it takes to touch who has a set of this rank by a binding.
func through(binding string, rank int32) policy.Protection {
	return policy.Protection{{Family: "default", Rank: rank, Through: binding}}
}

func subject(name string, accountType v1alpha1.AccountType, protection policy.Protection) policy.Subject {
	return policy.Subject{Name: name, AccountType: accountType, Protection: protection}
}

func TestSubjectsBeyond(t *testing.T) {
	const staff, admin = v1alpha1.AccountStaff, v1alpha1.AccountAdministrator
	team := testkit.Labels("team", "support")
	objects := []client.Object{
		stamped(testkit.Office(
			"shop", "shop", testkit.Admits("team"),
			testkit.Delegates(4, testkit.Person("lea")),
			testkit.Delegates(0, testkit.Person("root")),
			testkit.Delegates(4, testkit.Person("staffer")), testkit.OfTypes(staff),
			testkit.Delegates(4, testkit.Person("both")), testkit.OfTypes(staff), testkit.Delegates(7, testkit.Person("both")),
			testkit.Delegates(4, testkit.Person("two")), testkit.Delegates(5, testkit.Person("two")), testkit.Giving("orders"),
			testkit.Delegates(0, testkit.Person("other-family")), testkit.InFamilies("x"),
		)),
		testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("lead", "shop", testkit.Rank(5)), testkit.Set("viewer", "shop", testkit.Rank(9)),
		testkit.Set("four", "shop", testkit.Rank(4)), testkit.Set("alien", "shop", testkit.Rank(0), testkit.InOffice("desk")), testkit.Set("far", "third", testkit.Rank(0), testkit.InOffice("shop/shop")),

		testkit.User("ann", "shop", team), testkit.User("bob", "shop", team, testkit.AccountType(admin)), testkit.User("cat", "shop", team),
		testkit.User("dan", "shop"), testkit.User("eve", "shop", testkit.Labels("team", "support", "hq", "yes")),
		testkit.User("fay", "shop", team, testkit.InOffice("desk")), testkit.User("gus", "shop", team, going),
		testkit.User("ivy", "shop", testkit.Labels("crew", "night")),
		testkit.User("cat", "team", team, testkit.InOffice("shop/shop")),

		testkit.Binding("hq-names", "shop", testkit.ToSet("boss"), testkit.ForUsers("cat", "dan", "fay", "gus", "gone")),
		testkit.Binding("hq-labels", "shop", testkit.ToSet("boss"), testkit.ForLabels("hq", "yes")),
		testkit.Binding("leads", "shop", testkit.ToSet("lead"), testkit.ForUsers("ann", "bob")),
		testkit.User("jon", "shop"), testkit.Binding("jons", "shop", testkit.ToSet("viewer"), testkit.ForUsers("jon")),
		testkit.Binding("viewers", "shop", testkit.ToSet("viewer"), testkit.ForLabels("team", "support")),
		testkit.Binding("desk", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann"), testkit.InOffice("desk")),
		testkit.Binding("alien", "shop", testkit.ToSet("alien"), testkit.ForUsers("ann")),
		testkit.Binding("far", "shop", testkit.ToSet("third/far"), testkit.ForUsers("ann")),
		testkit.Binding("dangling", "shop", testkit.ToSet("gone"), testkit.ForUsers("ann")),
		testkit.Binding("elsewhere", "team", testkit.ToSet("shop/boss"), testkit.ForUsers("ann", "cat"), testkit.InOffice("shop/shop")),
	}
	binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("new", "shop", append([]testkit.Mod{testkit.ToSet("viewer")}, mods...)...)
	}
	support := testkit.ForLabels("team", "support")
	ann, bob := subject("ann", staff, through("shop/leads", 5)), subject("bob", admin, through("shop/leads", 5))
	ivy, jon, night := subject("ivy", staff, nil), subject("jon", staff, through("shop/jons", 9)), testkit.ForLabels("crew", "night")
	dan := subject("dan", staff, through("shop/hq-names", 0))
	cat, eve := subject("cat", staff, through("shop/hq-names", 0)), subject("eve", staff, through("shop/hq-labels", 0))
	for sentence, c := range map[string]struct {
		by       string
		old, obj *v1alpha1.RoleBinding
		want     []policy.Subject
	}{
		"by name, who has a set beyond the actor": {"lea", nil, binding(testkit.ForUsers("ann", "bob", "cat", "eve")), []policy.Subject{cat, eve}},
		"by a selector":                                        {"lea", nil, binding(support), []policy.Subject{cat, eve}},
		"by both, each once":                                   {"lea", nil, binding(support, testkit.ForUsers("cat", "eve")), []policy.Subject{cat, eve}},
		"by the old one":                                       {"lea", binding(testkit.ForUsers("cat")), binding(testkit.ForUsers("ann")), []policy.Subject{cat}},
		"by the selector of the old one":                       {"lea", binding(support), binding(testkit.ForUsers("ann")), []policy.Subject{cat, eve}},
		"by one that is deleted":                               {"lea", binding(support), nil, []policy.Subject{cat, eve}},
		"nobody beside it":                                     {"lea", nil, binding(testkit.ForLabels("team", "sales"), testkit.ForUsers("ann")), nil},
		"nobody by a selector that is not well-formed":         {"lea", nil, binding(malformed), nil},
		"everybody by a selector of everything":                {"lea", nil, binding(selectingAll), []policy.Subject{cat, dan, eve}},
		"by another selector that finds them all":              {"lea", nil, binding(testkit.ForLabels("hq", "yes")), []policy.Subject{eve}},
		"nobody for who may hand out everything":               {"root", nil, binding(support), nil},
		"everybody for who may so in another family":           {"other-family", nil, binding(testkit.ForUsers("ann")), []policy.Subject{ann}},
		"by name for who has no power":                         {"nobody", nil, binding(testkit.ForUsers("ann")), []policy.Subject{ann}},
		"nobody by a selector for who is refused anyway":       {"nobody", nil, binding(support), nil},
		"everybody, where the actor has power over some types": {"staffer", nil, binding(support), []policy.Subject{ann, bob, cat, eve}},
		"and by name":                                          {"staffer", nil, binding(testkit.ForUsers("ann", "bob", "dan")), []policy.Subject{ann, bob, dan}},
		"everybody, where one power reaches the set and another one has all types": {
			"both", nil, binding(testkit.ToSet("lead"), support), []policy.Subject{ann, bob, cat, eve},
		},
		"everybody, where the set that goes is such a one": {
			"both", binding(testkit.ToSet("lead"), support), nil, []policy.Subject{ann, bob, cat, eve},
		},
		"who has nothing, where types matter": {"staffer", nil, binding(testkit.ForUsers("ivy")), []policy.Subject{ivy}},
		"whatever the set":                    {"staffer", nil, binding(testkit.ToSet("gone"), testkit.ForLabels("crew", "night")), []policy.Subject{ivy}},
		"where one of two powers reaches the new set": {
			"two", binding(night), binding(testkit.ToSet("four"), night, testkit.ForUsers("ann")), []policy.Subject{ann, ivy},
		},
		"or the old one, with all that protects": {
			"two", binding(testkit.ToSet("four"), night, testkit.ForUsers("jon")), binding(night), []policy.Subject{ivy, jon},
		},
		"where both of two powers do, who has a set beyond them": {"two", nil, binding(support), []policy.Subject{cat, eve}},
		"users of another namespace by the bindings there": {"lea", nil, testkit.Binding("new", "team", testkit.InOffice("shop/shop"),
			testkit.ToSet("shop/viewer"), support), []policy.Subject{subject("cat", staff, through("team/elsewhere", 0))}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := admissionOf(t, objects...).Binding(t.Context(), by(c.by), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Subjects).To(Equal(c.want))
		})
	}
}

var (
	malformed = testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
		b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Like"}}}
	})
	selectingAll = testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.Selector = &metav1.LabelSelector{} })
)

func TestABindingThatIsBeingDeletedProtectsUntilItIsGone(t *testing.T) {
	objects := []client.Object{
		delegatingOffice(),
		testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("viewer", "shop", testkit.Rank(9)),
		testkit.User("ann", "shop", testkit.Labels("team", "hq")),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann"), going),
	}
	a, protection := admissionOf(t, objects...), through("shop/hq", 0)
	g := NewWithT(t)
	user, err := a.User(t.Context(), by("lea"), testkit.User("ann", "shop"), nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(user.OldProtection).To(Equal(protection))
	for _, reach := range []testkit.Mod{testkit.ForUsers("ann"), testkit.ForLabels("team", "hq")} {
		binding, err := a.Binding(t.Context(), by("lea"), nil, testkit.Binding("new", "shop", testkit.ToSet("viewer"), reach))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(binding.Subjects).To(ConsistOf(subject("ann", v1alpha1.AccountStaff, protection)))
	}
	holdings, err := a.BindingsOf(t.Context(), testkit.User("ann", "shop"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(holdings).To(BeEmpty(), "but it hands nothing out any more")
}

func TestProtectionIsCappedByTheCeiling(t *testing.T) {
	g := NewWithT(t)
	a := admissionOf(
		t, delegatingOffice(testkit.AdmitsUpTo(3, "team")), testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("viewer", "shop", testkit.Rank(9)),
		testkit.User("ann", "team", testkit.InOffice("shop/shop")),
		testkit.Binding("hq", "team", testkit.ToSet("shop/boss"), testkit.InOffice("shop/shop"), testkit.ForUsers("ann")),
	)
	in, err := a.Binding(t.Context(), by("lea"), nil, testkit.Binding("new", "team", testkit.InOffice("shop/shop"), testkit.ToSet("shop/viewer"), testkit.ForUsers("ann")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Subjects).To(ConsistOf(subject("ann", v1alpha1.AccountStaff, through("team/hq", 3))))
}

// However many users there are, the same ones are beyond the actor: they are looked for by name, one by one, among those of a selector, or
// among all.
func TestSubjectsBeyondAreFoundHoweverManyThereAre(t *testing.T) {
	for sentence, c := range map[string]struct{ bosses, subjects int }{
		"few":                   {2, 3},
		"many subjects":         {2, maxFew + 2},
		"more bosses than that": {maxNames + 1, 3},
		"many of both":          {maxNames + 1, maxFew + 2},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			crowd := testkit.Labels("crowd", "yes")
			objects := []client.Object{delegatingOffice(), testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("viewer", "shop", testkit.Rank(9))}
			var names, bosses []string
			for i := range c.subjects {
				names = append(names, fmt.Sprintf("user-%d", i))
				objects = append(objects, testkit.User(names[i], "shop", crowd))
			}
			for i := range c.bosses {
				bosses = append(bosses, fmt.Sprintf("boss-%d", i))
			}
			objects = append(objects, testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForUsers(append(bosses, "user-1")...)))
			a := admissionOf(t, objects...)
			for _, reach := range []testkit.Mod{testkit.ForUsers(names...), testkit.ForLabels("crowd", "yes")} {
				in, err := a.Binding(t.Context(), by("lea"), nil, testkit.Binding("new", "shop", testkit.ToSet("viewer"), reach))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(in.Subjects).To(ConsistOf(subject("user-1", v1alpha1.AccountStaff, through("shop/hq", 0))))
			}
		})
	}
}

func TestSubjectsBeneath(t *testing.T) {
	weak := func(name string, mods ...testkit.Mod) client.Object {
		u := testkit.User(name, "shop", mods...)
		testkit.Stamp(u, "eve", []access.Power{testkit.UpToRank(6)})
		return u
	}
	team := testkit.Labels("team", "support")
	unjudged := testkit.User("unjudged", "shop", team)
	s := testkit.Stamp(unjudged, "lea", nil)
	s.Unjudged = true
	testkit.Carry(unjudged, s)
	objects := []client.Object{
		delegatingOffice(), testkit.Set("lead", "shop", testkit.Rank(5)), testkit.Set("viewer", "shop", testkit.Rank(9)),
		weak("ann", team), weak("going", team, going), weak("other"), weak("desk", team, testkit.InOffice("desk")),
		stamped(testkit.User("bob", "shop", team)), testkit.User("nobodys", "shop", team), unjudged,
	}
	support, names := testkit.ForLabels("team", "support"), testkit.ForUsers("ann", "bob", "unjudged", "nobodys", "desk", "gone")
	ann := []policy.Beneath{{Name: "ann", Author: "eve"}}
	for sentence, c := range map[string]struct {
		by   string
		mods []testkit.Mod
		want []policy.Beneath
	}{
		"by name":                               {"lea", []testkit.Mod{testkit.ToSet("lead"), names}, ann},
		"by a selector":                         {"lea", []testkit.Mod{testkit.ToSet("lead"), support}, ann},
		"by both, each once":                    {"lea", []testkit.Mod{testkit.ToSet("lead"), support, names}, ann},
		"nobody for a set within their power":   {"lea", []testkit.Mod{testkit.ToSet("viewer"), support}, nil},
		"nobody that the actor has changed":     {"eve", []testkit.Mod{testkit.ToSet("lead"), support}, nil},
		"nobody for a set that is not there":    {"lea", []testkit.Mod{testkit.ToSet("gone"), support}, nil},
		"nobody for who may hand out nothing":   {"nobody", []testkit.Mod{testkit.ToSet("lead"), support}, nil},
		"nobody by a selector that is nonsense": {"lea", []testkit.Mod{testkit.ToSet("lead"), malformed}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			a := admissionOf(t, objects...)
			if c.by == "eve" {
				a = admissionOf(t, append(objects[1:len(objects):len(objects)], delegatingOffice(testkit.Delegates(0, testkit.Person("eve"))))...)
			}
			in, err := a.Binding(t.Context(), by(c.by), nil, testkit.Binding("new", "shop", c.mods...))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Beneath).To(Equal(c.want))
		})
	}
	in, err := admissionOf(t, objects...).Binding(t.Context(), by("lea"), testkit.Binding("new", "shop", testkit.ToSet("lead"), names), nil)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Beneath).To(BeEmpty(), "a binding that goes hands nothing out")
}

func TestSubjectsBeneathAreBounded(t *testing.T) {
	g := NewWithT(t)
	objects := []client.Object{delegatingOffice(), testkit.Set("lead", "shop", testkit.Rank(5))}
	var names []string
	for i := range 2 * maxBeneath {
		u := testkit.User(fmt.Sprintf("user-%d", i), "shop", testkit.Labels("team", "support"))
		names = append(names, u.Name)
		testkit.Stamp(u, "eve", nil)
		objects = append(objects, u)
	}
	a := admissionOf(t, objects...)
	for sentence, mods := range map[string][]testkit.Mod{
		"by name":       {testkit.ForUsers(names...)},
		"by a selector": {testkit.ForLabels("team", "support")},
		"by both":       {testkit.ForLabels("team", "support"), testkit.ForUsers(names[:maxBeneath/2]...)},
	} {
		in, err := a.Binding(t.Context(), by("lea"), nil, testkit.Binding("new", "shop", append(mods, testkit.ToSet("lead"))...))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(len(in.Beneath)).To(And(BeNumerically(">=", maxBeneath/2), BeNumerically("<=", maxBeneath)), sentence)
		g.Expect(uniq(in.Beneath)).To(HaveLen(len(in.Beneath)), "each once, "+sentence)
	}
}

func uniq(beneath []policy.Beneath) map[string]bool {
	names := map[string]bool{}
	for _, b := range beneath {
		names[b.Name] = true
	}
	return names
}
