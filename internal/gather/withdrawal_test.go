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
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// looked gives an object the status that its reconciler has left: Ready is True for the reason Ready, and else False.
func looked(reason string) testkit.Mod {
	ready := []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, ObservedGeneration: 2}}
	if reason == v1alpha1.ReasonReady {
		ready[0].Status = metav1.ConditionTrue
	}
	return func(o client.Object) {
		o.SetGeneration(2)
		switch o := o.(type) {
		case *v1alpha1.PermissionSet:
			o.Status.Conditions = ready
		case *v1alpha1.RoleBinding:
			o.Status.Conditions = ready
		}
	}
}

// edited has an object changed since it was looked at.
func edited(o client.Object) { o.SetGeneration(3) }

// withAccess is a user of the back office shop/shop who has access.
func withAccess(name, namespace string, mods ...testkit.Mod) client.Object {
	return testkit.User(name, namespace, append([]testkit.Mod{
		testkit.InOffice("shop/shop"), testkit.IPs("203.0.113.7"), testkit.Labels("team", name),
		testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.State = v1alpha1.StateActive }),
	}, mods...)...)
}

func TestWithdrawalCountsUsers(t *testing.T) {
	blocked := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.State = v1alpha1.StateBlocked })
	users := []client.Object{
		withAccess("ann", "shop"), withAccess("bob", "shop", testkit.IPs("198.51.100.1")), withAccess("cat", "team"),
		withAccess("dan", "team", testkit.AccountType(v1alpha1.AccountAPI)),
		withAccess("blocked", "team", blocked, testkit.IPs("198.51.100.1")), withAccess("going", "team", going), withAccess("desk", "team", testkit.InOffice("desk")),
		testkit.User("new", "team", testkit.InOffice("shop/shop")), namespace("team", testkit.Labels("tenant", "yes")),
	}
	tenants := testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tenant": "yes"}}})
	for sentence, c := range map[string]struct {
		mods []testkit.Mod
		want int
	}{
		"nobody by what all keep":                     {[]testkit.Mod{testkit.Admits("team")}, 0},
		"nobody by labels that the namespace has":     {[]testkit.Mod{tenants}, 0},
		"all of a namespace that is not admitted":     {nil, 2},
		"those of another account type":               {[]testkit.Mod{testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Names: []string{"team"}, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff}})}, 1},
		"those from another network":                  {[]testkit.Mod{testkit.Admits("team"), testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}})}, 1},
		"each once, for whatever reason":              {[]testkit.Mod{testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"192.0.2.0/24"}})}, 4},
		"nobody by who may hand out what":             {[]testkit.Mod{testkit.Admits("team"), testkit.SelfService("x"), testkit.Seats(0, 0)}, 0},
		"nobody by a catalogue, who has no set of it": {[]testkit.Mod{testkit.Admits("team"), testkit.Catalog("x")}, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			cached := testkit.Office("shop", "shop", testkit.Admits("team"))
			got, err := cacheOf(t, append(users, cached)...).Withdrawal(t.Context(), testkit.Office("shop", "shop", c.mods...))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(policy.Withdrawal{Users: c.want, Of: 4}), "by the back office that is given, and not by the cached one")
		})
	}
	_, err := Gatherer{Reader: broken{}}.Withdrawal(t.Context(), testkit.Office("shop", "shop"))
	NewWithT(t).Expect(err).To(MatchError(errBroken))
}

func TestWithdrawalByBindings(t *testing.T) {
	ready := looked(v1alpha1.ReasonReady)
	binding := func(mods ...testkit.Mod) client.Object {
		return testkit.Binding("b", "team", append([]testkit.Mod{
			testkit.InOffice("shop/shop"), testkit.ToSet("shop/lead"), testkit.ForUsers("ann", "bob", "blocked", "gone"), ready,
		}, mods...)...)
	}
	world := []client.Object{
		testkit.Set("lead", "shop", testkit.Rank(4), ready), testkit.Set("boss", "shop", testkit.Rank(0), looked(v1alpha1.ReasonKeyTaken)),
		withAccess("ann", "team"), withAccess("bob", "team"), withAccess("cat", "team"), withAccess("ann", "shop"),
		withAccess("blocked", "team", testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.State = v1alpha1.StateBlocked })),
	}
	for sentence, c := range map[string]struct {
		bindings []client.Object
		want     int
	}{
		"its users":                             {[]client.Object{binding()}, 2},
		"those whom it selects":                 {[]client.Object{binding(testkit.ForUsers(), testkit.ForLabels("team", "cat"))}, 1},
		"each once":                             {[]client.Object{binding(testkit.ForLabels("team", "bob")), binding(func(o client.Object) { o.SetName("c") })}, 2},
		"of grants beyond the ceiling, too":     {[]client.Object{binding(testkit.ToSet("shop/gone-to-rank-9"), testkit.Grants("orders"))}, 0},
		"nobody in a namespace without ceiling": {[]client.Object{binding(func(o client.Object) { o.SetNamespace("shop") })}, 0},
		"nobody of one that was withheld":       {[]client.Object{binding(looked(v1alpha1.ReasonCeilingExceeded))}, 0},
		"those of one that lacks some users":    {[]client.Object{binding(looked(v1alpha1.ReasonReferenceNotFound))}, 2},
		"those of one that refuses some users":  {[]client.Object{binding(looked(v1alpha1.ReasonSubjectsRefused))}, 2},
		"nobody of one that was changed since":  {[]client.Object{binding(edited)}, 0},
		"nor of one that lacked users, and was": {[]client.Object{binding(looked(v1alpha1.ReasonSubjectsRefused), edited)}, 0},
		"nobody of one that nobody looked at":   {[]client.Object{binding(testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Status.Conditions = nil }))}, 0},
		"nobody of one that is being deleted":   {[]client.Object{binding(going)}, 0},
		"nobody of one that is over":            {[]client.Object{binding(testkit.Until(noon))}, 0},
		"nobody of one that has not begun":      {[]client.Object{binding(testkit.From(noon.Add(time.Hour)))}, 0},
		"those of one that is in its window":    {[]client.Object{binding(testkit.From(noon), testkit.Until(noon.Add(time.Second)))}, 2},
		"nobody of another back office":         {[]client.Object{binding(testkit.InOffice("desk"))}, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got, err := cacheOf(t, append(world, c.bindings...)...).Withdrawal(t.Context(), testkit.Office("shop", "shop", testkit.AdmitsUpTo(5, "team")))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(policy.Withdrawal{Users: c.want, Of: 4}))
		})
	}
}

func TestWithdrawalBySets(t *testing.T) {
	ready := looked(v1alpha1.ReasonReady)
	holds := func(namespace, set string, mods ...testkit.Mod) client.Object {
		return testkit.Binding(namespace+"-holds", namespace, append([]testkit.Mod{
			testkit.InOffice("shop/shop"), testkit.ToSet(set), testkit.ForUsers("ann"), ready,
		}, mods...)...)
	}
	set := func(name, namespace string, mods ...testkit.Mod) client.Object {
		return testkit.Set(name, namespace, append([]testkit.Mod{testkit.InOffice("shop/shop"), testkit.Rank(5), ready}, mods...)...)
	}
	withdrawing := testkit.Office("shop", "shop", testkit.AdmitsUpTo(4, "team", "orders"), testkit.Catalog("orders", "stock"))
	unknown, stock := testkit.Permissions("unheard/of"), testkit.Permissions("stock")
	for sentence, c := range map[string]struct {
		objects []client.Object
		want    int
	}{
		"nobody who holds a set that stands":            {[]client.Object{set("s", "shop", stock), holds("shop", "s")}, 0},
		"who holds one of what is not in the catalogue": {[]client.Object{set("s", "shop", unknown), holds("shop", "s")}, 1},
		"who holds one that inherits from such a one":   {[]client.Object{set("s", "shop", unknown), set("heir", "shop", testkit.Extends("s")), holds("shop", "heir")}, 1},
		"however far":          {[]client.Object{set("s", "shop", unknown), set("heir", "shop", testkit.Extends("s")), set("grand", "shop", testkit.Extends("heir")), holds("shop", "grand")}, 1},
		"in another namespace": {[]client.Object{set("s", "shop", unknown), holds("team", "shop/s")}, 1},
		"everybody, each once": {[]client.Object{set("s", "shop", unknown), holds("shop", "s"), holds("team", "shop/s")}, 2},
		"who holds one of a namespace beyond its ceiling":      {[]client.Object{set("s", "team", stock), holds("team", "s")}, 1},
		"who holds one that inherits what is beyond it":        {[]client.Object{set("s", "shop", stock), set("heir", "team", testkit.Extends("shop/s")), holds("team", "heir")}, 1},
		"nobody who holds the set that it inherits from":       {[]client.Object{set("s", "shop", stock), set("heir", "team", testkit.Extends("shop/s")), holds("shop", "s")}, 0},
		"nobody who holds one that was withheld":               {[]client.Object{set("s", "shop", unknown, looked(v1alpha1.ReasonPermissionUnknown)), holds("shop", "s")}, 0},
		"nobody who holds one that was changed since":          {[]client.Object{set("s", "shop", unknown, edited), holds("shop", "s")}, 0},
		"nobody by a binding that was withheld":                {[]client.Object{set("s", "shop", unknown), holds("shop", "s", looked(v1alpha1.ReasonNotAdmitted))}, 0},
		"nobody by a binding of another back office":           {[]client.Object{set("s", "shop", unknown), holds("shop", "s", testkit.InOffice("desk"))}, 0},
		"nobody by a set of another back office":               {[]client.Object{set("s", "shop", unknown, testkit.InOffice("desk")), holds("shop", "s")}, 0},
		"nobody by a set that the binding may not refer to":    {[]client.Object{set("s", "team", stock), holds("shop", "team/s")}, 0},
		"nobody who holds a set that stands beside such a one": {[]client.Object{set("s", "shop", unknown), set("t", "shop", stock), holds("shop", "t")}, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			objects := append([]client.Object{withAccess("ann", "shop"), withAccess("ann", "team"), withAccess("bob", "shop")}, c.objects...)
			got, err := cacheOf(t, objects...).Withdrawal(t.Context(), withdrawing)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(policy.Withdrawal{Users: c.want, Of: 3}))
		})
	}
}

func TestWasInForce(t *testing.T) {
	g := NewWithT(t)
	b := testkit.Binding("b", "shop", looked(v1alpha1.ReasonReady))
	g.Expect(WasInForce(b.Status.Conditions, 2)).To(BeTrue())
	g.Expect(WasInForce(b.Status.Conditions, 3)).To(BeFalse(), "it is something else now")
	g.Expect(WasInForce(nil, 2)).To(BeFalse(), "nobody has looked")
	g.Expect(WasInForce(testkit.Binding("b", "shop", looked(v1alpha1.ReasonSubjectsRefused)).Status.Conditions, 2)).To(BeFalse())
}
