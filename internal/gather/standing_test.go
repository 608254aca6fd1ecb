// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// carrying gives an object a stamp that fits it.
func carrying[T client.Object](o T, s stamp.Stamp) T {
	s.ID, s.Hash = "id", stamp.Hash(o)
	testkit.Carry(o, s)
	return o
}

func TestStanding(t *testing.T) {
	g := NewWithT(t)
	viewer := carrying(testkit.Set("viewer", "team", testkit.InOffice("shop/shop"), testkit.Extends("gone")), stamp.Stamp{User: "lea", At: 3})
	reader := cacheOf(t, testkit.Office("shop", "shop", testkit.AdmitsUpTo(4, "team")), viewer)

	user, err := reader.UserStanding(t.Context(), carrying(testkit.User("ann", "team", testkit.InOffice("shop/shop")), stamp.Stamp{User: "lea", At: 1}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(user.Office.Name).To(Equal("shop"))
	g.Expect(user.Old).To(BeNil())
	g.Expect(user.Terms.Sources).To(ConsistOf("spec.namespaces[0]"))
	g.Expect(user.Author).To(Equal(policy.Author{Known: true, Judged: true, Name: "lea", At: 1}))

	binding, err := reader.BindingStanding(t.Context(), carrying(testkit.Binding("b", "team", testkit.InOffice("shop/shop"), testkit.ToSet("viewer")), stamp.Stamp{User: "lea", At: 2}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(binding.NewSet.Name).To(Equal("viewer"))
	g.Expect(binding.Terms.Admitted).To(BeTrue())
	g.Expect(binding.Author.At).To(BeEquivalentTo(2))

	set, err := reader.SetStanding(t.Context(), binding.NewSet)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(set.NewAncestry.Missing).To(Equal([]string{"team/gone"}))
	g.Expect(set.Terms.Admitted).To(BeTrue())
	g.Expect(set.Author.At).To(BeEquivalentTo(3))

	user, err = reader.UserStanding(t.Context(), testkit.User("ann", "team", testkit.InOffice("gone")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(user.Office).To(BeNil())
	g.Expect(user.Author).To(Equal(policy.Author{}))
}

// Subjects are read where the author of a binding was not judged for the set that it hands out now.
func TestSubjectsOfBindingsInTheBackground(t *testing.T) {
	four := access.Power{Rank: 4}
	viewer := testkit.Set("viewer", "shop", testkit.Rank(9), func(o client.Object) { o.SetUID("viewer") })
	office := testkit.Office("shop", "shop", testkit.Delegates(4, testkit.Person("lea")),
		testkit.Delegates(4, testkit.Person("tom")), testkit.OfTypes(v1alpha1.AccountStaff))
	stamped(office)
	ann := carrying(testkit.User("ann", "shop", testkit.AccountType(v1alpha1.AccountAPI)), stamp.Stamp{User: "eve", At: 5})
	objects := []client.Object{
		office, viewer, ann, testkit.User("bob", "shop"), testkit.User("cat", "shop", testkit.Labels("team", "hq")),
		testkit.Set("boss", "shop", testkit.Rank(0)), testkit.Set("lead", "shop", testkit.Rank(4)),
		testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq")),
		testkit.Binding("leads", "shop", testkit.ToSet("lead"), testkit.ForUsers("ann")),
	}
	eve := policy.Author{Known: true, Judged: true, Name: "eve", At: 5}
	all := func(cat policy.Protection) []policy.Subject {
		return []policy.Subject{
			{Name: "ann", AccountType: v1alpha1.AccountAPI, Author: eve},
			{Name: "bob", AccountType: v1alpha1.AccountStaff},
			{Name: "cat", AccountType: v1alpha1.AccountStaff, Protection: cat},
		}
	}
	binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob", "cat", "gone")}, mods...)...)
	}
	for sentence, c := range map[string]struct {
		binding *v1alpha1.RoleBinding
		want    []policy.Subject
	}{
		"judged for this very set": {carrying(binding(), stamp.Stamp{User: "lea", Power: []access.Power{four}, Sets: []string{"viewer"}}), nil},
		"judged for another one of that name": {
			carrying(binding(), stamp.Stamp{User: "lea", Power: []access.Power{four}, Sets: []string{"former"}}), all(nil),
		},
		"judged for none": {carrying(binding(), stamp.Stamp{User: "lea", Power: []access.Power{four}}), all(nil)},
		"not judged: what the author does not reach protects": {
			carrying(binding(), stamp.Stamp{User: "lea", Unjudged: true}), all(through("shop/hq", 0)),
		},
		"not judged, and with power over some types": {
			carrying(binding(), stamp.Stamp{User: "tom", Unjudged: true}), func() []policy.Subject {
				subjects := all(through("shop/hq", 0))
				subjects[0].Protection = through("shop/leads", 4)
				return subjects
			}(),
		},
		"not judged, though it claims the set": {
			carrying(binding(), stamp.Stamp{User: "lea", Unjudged: true, Sets: []string{"viewer"}}), all(through("shop/hq", 0)),
		},
		"not judged, and without a set":     {carrying(binding(testkit.ToSet("gone")), stamp.Stamp{User: "lea", Unjudged: true}), nil},
		"without a back office":             {carrying(binding(testkit.InOffice("gone")), stamp.Stamp{User: "lea", Unjudged: true}), nil},
		"nobody knows who stands behind it": {binding(), nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := cacheOf(t, objects...).BindingStanding(t.Context(), c.binding)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(in.Subjects).To(Equal(c.want))
		})
	}

	g := NewWithT(t)
	itself := carrying(testkit.Binding("hq", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq")), stamp.Stamp{User: "lea", Unjudged: true})
	in, err := cacheOf(t, objects...).BindingStanding(t.Context(), itself)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Subjects).To(ConsistOf(policy.Subject{Name: "cat", AccountType: v1alpha1.AccountStaff}), "no binding protects from itself")
}

func TestHandings(t *testing.T) {
	nine := access.Power{Rank: 9}
	office := testkit.Office("shop", "shop", testkit.Delegates(6, testkit.Person("ann")))
	stamped(office)
	set := carrying(testkit.Set("s", "shop", testkit.Rank(5), testkit.Family("x"), func(o client.Object) { o.SetUID("set") }), stamp.Stamp{User: "boss", At: 30})
	b := func(s stamp.Stamp) *v1alpha1.RoleBinding { return carrying(testkit.Binding("b", "shop"), s) }
	u := func(s stamp.Stamp) *v1alpha1.BackOfficeUser { return carrying(testkit.User("u", "shop"), s) }
	need := access.Need{Family: "x", Rank: 5}

	judged := stamp.Stamp{User: "lea", At: 10, Power: []access.Power{nine}, Sets: []string{"set"}}
	lea := policy.Author{Known: true, Judged: true, Name: "lea", At: 10, Powers: []access.Power{nine}, Sets: []types.UID{"set"}}
	eve := policy.Author{Known: true, Judged: true, Name: "eve", At: 20}

	g := NewWithT(t)
	handing := handingOf(b(judged), set, office)
	g.Expect(handing.to(u(stamp.Stamp{User: "eve", At: 20}))).To(Equal(policy.SubjectInput{Binding: lea, User: eve, AccountType: v1alpha1.AccountStaff, Need: need, SetAt: 30}))
	g.Expect(handing.to(testkit.User("u", "shop"))).To(Equal(policy.SubjectInput{Binding: lea, AccountType: v1alpha1.AccountStaff, Need: need, SetAt: 30}), "one user leaves nothing to the next")

	dangling := stamp.Stamp{User: "lea", At: 10, Sets: []string{"former"}}
	g.Expect(handingOf(b(dangling), set, office).to(u(stamp.Stamp{User: "eve", At: 20})).SetAt).To(BeZero(),
		"a set that the binding was not admitted with vouches for nobody")
	g.Expect(handingOf(b(judged), testkit.Set("s", "shop", testkit.Rank(5), func(o client.Object) { o.SetUID("set") }), office).to(u(stamp.Stamp{})).SetAt).To(BeZero(),
		"nor does one that was never admitted")
	g.Expect(handingOf(testkit.Binding("b", "shop"), set, office).to(u(stamp.Stamp{User: "eve", At: 20}))).To(
		Equal(policy.SubjectInput{User: eve, AccountType: v1alpha1.AccountStaff, Need: need}), "nor a binding that was not")

	unjudged := handingOf(b(stamp.Stamp{User: "ann", Unjudged: true}), set, office).to(u(stamp.Stamp{User: "ann", Unjudged: true}))
	g.Expect(unjudged.Binding.Powers).To(ConsistOf(access.Power{Rank: 6}))
	g.Expect(unjudged.User.Powers).To(ConsistOf(access.Power{Rank: 6}))
	for _, powerless := range []*v1alpha1.BackOffice{nil, testkit.Office("shop", "shop", testkit.Delegates(6, testkit.Person("ann")))} {
		unjudged = handingOf(b(stamp.Stamp{User: "ann", Unjudged: true}), set, powerless).to(u(stamp.Stamp{User: "ann", Unjudged: true}))
		g.Expect(unjudged.Binding.Powers).To(BeEmpty(), "without an admitted back office nobody has power")
		g.Expect(unjudged.User.Powers).To(BeEmpty())
	}
}
