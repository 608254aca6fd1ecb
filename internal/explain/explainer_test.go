// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// account explains a user in a world of these objects, a back office and ann, who may be among them. Somebody who may hand out everything stands
// behind all of them.
func account(t *testing.T, objects ...client.Object) *explain.Account {
	t.Helper()
	world := snapshot.New(nil)
	u := testkit.User("ann", "shop")
	objects = append([]client.Object{testkit.Office("shop", "shop", testkit.Dimensions(v1alpha1.FilterDimension{Name: "channels"})), u}, objects...)
	for _, o := range objects {
		testkit.Stamp(o, "root", []access.Power{testkit.Unlimited()})
		world.Put(o)
		if named, is := o.(*v1alpha1.BackOfficeUser); is {
			u = named
		}
	}
	e := explain.New(world.Gatherer(clocktesting.NewFakePassiveClock(now)))
	a, err := e.Account(t.Context(), u)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return a
}

func TestALevelLastsUntilAWindowChangesIt(t *testing.T) {
	set := testkit.Set("viewer", "shop", testkit.Permissions("orders=Read"))
	first, second := now.Add(time.Hour), now.Add(2*time.Hour)
	binding := func(name string, mods ...testkit.Mod) client.Object {
		return testkit.Binding(name, "shop", append([]testkit.Mod{testkit.ToSet("viewer"), testkit.ForUsers("ann")}, mods...)...)
	}
	for sentence, c := range map[string]struct {
		bindings    []client.Object
		until, next *time.Time
		level       string
	}{
		"without windows it lasts":                       {[]client.Object{binding("a")}, nil, nil, "Read"},
		"it ends with its binding":                       {[]client.Object{binding("a", testkit.Until(first))}, &first, &first, "Read"},
		"it goes on by another binding":                  {[]client.Object{binding("a", testkit.Until(first)), binding("b")}, nil, &first, "Read"},
		"until that ends as well":                        {[]client.Object{binding("a", testkit.Until(second)), binding("b", testkit.Until(first))}, &second, &first, "Read"},
		"it rises when a binding begins that gives more": {[]client.Object{binding("a"), binding("b", testkit.From(second), testkit.Grants("orders=Write"))}, &second, &second, "Read"},
		"and ends when one begins that denies":           {[]client.Object{binding("a"), binding("b", testkit.From(first), testkit.Denies("orders"))}, &first, &first, "Read"},
		"a denial that ends gives it back":               {[]client.Object{binding("a"), binding("b", testkit.Until(first), testkit.Denies("orders"))}, &first, &first, "None"},
		"what has ended is over":                         {[]client.Object{binding("a"), binding("b", testkit.Until(now), testkit.Grants("orders=Write"))}, nil, nil, "Read"},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := account(t, append(c.bindings, set)...)
			g := NewWithT(t)
			g.Expect(a.InForce).To(BeTrue())
			g.Expect(a.NextChange).To(Equal(c.next))
			g.Expect(a.Permissions).To(HaveLen(1))
			g.Expect(a.Permissions[0].Level).To(Equal(c.level))
			g.Expect(a.Permissions[0].Until).To(Equal(c.until))
		})
	}
}

func TestData(t *testing.T) {
	readOnly := func(f v1alpha1.Filter) v1alpha1.Filter {
		f.Access = v1alpha1.FilterReadOnly
		return f
	}
	web, store := testkit.Only("channels", "web"), testkit.Only("channels", "store")
	set := testkit.Set("clerk", "shop", testkit.Permissions("orders=Write"))
	bypassing := testkit.Set("boss", "shop", testkit.Permissions("orders=Write"), testkit.Bypasses("channels"))
	viewer := testkit.Set("viewer", "shop", testkit.Permissions("orders=Read"))
	bound := func(set string, filters ...v1alpha1.Filter) client.Object {
		return testkit.Binding("of-"+set, "shop", testkit.ToSet(set), testkit.ForUsers("ann"), testkit.Filters(filters...))
	}
	for sentence, c := range map[string]struct {
		own      []v1alpha1.Filter
		bindings []client.Object
		data     []string
		left     string
	}{
		"without filters it is all":               {nil, []client.Object{bound("clerk")}, nil, ""},
		"a filter that lets all through is none":  {[]v1alpha1.Filter{testkit.Everything("channels")}, []client.Object{bound("clerk")}, nil, ""},
		"the user's filters narrow":               {[]v1alpha1.Filter{web}, []client.Object{bound("clerk")}, []string{"channels Only [web]"}, ""},
		"the user's and the binding's narrow":     {[]v1alpha1.Filter{web}, []client.Object{bound("clerk", store)}, []string{"channels Only [store], channels Only [web]"}, ""},
		"a set bypasses them":                     {[]v1alpha1.Filter{web}, []client.Object{bound("clerk", store), bound("boss")}, nil, ""},
		"a binding that gives less gives it, too": {nil, []client.Object{bound("clerk", web), bound("viewer")}, []string{"channels Only [web]", "Read on all data"}, ""},
		"and on its data alone":                   {nil, []client.Object{bound("clerk", web), bound("viewer", store)}, []string{"channels Only [web]", "Read on channels Only [store]"}, ""},
		"read-only leaves Read":                   {nil, []client.Object{bound("clerk", readOnly(web))}, []string{"channels Only [web] read-only"}, "Read"},
		"on all data as well":                     {nil, []client.Object{bound("clerk", readOnly(testkit.Everything("channels")))}, []string{"channels All read-only"}, "Read"},
		"and None leaves nothing":                 {nil, []client.Object{bound("clerk", v1alpha1.Filter{Dimension: "channels", Mode: v1alpha1.FilterNone})}, []string{"channels None"}, "None"},
		"what one leaves is left":                 {nil, []client.Object{bound("clerk", readOnly(web)), bound("viewer", store)}, []string{"channels Only [web] read-only", "Read on channels Only [store]"}, "Read"},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := account(t, append(c.bindings, set, bypassing, viewer, testkit.User("ann", "shop", testkit.Filters(c.own...)))...)
			g := NewWithT(t)
			g.Expect(a.Permissions).To(HaveLen(1))
			g.Expect(a.Permissions[0].Level).To(Equal("Write"))
			g.Expect(a.Permissions[0].Data).To(Equal(c.data))
			g.Expect(a.Permissions[0].LeftByFilters).To(Equal(c.left))
		})
	}
}

// ready gives an object the condition Ready.
func ready(status metav1.ConditionStatus, reason, message string) testkit.Mod {
	return func(o client.Object) {
		o.SetGeneration(1)
		*o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions() = []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message, ObservedGeneration: 1,
		}}
	}
}

// state gives a user the state that is in force.
func state(s v1alpha1.UserState) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.State, u.Status.ObservedGeneration = s, 1 })
}

func TestWhyAnAccountMayNotLogIn(t *testing.T) {
	for sentence, c := range map[string]struct {
		user *v1alpha1.BackOfficeUser
		why  []string
	}{
		"one that nothing withholds may": {testkit.User("ann", "shop"), nil},
		"state and hold": {
			testkit.User("ann", "shop", testkit.State(v1alpha1.StateBlocked), testkit.Annotations(v1alpha1.AnnotationHold, "lost")),
			[]string{"spec.state is Blocked", "it is held: lost"},
		},
		"a hold without a reason": {testkit.User("ann", "shop", testkit.Annotations(v1alpha1.AnnotationHold, "")), []string{"it is held"}},
		"a rule": {
			testkit.User("ann", "shop", testkit.Filters(testkit.Only("regions", "north"))),
			[]string{`spec.filters[0].dimension: "regions" is not among spec.filterDimensions of BackOffice shop/shop`},
		},
		"a back office that is not there": {
			testkit.User("ann", "shop", testkit.InOffice("other")),
			[]string{"spec.backOfficeRef: BackOffice shop/other does not exist; this takes effect when it appears"},
		},
		"the store": {
			testkit.User("ann", "shop", ready(metav1.ConditionFalse, v1alpha1.ReasonLoginTaken, "another has it"), state(v1alpha1.StateBlocked)),
			[]string{"LoginTaken: another has it"},
		},
		"an operator that has not seen the last change": {
			testkit.User("ann", "shop", ready(metav1.ConditionTrue, v1alpha1.ReasonReady, ""), state(v1alpha1.StateBlocked)),
			[]string{"the operator has not acted on its last change yet"},
		},
		"what is missing beside a login that works": {
			testkit.User("ann", "shop", ready(metav1.ConditionFalse, v1alpha1.ReasonSecretConflict, "a Secret is there"), state(v1alpha1.StateActive)), nil,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := account(t, c.user)
			g := NewWithT(t)
			g.Expect(a.InForce).To(Equal(len(c.why) == 0))
			if g.Expect(a.Withheld).To(HaveLen(len(c.why))); len(c.why) > 0 {
				for i, why := range c.why {
					g.Expect(a.Withheld[i]).To(HavePrefix(why))
				}
			}
		})
	}
}

func TestAheadForgetsWhatAStatusSaysOfAnEarlierState(t *testing.T) {
	g := NewWithT(t)
	world := snapshot.New(nil)
	world.Put(testkit.Office("shop", "shop"))
	e := explain.New(world.Gatherer(nil))
	e.AsWritten, e.Ahead = true, true
	for _, c := range []struct {
		user *v1alpha1.BackOfficeUser
		want bool
	}{
		{testkit.User("ann", "shop", ready(metav1.ConditionTrue, v1alpha1.ReasonReady, ""), state(v1alpha1.StateBlocked)), true},
		{testkit.User("ann", "shop", ready(metav1.ConditionFalse, v1alpha1.ReasonLoginTaken, ""), state(v1alpha1.StateBlocked)), false},
	} {
		a, err := e.Account(t.Context(), c.user)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(a.InForce).To(Equal(c.want), "%v", a.Withheld)
	}
}

func TestWhyABindingGivesNothing(t *testing.T) {
	viewer := testkit.Set("viewer", "shop", testkit.Permissions("orders"), testkit.Deny("export"))
	broken := testkit.Set("broken", "shop", testkit.Extends("viewer", "gone"), testkit.Permissions("orders=Write"))
	b := func(set string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("team", "shop", append([]testkit.Mod{testkit.ToSet(set), testkit.ForUsers("ann")}, mods...)...)
	}
	for sentence, c := range map[string]struct {
		binding *v1alpha1.RoleBinding
		why     []string
		inForce bool
		said    map[string]string
	}{
		"one that nothing withholds gives what it says": {b("viewer"), nil, true, map[string]string{"orders": "Read", "export": "None"}},
		"its set is not there":                          {b("gone"), []string{"spec.permissionSetRef: "}, false, nil},
		"its set is not in force, which denies all the same": {
			b("broken"), []string{"set shop/broken is not in force: spec.extends"}, false, map[string]string{"export": "None"},
		},
		"but gives what it grants itself": {
			b("broken", testkit.Grants("stock")), []string{"set shop/broken is not in force: spec.extends"}, true, map[string]string{"stock": "Read", "export": "None"},
		},
		"it has not begun": {b("viewer", testkit.From(now.Add(time.Hour))), []string{"it begins at 2030-01-01T01:00:00Z"}, false, nil},
		"it has ended":     {b("viewer", testkit.Until(now)), []string{"it ended at 2030-01-01T00:00:00Z"}, false, nil},
		"the store did not take it": {
			b("viewer", ready(metav1.ConditionFalse, v1alpha1.ReasonStoreRejected, "no")), []string{"StoreRejected: no"}, false, nil,
		},
		"its back office is suspended, and the user had it not": {
			b("viewer", ready(metav1.ConditionFalse, v1alpha1.ReasonSuspended, "waits")), []string{"Suspended: waits"}, false, nil,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := account(t, viewer, broken, c.binding)
			g := NewWithT(t)
			g.Expect(a.Bindings).To(HaveLen(1))
			g.Expect(a.Bindings[0].InForce).To(Equal(c.inForce))
			g.Expect(a.Bindings[0].Withheld).To(HaveLen(len(c.why)), "%v", a.Bindings[0].Withheld)
			for i, why := range c.why {
				g.Expect(a.Bindings[0].Withheld[i]).To(HavePrefix(why))
			}
			said := map[string]string{}
			for _, p := range a.Permissions {
				said[p.Path] = p.Level
			}
			if c.said == nil {
				c.said = map[string]string{}
			}
			g.Expect(said).To(Equal(c.said))
		})
	}
}

func TestWhatASuspendedBackOfficeLeaves(t *testing.T) {
	suspended := ready(metav1.ConditionFalse, v1alpha1.ReasonSuspended, "waits")
	a := account(t,
		testkit.Set("viewer", "shop", testkit.Permissions("orders")),
		testkit.Binding("team", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann"), suspended),
		testkit.User("ann", "shop", testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.PermissionSets = []string{"shop/viewer"} })))
	g := NewWithT(t)
	g.Expect(a.Bindings).To(ConsistOf(HaveField("InForce", true)))
	g.Expect(a.Permissions).To(ConsistOf(HaveField("Path", "orders")))
}

func TestTheBrakeKeepsWhatWasInForce(t *testing.T) {
	for _, held := range []bool{false, true} {
		office := testkit.Office("shop", "shop", testkit.Catalog("stock")) // which has no orders any more
		if held {
			ready(metav1.ConditionFalse, v1alpha1.ReasonWithdrawalHeld, "")(office)
		}
		inForce := ready(metav1.ConditionTrue, v1alpha1.ReasonReady, "")
		a := account(t, office,
			testkit.Set("viewer", "shop", testkit.Permissions("stock", "orders"), inForce),
			testkit.Binding("team", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann"), inForce),
			testkit.User("ann", "shop", testkit.Filters(testkit.Only("regions", "north")), inForce, state(v1alpha1.StateActive)))
		g := NewWithT(t)
		g.Expect(a.InForce).To(Equal(held), "%v", a.Withheld)
		g.Expect(a.Bindings).To(ConsistOf(HaveField("InForce", held)))
		if held {
			g.Expect(a.Permissions).NotTo(BeEmpty())
		} else {
			g.Expect(a.Permissions).To(BeEmpty())
		}
	}
}

func TestObjectsCountAsTheyAreWritten(t *testing.T) {
	world := snapshot.New(nil)
	u := testkit.User("ann", "shop")
	for _, o := range []client.Object{
		u, testkit.Office("shop", "shop"), testkit.Set("viewer", "shop", testkit.Permissions("orders")),
		testkit.Binding("team", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann")),
		testkit.Binding("others", "shop", testkit.ToSet("gone"), testkit.ForUsers("ann")),
	} {
		world.Put(o)
	}
	for _, asWritten := range []bool{false, true} {
		e := explain.New(world.Gatherer(nil))
		e.AsWritten = asWritten
		a, err := e.Account(t.Context(), u)
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(a.InForce).To(Equal(asWritten))
		g.Expect(a.Bindings).To(HaveLen(2))
		g.Expect(a.Bindings[0]).To(And(HaveField("Name", "others"), HaveField("InForce", false)))
		g.Expect(a.Bindings[1]).To(And(HaveField("Name", "team"), HaveField("InForce", asWritten)))
		if !asWritten {
			g.Expect(a.Permissions).To(BeEmpty())
		} else { // of what is wrong with it, who stands behind it is no part
			g.Expect(a.Bindings[0].Withheld).To(ConsistOf(ContainSubstring("spec.permissionSetRef")))
			g.Expect(a.Permissions).To(HaveLen(1))
		}
	}
}

func TestSourcesAreTold(t *testing.T) {
	for _, c := range []struct {
		source explain.Source
		want   string
	}{
		{
			explain.Source{Kind: explain.FromSet, Binding: "team", Via: []string{"support", "viewer"}, Path: "orders", Level: "Read"},
			"set support > viewer (orders Read) through binding team",
		},
		{explain.Source{Kind: explain.FromGrant, Binding: "team", Path: "orders", Level: "Write"}, "grant of binding team (orders Write)"},
		{explain.Source{Kind: explain.FromDeny, Binding: "team", Path: "orders", Level: "None"}, "denied by binding team (orders)"},
		{
			explain.Source{Kind: explain.FromDeny, Binding: "team", Via: []string{"support"}, Path: "orders", Level: "None"},
			"denied by set support (orders) through binding team",
		},
	} {
		NewWithT(t).Expect(c.source.String()).To(Equal(c.want))
	}
}
