// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// german lets one entity through.
var german = access.Filter{Dimension: "entities", Mode: access.FilterOnly, Values: []string{"de"}}

// germanLea may give access to what belongs to one entity; root may to everything.
func germanLea() client.Object {
	office := testkit.Office("shop", "shop", testkit.Delegates(0, testkit.Person("lea")), testkit.Giving("*"),
		testkit.Narrowed(testkit.Only("entities", "de"), testkit.Everything("documents")), testkit.Delegates(0, testkit.Person("root")))
	testkit.Stamp(office, "owner", nil)
	return office
}

// expectList expects a list, of which nobody cares whether it is nil where it is empty.
func expectList[L ~[]E, E any](g *WithT, got, want L) {
	g.THelper()
	if len(want) == 0 {
		g.Expect(got).To(BeEmpty())
		return
	}
	g.Expect(got).To(Equal(want))
}

func TestADelegationGivesPowerOverSomeData(t *testing.T) {
	g := NewWithT(t)
	a := admissionOf(t, germanLea())
	for name, want := range map[string][]access.Filter{"lea": {german}, "root": nil} {
		in, err := a.User(t.Context(), by(name), nil, testkit.User("ann", "shop"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(in.Actor.Powers).To(HaveLen(1))
		if want == nil {
			g.Expect(in.Actor.Powers[0].Filters).To(BeEmpty())
		} else {
			g.Expect(in.Actor.Powers[0].Filters).To(Equal(want), "what lets everything through bounds nothing")
		}
	}
}

func TestWhatBypassesTheFiltersOfAUser(t *testing.T) {
	boss := testkit.Set("boss", "shop", testkit.Bypasses("entities", "documents"))
	a := admissionOf(
		t, germanLea(), boss, testkit.Set("heir", "shop", testkit.Extends("boss")),
		testkit.Binding("named", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann")),
		testkit.Binding("labelled", "shop", testkit.ToSet("boss"), testkit.ForLabels("team", "hq")),
		testkit.Binding("inherited", "shop", testkit.ToSet("heir"), testkit.ForUsers("ann")),
		testkit.Binding("waiting", "shop", testkit.ToSet("gone"), testkit.ForUsers("ann")),
	)
	through := func(binding string) policy.Bypass {
		return policy.Bypass{Binding: "shop/" + binding, Set: "shop/boss", Dimensions: []string{"entities", "documents"}}
	}
	ann := testkit.User("ann", "shop")
	for sentence, c := range map[string]struct {
		by       string
		old, obj *v1alpha1.BackOfficeUser
		want     []policy.Bypass
	}{
		"by name":                          {"lea", nil, ann, []policy.Bypass{through("named")}},
		"by a label":                       {"lea", ann, testkit.User("ann", "shop", testkit.Labels("team", "hq")), []policy.Bypass{through("labelled"), through("named")}},
		"as it is to be":                   {"lea", testkit.User("bob", "shop", testkit.Labels("team", "hq")), testkit.User("bob", "shop"), nil},
		"nobody who goes":                  {"lea", ann, nil, nil},
		"it is not asked for who is asked": {"root", nil, ann, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			in, err := a.User(t.Context(), by(c.by), c.old, c.obj)
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			NewWithT(t).Expect(in.Bypasses).To(Equal(c.want))
		})
	}
}

// A user has a binding by its name, one by a label, and one for accounts of another type.
func TestWhatAUserComesToByFiltersAndAccountType(t *testing.T) {
	a := admissionOf(
		t, germanLea(), testkit.Set("viewer", "shop"), testkit.Set("robots", "shop", testkit.Extends("typed")),
		testkit.Set("typed", "shop", testkit.HeldBy(v1alpha1.AccountAPI)),
		testkit.Binding("named", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Grants("orders=Write", "orders/refund=None")),
		testkit.Binding("labelled", "shop", testkit.ToSet("gone"), testkit.ForLabels("team", "x"), testkit.Grants("stock")),
		testkit.Binding("robots", "shop", testkit.ToSet("robots"), testkit.ForUsers("ann"), testkit.Grants("orders/refund=Write"), testkit.Denies("stock")),
	)
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	narrow, team, api := testkit.Filters(testkit.Only("entities", "de")), testkit.Labels("team", "x"), testkit.AccountType(v1alpha1.AccountAPI)
	refund := access.Content{{Path: "orders/refund", Level: access.Write}}
	orders := access.Content{{Path: "orders", Level: access.Write}, {Path: "orders/refund", Level: access.Write}}
	all := append(append(access.Content{}, orders...), access.Entry{Path: "stock", Level: access.Read})
	for sentence, c := range map[string]struct {
		old, obj     *v1alpha1.BackOfficeUser
		given, freed access.Content
	}{
		"who is new gets all":                      {nil, ann(team), all, nil},
		"who is narrowed no more gets all anew":    {ann(narrow, team), ann(team), all, nil},
		"who is narrowed less, too":                {ann(narrow), ann(testkit.Filters(testkit.Only("entities", "de", "fr"))), orders, nil},
		"who is narrowed more gets nothing":        {ann(team), ann(team, narrow), nil, nil},
		"who gets a label gets what that gives":    {ann(), ann(team), access.Content{{Path: "stock", Level: access.Read}}, nil},
		"an account of the type gets what it may":  {ann(), ann(api), refund, nil},
		"another account gets nothing by its type": {ann(api), ann(), nil, nil},
		"and is denied nothing any more":           {ann(api, team), ann(team), nil, access.Content{{Path: "stock", Level: access.Read}}},
		"an account that stays is denied the same": {ann(api, team), ann(api, team, narrow), nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			in, err := a.User(t.Context(), by("lea"), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			expectList(g, in.Given, c.given)
			expectList(g, in.Freed, c.freed)
		})
	}
}

// Three sets, each inherits from the one before; another one inherits from the last.
func TestWhatStandsBesideASet(t *testing.T) {
	base := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return testkit.Set("base", "shop", mods...) }
	staff, bypass := testkit.HeldBy(v1alpha1.AccountStaff), testkit.Bypasses("entities")
	others := []client.Object{
		germanLea(), testkit.Set("mid", "shop", testkit.Extends("base"), testkit.Permissions("clients=Write"), testkit.Deny("export"), bypass),
		testkit.Set("beside", "shop", testkit.Permissions("users=Write")), testkit.Set("top", "shop", testkit.Extends("mid", "beside")),
		testkit.Binding("bases", "shop", testkit.ToSet("base"), testkit.ForUsers("ann"), testkit.Grants("orders"), testkit.Denies("refund"),
			testkit.Filters(testkit.Only("entities", "de"))),
		testkit.Binding("mids", "shop", testkit.ToSet("mid"), testkit.ForUsers("ann"), testkit.Grants("stock"),
			testkit.Filters(testkit.Only("entities", "de"), testkit.Owned("documents"))),
		testkit.Binding("tops", "shop", testkit.ToSet("top"), testkit.ForUsers("ann"), testkit.Denies("stock", "refund")),
	}
	family := []policy.Handed{
		{Binding: "shop/bases", Data: []access.Filter{german}},
		{Binding: "shop/mids", Data: []access.Filter{{Dimension: "documents", Mode: access.FilterOwned}}},
		{Binding: "shop/tops"},
	}
	bypassed := append([]policy.Handed{{Binding: "shop/bases", Data: []access.Filter{}}}, family[1:]...)
	write := func(paths ...string) (c access.Content) {
		for _, path := range paths {
			c = append(c, access.Entry{Path: path, Level: access.Write})
		}
		return c
	}
	granted := access.Content{{Path: "orders", Level: access.Read}}
	permitted := append(append(write("clients"), granted...), access.Entry{Path: "stock", Level: access.Read}, access.Entry{Path: "users", Level: access.Write})
	denied := []string{"export", "refund", "stock"}
	for sentence, c := range map[string]struct {
		by       string
		old, obj *v1alpha1.PermissionSet
		gives    access.Content
		denies   []string
		handed   []policy.Handed
	}{
		"more types: what the family gives and denies": {"root", base(staff), base(), permitted, denied, nil},
		"fewer types: what it denied":                  {"root", base(), base(staff), nil, denied, nil},
		"other types: both":                            {"root", base(staff), base(testkit.HeldBy(v1alpha1.AccountAPI)), permitted, denied, nil},
		"filters that are bypassed: its own grants":    {"root", base(), base(bypass), granted, nil, nil},
		"and no longer bypassed: nothing":              {"root", base(bypass), base(), nil, nil, nil},
		"a set that heirs await: what they denied":     {"root", nil, base(staff), nil, denied, nil},
		"and awaited by nobody of its types: nothing":  {"root", nil, base(), nil, nil, nil},
		"what is given is handed on to some data":      {"lea", base(), base(testkit.Permissions("stock")), nil, nil, family},
		"on all data where it is bypassed":             {"lea", base(), base(bypass), granted, nil, bypassed},
		"also where it is awaited":                     {"lea", nil, base(), nil, nil, family},
		"a deletion: what its bindings denied":         {"lea", base(), nil, nil, []string{"refund"}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			objects := others
			if c.old != nil {
				objects = append(slices.Clip(objects), c.old)
			}
			in, err := admissionOf(t, objects...).PermissionSet(t.Context(), by(c.by), c.old, c.obj)
			g.Expect(err).NotTo(HaveOccurred())
			expectList(g, in.GivenBeside, c.gives)
			expectList(g, in.DeniedBeside, c.denies)
			expectList(g, in.Handed, c.handed)
		})
	}
}

func TestHoldersOfASetThatIsForMoreAccounts(t *testing.T) {
	strong := testkit.Set("strong", "shop", testkit.Rank(1))
	old, obj := testkit.Set("s", "shop", testkit.Deny("export"), testkit.HeldBy(v1alpha1.AccountStaff)), testkit.Set("s", "shop", testkit.Deny("export"))
	office := testkit.Office("shop", "shop", testkit.Delegates(4, testkit.Person("lea")), testkit.Giving("*"))
	testkit.Stamp(office, "owner", nil)
	a := admissionOf(
		t, office, strong, old, testkit.User("robot", "shop", testkit.AccountType(v1alpha1.AccountAPI)),
		testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("robot")),
		testkit.Binding("strong", "shop", testkit.ToSet("strong"), testkit.ForUsers("robot")),
	)
	g := NewWithT(t)
	in, err := a.PermissionSet(t.Context(), by("lea"), old, obj)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Holders).To(HaveLen(1))
	g.Expect(in.Holders[0].Rank).To(BeEquivalentTo(1))
	in, err = a.PermissionSet(t.Context(), by("lea"), obj, old)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Holders).To(BeEmpty(), "who may not hold it any more is denied less")
}

func TestSelfServiceGivesAccessToWhatSomebodySees(t *testing.T) {
	owned := access.Filter{Dimension: "documents", Mode: access.FilterOwned}
	narrow := testkit.Filters(testkit.Only("entities", "de"))
	extra := func(mods ...testkit.Mod) func(*court) {
		return func(c *court) {
			set := testkit.Set("extra", "shop", append([]testkit.Mod{testkit.Rank(9), testkit.Family("staff")}, mods...)...)
			set.UID = "extra"
			binding := testkit.Binding("extra", "shop", testkit.ToSet("extra"), testkit.ForUsers("chief"), testkit.Filters(testkit.Owned("documents")))
			binding.UID = "another"
			c.others = append(c.others, stamped(set), stamped(binding, set))
		}
	}
	for sentence, c := range map[string]struct {
		unstamped, tampered func(*court)
		want                []access.Filter
	}{
		"everything":                               {nil, nil, nil},
		"what its filters let through":             {func(c *court) { narrow(c.user) }, nil, []access.Filter{german}},
		"and those of a binding that gives it":     {func(c *court) { narrow(c.user) }, extra(testkit.Permissions("stock")), []access.Filter{german, owned}},
		"not of one that gives nothing":            {func(c *court) { narrow(c.user) }, extra(), []access.Filter{german}},
		"each once":                                {func(c *court) { narrow(c.user); narrow(c.binding) }, nil, []access.Filter{german}},
		"however it bypasses them":                 {func(c *court) { narrow(c.user); testkit.Bypasses("entities")(c.set) }, nil, []access.Filter{german}},
		"what lets everything through is no bound": {func(c *court) { testkit.Filters(testkit.Everything("entities"))(c.user) }, nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			court := courtIn("shop", func(o *court) {
				testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}, v1alpha1.FilterDimension{Name: "documents"})(o.office)
				if c.unstamped != nil {
					c.unstamped(o)
				}
			}, c.tampered)
			actor, err := admissionOf(t, court.objects()...).Actor(t.Context(), by(chiefs).UserInfo, court.office)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(actor.Powers).To(HaveLen(1))
			expectList(g, actor.Powers[0].Filters, c.want)
		})
	}
}

func TestSelfServiceGivesNothingOfSetsForOtherAccounts(t *testing.T) {
	g := NewWithT(t)
	court := courtIn("shop", func(c *court) { testkit.HeldBy(v1alpha1.AccountAPI)(c.base) }, nil)
	actor, err := admissionOf(t, court.objects()...).Actor(t.Context(), by(chiefs).UserInfo, court.office)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(actor.Powers).To(BeEmpty())
}

func TestWhatASetBypassesIsKnownOfEachOfItsUsers(t *testing.T) {
	set := testkit.Set("s", "shop", testkit.Bypasses("entities"))
	binding := testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("ann"))
	facts := handingOf(binding, set, nil).to(testkit.User("ann", "shop"))
	NewWithT(t).Expect(facts.Bypass).To(Equal([]string{"entities"}))
}
