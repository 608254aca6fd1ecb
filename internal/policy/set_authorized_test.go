// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSetAuthorized(t *testing.T) {
	uid := func(uid types.UID) testkit.Mod { return testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.UID = uid }) }
	boss := testkit.Set("boss", "shop", uid("boss"), testkit.Rank(1), testkit.Permissions("stock=Write"))
	mid := testkit.Set("mid", "shop", uid("mid"), testkit.Rank(8), testkit.Extends("boss"))
	viewer := testkit.Set("viewer", "shop", uid("viewer"), testkit.Rank(8), testkit.Permissions("orders"))
	s := func(extends ...string) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", uid("s"), testkit.Rank(8), testkit.Permissions("clients"), testkit.Extends(extends...))
	}
	by := func(author Author, set *v1alpha1.PermissionSet) SetInput {
		in := changeOf(nil, set, boss, mid, viewer)
		in.Author = author
		return in
	}
	judged := func(powers ...access.Power) Author {
		return Author{Known: true, Judged: true, Powers: powers, Sets: []types.UID{"viewer", "replaced"}}
	}
	unjudged := func(powers ...access.Power) Author { return Author{Known: true, Powers: powers} }
	giving := func(r int32, paths ...string) access.Power {
		return access.Power{Rank: r, Permissions: ContentOf(paths)}
	}
	nowhere := by(unjudged(), s("boss"))
	nowhere.Office = nil
	const wayOut = "; somebody with the power has to apply it again, or to annotate it with access.backoffice-operator.io/reconcile-requested-at=<time>"
	later := func(i, set string) string {
		return "Refuse NotAuthorized spec.extends[" + i + "]: Forbidden: whoever applied this may not give what set shop/" + set + " gives, which appeared afterwards" + wayOut
	}
	early := []string{"Refuse NotAuthorized spec: Forbidden: whoever applied this may not hand out a set of this rank, what it inherits from, or what it gives, and did so before the BackOffice was there" + wayOut}
	ruleCases[SetInput]{
		"a missing back office has no rules":                    {nowhere, nil},
		"where nobody is known, Admitted tells":                 {by(Author{}, s("boss")), nil},
		"what the set itself gives was judged":                  {by(judged(), s()), nil},
		"and the sets that were there":                          {by(judged(), s("viewer")), nil},
		"what is still to come gives nothing":                   {by(judged(), s("gone")), nil},
		"not those that came later":                             {by(judged(), s("viewer", "boss")), []string{later("1", "boss")}},
		"nor what they inherit":                                 {by(judged(giving(8, "stock")), s("mid")), []string{later("0", "mid")}},
		"each of them":                                          {by(judged(), s("boss", "mid")), []string{later("0", "boss"), later("1", "mid")}},
		"unless the author reaches them and has what they give": {by(judged(giving(1, "stock")), s("boss", "mid")), nil},
		"by one power":                                          {by(judged(giving(1), giving(8, "stock")), s("boss")), []string{later("0", "boss")}},
		"in all their families":                                 {by(judged(access.Power{Families: []string{"x"}, Permissions: ContentOf([]string{"*"})}), s("boss")), []string{later("0", "boss")}},
		"before the back office all is judged":                  {by(unjudged(giving(1, "stock", "clients")), s("boss")), nil},
		"what the set itself gives, too":                        {by(unjudged(giving(1, "stock")), s("boss")), early},
		"and the rank of what it inherits from":                 {by(unjudged(giving(2, "*")), s("boss")), early},
		"and its own":                                           {by(unjudged(giving(9, "*")), s()), early},
		"nobody has no power":                                   {by(unjudged(), s()), early},
	}.run(t, SetAuthorized)
}

func TestWorldOf(t *testing.T) {
	g := NewWithT(t)
	g.Expect(WorldOf(map[string]*v1alpha1.PermissionSet{
		"shop/a": testkit.Set("a", "shop", testkit.Rank(3), testkit.Family("x"), testkit.Permissions("orders/refund=None", "orders=Write"), testkit.Deny("stock"), testkit.Extends("b", "hq/c")),
		"shop/b": testkit.Set("b", "shop"),
		"shop/c": nil,
	})).To(Equal(access.World{
		"shop/a": {
			Rank: 3, Family: "x", Extends: []string{"shop/b", "hq/c"},
			Rights: access.Rights{Gives: access.Content{{Path: "orders", Level: access.Write}, {Path: "orders/refund", Level: access.None}}, Deny: []string{"stock"}},
		},
		"shop/b": {Rank: 5, Family: v1alpha1.DefaultRankFamily},
	}))
}

func TestGrantOf(t *testing.T) {
	from := time.Unix(1_000_000, 0)
	g := NewWithT(t)
	g.Expect(GrantOf(testkit.Binding("b", "team", testkit.ToSet("shop/s"), testkit.Grants("orders=Write"), testkit.Denies("stock"), testkit.From(from), testkit.Until(from.Add(1))))).To(Equal(access.Grant{
		Set: "shop/s", Rights: access.Rights{Gives: access.Content{{Path: "orders", Level: access.Write}}, Deny: []string{"stock"}},
		NotBefore: from, ExpiresAt: from.Add(1),
	}))
	g.Expect(GrantOf(testkit.Binding("b", "team", testkit.ToSet("s")))).To(Equal(access.Grant{Set: "team/s"}), "without a window")
}
