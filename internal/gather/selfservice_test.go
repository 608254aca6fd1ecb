// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const chiefs = "chief@shop.example"

// court is a back office in which somebody manages others by what it holds.
type court struct {
	office  *v1alpha1.BackOffice
	base    *v1alpha1.PermissionSet // what set extends
	set     *v1alpha1.PermissionSet
	user    *v1alpha1.BackOfficeUser
	binding *v1alpha1.RoleBinding
	others  []client.Object
}

// courtIn builds one whose user lies in a namespace that the back office admits. unstamped changes it before it is stamped, tampered after.
func courtIn(namespace string, unstamped, tampered func(*court)) *court {
	c := &court{
		office: testkit.Office("shop", "shop", testkit.SelfService("staff/manage"), testkit.Admits("team"), testkit.Catalog("staff/manage", "orders", "stock")),
		base:   testkit.Set("base", "shop", testkit.Rank(9), testkit.Permissions("orders=Write")),
		set: testkit.Set("managers", "shop", testkit.Rank(3), testkit.Family("staff"), testkit.Permissions("staff/manage=Write"),
			testkit.Extends("base")),
		user: testkit.User("chief", namespace, testkit.InOffice("shop/shop"), testkit.KubernetesUser(chiefs)),
		binding: testkit.Binding("management", namespace, testkit.InOffice("shop/shop"), testkit.ToSet("shop/managers"),
			testkit.ForUsers("chief")),
	}
	c.office.UID, c.base.UID, c.set.UID, c.user.UID, c.binding.UID = "office", "base", "set", "user", "binding"
	if unstamped != nil {
		unstamped(c)
	}
	stamped(c.office)
	stamped(c.base)
	stamped(c.set, c.base)
	stamped(c.user)
	stamped(c.binding, c.set)
	if tampered != nil {
		tampered(c)
	}
	return c
}

func (c *court) objects() []client.Object {
	return append([]client.Object{c.office, c.base, c.set, c.user, c.binding}, c.others...)
}

func TestSelfServiceGivesWhatSomebodyHolds(t *testing.T) {
	power := policy.Power{
		Power: access.Power{Rank: 3, Families: []string{"staff"}, Permissions: access.Content{
			{Path: "orders", Level: access.Write}, {Path: "staff/manage", Level: access.Write},
		}},
	}
	extra := func(rank int32, family string, mods ...testkit.Mod) func(*court) {
		return func(c *court) {
			set := testkit.Set("extra", "shop", testkit.Rank(rank), testkit.Family(family), testkit.Permissions("stock=Read"))
			set.UID = "extra"
			stamped(set)
			binding := testkit.Binding("extra", "shop", append([]testkit.Mod{testkit.ToSet("extra"), testkit.ForUsers("chief")}, mods...)...)
			c.others = append(c.others, set, stamped(binding, set))
		}
	}
	stock := append(access.Content{}, power.Permissions...)
	stock = append(stock, access.Entry{Path: "stock", Level: access.Read})
	for sentence, c := range map[string]struct {
		unstamped, tampered func(*court)
		want                []access.Power
	}{
		"by name": {want: []access.Power{power.Power}},
		"by a label": {unstamped: func(c *court) {
			testkit.ForUsers()(c.binding)
			testkit.ForLabels("lead", "yes")(c.binding)
			testkit.Labels("lead", "yes")(c.user)
		}, want: []access.Power{power.Power}},
		"in a window": {unstamped: func(c *court) {
			testkit.From(noon)(c.binding)
			testkit.Until(noon.Add(time.Second))(c.binding)
		}, want: []access.Power{power.Power}},
		"by grants on top of the set": {unstamped: func(c *court) {
			c.set.Spec.Permissions = nil
			testkit.Grants("staff/manage=Write")(c.binding)
		}, want: []access.Power{power.Power}},
		"by what covers the permission": {unstamped: func(c *court) {
			c.office.Spec.Rank.ManagePermission = "staff/manage/others"
		}, want: []access.Power{power.Power}},
		"of all families with their own ranks, and the permissions together": {tampered: extra(7, "stock"), want: []access.Power{
			{Rank: 3, Families: []string{"staff"}, Permissions: stock}, {Rank: 7, Families: []string{"stock"}, Permissions: stock},
		}},
		"of a family with the strongest rank": {tampered: extra(1, "staff"), want: []access.Power{
			{Rank: 1, Families: []string{"staff"}, Permissions: stock},
		}},
		"nothing of what is over":          {tampered: extra(0, "staff", testkit.Until(noon.Add(-time.Minute))), want: []access.Power{power.Power}},
		"nothing of what has not begun":    {tampered: extra(0, "staff", testkit.From(noon.Add(time.Hour))), want: []access.Power{power.Power}},
		"nothing of what is being deleted": {tampered: extra(0, "staff", going), want: []access.Power{power.Power}},
		"nothing of another back office":   {tampered: extra(0, "staff", testkit.InOffice("desk")), want: []access.Power{power.Power}},
		"nothing of what others hold":      {tampered: extra(0, "staff", testkit.ForUsers("other")), want: []access.Power{power.Power}},
		"nothing of what is denied by what": {tampered: extra(9, "staff", testkit.Denies("orders")), want: []access.Power{{
			Rank: 3, Families: []string{"staff"}, Permissions: access.Content{
				{Path: "orders"}, {Path: "staff/manage", Level: access.Write}, {Path: "stock", Level: access.Read},
			},
		}}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			court := courtIn("shop", c.unstamped, c.tampered)
			actor, err := admissionOf(t, court.objects()...).Actor(t.Context(), by(chiefs).UserInfo, court.office)
			g.Expect(err).NotTo(HaveOccurred())
			var powers []access.Power
			for _, p := range actor.Powers {
				g.Expect(p.Source).To(Equal("spec.kubernetesUser of BackOfficeUser shop/chief"))
				powers = append(powers, p.Power)
			}
			g.Expect(powers).To(Equal(c.want))
		})
	}
}

func TestWhoHasSelfService(t *testing.T) {
	namesake := func(namespace string, mods ...testkit.Mod) func(*court) {
		return func(c *court) {
			c.others = append(c.others, stamped(testkit.User("namesake", namespace, append([]testkit.Mod{
				testkit.InOffice("shop/shop"), testkit.KubernetesUser(chiefs), born(9, "younger"),
			}, mods...)...)))
		}
	}
	status := func(condition metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: condition, Reason: reason}}
	}
	for sentence, c := range map[string]struct {
		by                  string
		unstamped, tampered func(*court)
		want                bool
	}{
		"one who is in force": {want: true},
		"one whom the store has": {tampered: func(c *court) {
			c.user.Status.State, c.user.Status.Conditions = v1alpha1.StateActive, status(metav1.ConditionTrue, "Ready")
			c.set.Status.Conditions, c.binding.Status.Conditions = status(metav1.ConditionTrue, "Ready"), status(metav1.ConditionTrue, "Ready")
		}, want: true},
		"one who has access and waits for something": {tampered: func(c *court) {
			c.user.Status.State, c.user.Status.Conditions = v1alpha1.StateActive, status(metav1.ConditionFalse, "StoreUnavailable")
		}, want: true},
		"nobody where it is disabled":       {unstamped: func(c *court) { c.office.Spec.Rank.SelfService = v1alpha1.SelfServiceDisabled }},
		"nobody where nothing is said":      {unstamped: func(c *court) { c.office.Spec.Rank.SelfService = "" }},
		"nobody else":                       {by: "other@shop.example"},
		"nobody of another case":            {by: "Chief@shop.example"},
		"nobody in a group of that name":    {by: "other"},
		"not who names another back office": {unstamped: func(c *court) { testkit.InOffice("desk")(c.user) }},
		"not who is blocked":                {unstamped: func(c *court) { testkit.State(v1alpha1.StateBlocked)(c.user) }},
		"not who is deactivated":            {unstamped: func(c *court) { testkit.State(v1alpha1.StateDeactivated)(c.user) }},
		"not who is held":                   {unstamped: func(c *court) { testkit.Annotations(v1alpha1.AnnotationHold, "")(c.user) }},
		"not who is being deleted":          {tampered: func(c *court) { going(c.user) }},
		"not who was changed past admission": {tampered: func(c *court) {
			c.user.Spec.AccountType = v1alpha1.AccountAdministrator
		}},
		"not who was never admitted": {tampered: func(c *court) { c.user.Annotations = nil }},
		"not whom a rule withholds":  {unstamped: func(c *court) { testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})(c.office) }},
		"not who has no login yet": {tampered: func(c *court) {
			c.user.Status.Conditions = status(metav1.ConditionFalse, v1alpha1.ReasonLoginTaken)
		}},
		"not the copy of another": {tampered: func(c *court) {
			c.user.Status.State, c.user.Status.Conditions = v1alpha1.StateBlocked, status(metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
		}},
		"not an identity of the system": {by: "system:chief", unstamped: func(c *court) {
			testkit.KubernetesUser("system:chief")(c.user)
		}},
		"not one of two":                                                {tampered: namesake("shop")},
		"not one of two in two namespaces":                              {tampered: namesake("team")},
		"not one of two as long as the other is going":                  {tampered: namesake("shop", going)},
		"not one of two of whom the other is blocked":                   {tampered: namesake("shop", testkit.State(v1alpha1.StateBlocked))},
		"one of two back offices":                                       {tampered: namesake("shop", testkit.InOffice("desk")), want: true},
		"whoever claims to be it from a namespace that is not admitted": {tampered: namesake("elsewhere"), want: true},

		"nobody where the back office is not admitted itself": {tampered: func(c *court) { c.office.Annotations = nil }},
		"not by a set without the permission": {unstamped: func(c *court) {
			c.set.Spec.Permissions = nil
		}},
		"not by reading": {unstamped: func(c *court) {
			c.set.Spec.Permissions = []v1alpha1.Permission{{Path: "staff/manage", Level: v1alpha1.LevelRead}}
		}},
		"not by what is denied":                      {unstamped: func(c *court) { testkit.Denies("staff")(c.binding) }},
		"not by what an inherited set denies":        {unstamped: func(c *court) { testkit.Deny("staff/manage")(c.base) }},
		"not by a set that was never admitted":       {tampered: func(c *court) { c.set.Annotations = nil }},
		"not by a set that inherits from such a one": {tampered: func(c *court) { c.base.Annotations = nil }},
		"not by a set that a rule withholds": {unstamped: func(c *court) {
			testkit.Permissions("unheard/of")(c.set)
		}},
		"not by a set whose key another has": {tampered: func(c *court) {
			c.set.Status.Conditions = status(metav1.ConditionFalse, v1alpha1.ReasonKeyTaken)
		}},
		"not by a set that inherits from a copy": {tampered: func(c *court) {
			c.base.Status.Conditions = status(metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
		}},
		"not by a binding that was never admitted": {tampered: func(c *court) { c.binding.Annotations = nil }},
		"not by a binding that is a copy": {tampered: func(c *court) {
			c.binding.Status.Conditions = status(metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
		}},
		"but by one that was a copy and is something else now": {tampered: func(c *court) {
			c.binding.Generation, c.binding.Status.Conditions = 2, status(metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
		}, want: true},
		"not by a binding that is over":             {unstamped: func(c *court) { testkit.Until(noon)(c.binding) }},
		"not by a binding that has not begun":       {unstamped: func(c *court) { testkit.From(noon.Add(time.Hour))(c.binding) }},
		"not by a binding that is being deleted":    {tampered: func(c *court) { going(c.binding) }},
		"not by a binding of which the set is gone": {tampered: func(c *court) { c.set.Name = "renamed" }},
		"not by a set that took the place of another and is stronger than the author": {tampered: func(c *court) {
			s := stamp.New("lea", []access.Power{testkit.UpToRank(4)}, stamp.Hash(c.binding))
			s.Sets = []string{"gone"}
			testkit.Carry(c.binding, s)
		}},
		"by such a set within the author's power": {tampered: func(c *court) {
			s := stamp.New("lea", []access.Power{testkit.UpToRank(3)}, stamp.Hash(c.binding))
			s.Sets = []string{"gone"}
			testkit.Carry(c.binding, s)
		}, want: true},
		"not who was changed since by somebody weaker": {tampered: func(c *court) {
			s := stamp.New("eve", []access.Power{testkit.UpToRank(4)}, stamp.Hash(c.user))
			s.At += 1000
			testkit.Carry(c.user, s)
		}},
		"but who was changed before by somebody weaker": {tampered: func(c *court) {
			s := stamp.New("eve", []access.Power{testkit.UpToRank(4)}, stamp.Hash(c.user))
			s.At -= 1000
			testkit.Carry(c.user, s)
		}, want: true},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			court := courtIn("shop", c.unstamped, c.tampered)
			who := by(chiefs, chiefs)
			if c.by != "" {
				who = by(c.by, chiefs)
			}
			actor, err := admissionOf(t, court.objects()...).Actor(t.Context(), who.UserInfo, court.office)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(actor.Powers != nil).To(Equal(c.want), "%v", actor.Powers)
		})
	}
}

func TestSelfServiceFromOtherNamespaces(t *testing.T) {
	ceiling := func(rank int32) func(*court) {
		return func(c *court) {
			c.office.Spec.Namespaces = nil
			testkit.AdmitsUpTo(rank, "team", "staff", "orders")(c.office)
		}
	}
	for sentence, c := range map[string]struct {
		unstamped func(*court)
		want      bool
	}{
		"a namespace that is admitted":     {nil, true},
		"one that is not":                  {func(c *court) { c.office.Spec.Namespaces = nil }, false},
		"one with a ceiling above the set": {ceiling(3), true},
		"one with a ceiling below it":      {ceiling(4), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			court := courtIn("team", c.unstamped, nil)
			actor, err := admissionOf(t, court.objects()...).Actor(t.Context(), by(chiefs).UserInfo, court.office)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(actor.Powers != nil).To(Equal(c.want))
		})
	}
}

func TestDelegationsComeBeforeSelfService(t *testing.T) {
	g := NewWithT(t)
	court := courtIn("shop", func(c *court) { testkit.Delegates(9, testkit.Group("all"))(c.office) }, nil)
	actor, err := Admission{Gatherer: Gatherer{Reader: broken{}}}.Actor(t.Context(), by(chiefs, "all").UserInfo, court.office)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(sourcesOf(actor)).To(ConsistOf("spec.rank.delegations[0] of BackOffice shop/shop"))
	_, err = Admission{Gatherer: Gatherer{Reader: broken{}}}.Actor(t.Context(), by(chiefs).UserInfo, court.office)
	g.Expect(err).To(MatchError(errBroken), "what cannot be read gives no power")
}
