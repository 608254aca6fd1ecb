// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestReferences(t *testing.T) {
	g := NewWithT(t)
	reader := cacheOf(t, testkit.Office("shop", "shop"), testkit.Set("viewer", "team"))

	office, err := reader.Office(t.Context(), v1alpha1.BackOfficeReference{Name: "shop", Namespace: "shop"}, "team")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(office.Name).To(Equal("shop"))
	office, err = reader.Office(t.Context(), v1alpha1.BackOfficeReference{Name: "shop"}, "team")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(office).To(BeNil(), "its own namespace has none")

	set, err := reader.Set(t.Context(), v1alpha1.PermissionSetReference{Name: "viewer"}, "team")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(set.Name).To(Equal("viewer"))
	set, err = reader.Set(t.Context(), v1alpha1.PermissionSetReference{Name: "viewer", Namespace: "shop"}, "team")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(set).To(BeNil())
}

func TestBindingsOf(t *testing.T) {
	badSelector := testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
		b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Like"}}}
	})
	reader := cacheOf(
		t,
		testkit.Binding("by-name", "shop", testkit.ForUsers("bob", "ann")),
		testkit.Binding("by-label", "shop", testkit.ForLabels("team", "support")),
		testkit.Binding("by-both", "shop", testkit.ForUsers("ann"), testkit.ForLabels("team", "support")),
		testkit.Binding("not-in-force-yet", "shop", testkit.ForUsers("ann"), testkit.From(noon.AddDate(1, 0, 0))),
		testkit.Binding("other-name", "shop", testkit.ForUsers("bob")),
		testkit.Binding("other-label", "shop", testkit.ForLabels("team", "sales")),
		testkit.Binding("other-office", "shop", testkit.ForUsers("ann"), testkit.InOffice("desk")),
		testkit.Binding("other-namespace", "team", testkit.ForUsers("ann"), testkit.InOffice("shop/shop")),
		testkit.Binding("going", "shop", testkit.ForUsers("ann"), going),
		testkit.Binding("malformed", "shop", badSelector),
	)
	g := NewWithT(t)
	found, err := reader.BindingsOf(t.Context(), testkit.User("ann", "shop", testkit.Labels("team", "support")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(names(found)).To(ConsistOf("by-name", "by-label", "by-both", "not-in-force-yet"))
	found, err = reader.BindingsOf(t.Context(), testkit.User("carl", "shop"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(BeEmpty())
}

func TestSubjectsOf(t *testing.T) {
	reader := cacheOf(
		t,
		testkit.User("ann", "shop", testkit.Labels("team", "support")),
		testkit.User("bob", "shop"),
		testkit.User("cat", "shop", testkit.Labels("team", "support")),
		testkit.User("going", "shop", testkit.Labels("team", "support"), going),
		testkit.User("desk", "shop", testkit.Labels("team", "support"), testkit.InOffice("desk")),
		testkit.User("ann", "team", testkit.Labels("team", "support"), testkit.InOffice("shop/shop")),
	)
	for sentence, c := range map[string]struct {
		mods           []testkit.Mod
		users, missing []string
	}{
		"by name, and who is missing": {
			[]testkit.Mod{testkit.ForUsers("bob", "nobody", "going", "desk")}, []string{"bob"}, []string{"nobody", "going", "desk"},
		},
		"by label":           {[]testkit.Mod{testkit.ForLabels("team", "support")}, []string{"ann", "cat"}, nil},
		"by both, each once": {[]testkit.Mod{testkit.ForUsers("ann", "bob"), testkit.ForLabels("team", "support")}, []string{"ann", "bob", "cat"}, nil},
		"nobody":             {[]testkit.Mod{testkit.ForLabels("team", "sales")}, nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			users, missing, err := reader.SubjectsOf(t.Context(), testkit.Binding("b", "shop", c.mods...))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(names(users)).To(ConsistOf(c.users))
			g.Expect(missing).To(Equal(c.missing))
		})
	}
}

func TestAncestry(t *testing.T) {
	reader := cacheOf(
		t,
		testkit.Set("base", "shop", testkit.Extends("root")),
		testkit.Set("root", "shop"),
		testkit.Set("own", "team", testkit.InOffice("shop/shop"), testkit.Extends("shop/base")),
		testkit.Set("peeping", "shop", testkit.Extends("team/own")),
		testkit.Set("desk", "shop", testkit.InOffice("desk")),
		testkit.Set("stored", "team", testkit.InOffice("shop/shop"), testkit.Extends("nothing")),
	)
	for sentence, c := range map[string]struct {
		extends  []string
		distance map[string]int
		missing  []string
	}{
		"over namespaces":                                {[]string{"own"}, map[string]int{"team/stored": 0, "team/own": 1, "shop/base": 2, "shop/root": 3}, nil},
		"a set of another back office is missing":        {[]string{"shop/desk"}, map[string]int{"team/stored": 0}, []string{"shop/desk"}},
		"a set of a third namespace is missing":          {[]string{"third/x"}, map[string]int{"team/stored": 0}, []string{"third/x"}},
		"the back office's sets cannot look into a team": {[]string{"shop/peeping"}, map[string]int{"team/stored": 0, "shop/peeping": 1}, []string{"team/own"}},
		"what one may name another may not": {
			[]string{"own", "shop/peeping"},
			map[string]int{"team/stored": 0, "team/own": 1, "shop/peeping": 1, "shop/base": 2, "shop/root": 3},
			[]string{"team/own"},
		},
		"the set is taken as it is given": {nil, map[string]int{"team/stored": 0}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			given := testkit.Set("stored", "team", testkit.InOffice("shop/shop"), testkit.Extends(c.extends...))
			ancestry, sets, err := reader.Ancestry(t.Context(), given)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(ancestry.Distance).To(Equal(c.distance))
			g.Expect(ancestry.Missing).To(BeEquivalentTo(c.missing))
			g.Expect(sets).To(HaveLen(len(c.distance)))
			g.Expect(sets["team/stored"]).To(BeIdenticalTo(given))
		})
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	g := NewWithT(t)
	reader := Gatherer{Reader: broken{}}
	_, err := reader.UserStanding(t.Context(), testkit.User("ann", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, err = reader.BindingStanding(t.Context(), testkit.Binding("b", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, err = reader.SetStanding(t.Context(), testkit.Set("s", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, err = reader.BindingsOf(t.Context(), testkit.User("ann", "shop"))
	g.Expect(err).To(MatchError(errBroken))
	_, _, err = reader.SubjectsOf(t.Context(), testkit.Binding("b", "shop", testkit.ForUsers("ann")))
	g.Expect(err).To(MatchError(errBroken))
	_, _, err = reader.SubjectsOf(t.Context(), testkit.Binding("b", "shop", testkit.ForLabels("a", "b")))
	g.Expect(err).To(MatchError(errBroken))
	_, _, err = reader.Ancestry(t.Context(), testkit.Set("s", "shop", testkit.Extends("x")))
	g.Expect(err).To(MatchError(errBroken))
}
