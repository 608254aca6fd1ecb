// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// chance makes records of few paths and types, so that they meet each other.
type chance struct{ *rand.Rand }

func some[T any](c chance, of ...T) (out []T) {
	for _, item := range of {
		if c.IntN(2) == 0 {
			out = append(out, item)
		}
	}
	return out
}

func (c chance) entries() (entries []store.Entry) {
	for _, path := range some(c, "a", "a/b", "a/b/c", "d") {
		entries = append(entries, store.Entry{Path: path, Level: access.Level(c.IntN(3)).String()})
	}
	return entries
}

func (c chance) set(uid string) store.PermissionSet {
	return store.PermissionSet{
		Meta: store.Meta{UID: uid, Generation: int64(c.IntN(9))}, InForce: c.IntN(8) > 0, Entries: c.entries(), Deny: some(c, "a/b", "d", "e"),
		Bypass: some(c, "region"), Ancestors: []store.Ancestor{{UID: uid}},
	}
}

// family is a set that inherits from some of these.
func (c chance) family(parents ...store.PermissionSet) Family {
	f := Family{Set: c.set("0"), Ancestors: some(c, parents...)}
	f.Set.AccountTypes = some(c, "API", "Staff")
	for _, s := range f.Ancestors {
		f.Set.Ancestors = append(f.Set.Ancestors, store.Ancestor{UID: s.UID, Distance: 1 + c.IntN(2)})
	}
	return f
}

// as is the family that a lowered set makes with those of its parents that are there.
func as(lowered store.PermissionSet, parents []store.PermissionSet) Family {
	f := Family{Set: lowered}
	for _, s := range parents {
		if slices.ContainsFunc(lowered.Ancestors, func(a store.Ancestor) bool { return a.UID == s.UID }) {
			f.Ancestors = append(f.Ancestors, s)
		}
	}
	return f
}

func lacks(of, items []string) []string {
	return slices.DeleteFunc(slices.Clone(items), func(item string) bool { return slices.Contains(of, item) })
}

func holds(f Family, accountType string) bool {
	types, some := f.types()
	return some && (len(types) == 0 || slices.Contains(types, accountType))
}

func TestALoweredSetGivesNoMoreThanEitherAndDeniesNoLess(t *testing.T) {
	g := NewWithT(t)
	c := chance{rand.New(rand.NewPCG(1, 2))}
	for range 3_000 {
		parents := []store.PermissionSet{c.set("1"), c.set("2")}
		held, wanted := c.family(parents...), c.family(parents...)
		low := LowerSet(held, wanted)
		for _, there := range [][]store.PermissionSet{parents, held.Ancestors} { // a parent that is new may not be there yet
			f := as(low, there)
			for _, of := range []Family{held, wanted} {
				g.Expect(f.content().within(of.content())).To(BeTrue(), "%+v\nof %+v\nfor %+v", f, held, wanted)
				g.Expect(lacks(f.denials(), of.denials())).To(BeEmpty(), "%+v\nof %+v\nfor %+v", f, held, wanted)
				for _, accountType := range []string{"API", "Staff", "Partner"} {
					g.Expect(holds(f, accountType) && !holds(of, accountType)).To(BeFalse(), "%s: %+v\nof %+v\nfor %+v", accountType, f, held, wanted)
				}
				g.Expect(lacks(of.Set.Bypass, f.Set.Bypass)).To(BeEmpty())
			}
		}
		g.Expect(LowerSet(as(low, held.Ancestors), wanted)).To(Equal(low), "once more: %+v\nfor %+v", held, wanted)
		again, once := as(LowerSet(as(low, parents), wanted), parents), as(low, parents) // where the parents are there, it need not say what they do
		g.Expect(again.denials()).To(Equal(once.denials()))
		g.Expect(again.content().within(once.content()) && once.content().within(again.content())).To(BeTrue(), "%+v\nfor %+v", held, wanted)
		g.Expect(LowerSet(held, held)).To(Equal(held.Set))
	}
}

func TestAChangeThatOnlyNarrowsASetIsWrittenAsItIs(t *testing.T) {
	g := NewWithT(t)
	c := chance{rand.New(rand.NewPCG(3, 4))}
	narrowed := 0
	for range 3_000 {
		held := c.family(c.set("1"))
		wanted := held
		wanted.Set.Entries, wanted.Set.Deny = c.entries(), sorted(append(slices.Clone(held.Set.Deny), some(c, "f")...))
		if wanted.content().within(held.content()) {
			g.Expect(LowerSet(held, wanted)).To(Equal(wanted.Set))
			narrowed++
		} else if held.content().within(wanted.content()) {
			g.Expect(as(LowerSet(held, wanted), held.Ancestors).content().within(held.content())).To(BeTrue())
			g.Expect(held.content().within(as(LowerSet(held, wanted), held.Ancestors).content())).To(BeTrue(), "what it gives it keeps")
		}
	}
	g.Expect(narrowed).To(BeNumerically(">", 200))
}

func (c chance) filters() (filters []store.Filter) {
	for _, dimension := range some(c, "region", "shop") {
		f := store.Filter{Dimension: dimension, Access: []string{"ReadOnly", "ReadWrite"}[c.IntN(2)]}
		switch f.Mode = []string{"All", "Only", "Tagged", "Owned", "None"}[c.IntN(5)]; f.Mode {
		case "Only":
			f.Values, f.Groups = append([]string{"at"}, some(c, "de", "pl")...), some(c, "east")
			f.Default = "at"
		case "Tagged":
			f.Tags = append([]string{"blue"}, some(c, "red")...)
		}
		filters = append(filters, f)
	}
	return filters
}

// passes is a filter for the question whether another one lets through what it does.
func passes(filters []store.Filter, dimension string) access.Filter {
	for _, f := range filters {
		if f.Dimension == dimension {
			return access.Filter{
				Dimension: dimension, Mode: access.FilterMode(f.Mode), ReadOnly: f.Access == "ReadOnly", Values: f.Values, Groups: f.Groups, Tags: f.Tags,
			}
		}
	}
	return access.Filter{Dimension: dimension, Mode: access.FilterAll}
}

func TestLoweredFiltersLetThroughWhatBothDo(t *testing.T) {
	g := NewWithT(t)
	c := chance{rand.New(rand.NewPCG(5, 6))}
	for range 3_000 {
		held, wanted := c.filters(), c.filters()
		low := lowerFilters(held, wanted)
		for _, dimension := range []string{"region", "shop"} {
			is, of, target := passes(low, dimension), passes(held, dimension), passes(wanted, dimension)
			g.Expect(is.Within(of) && is.Within(target)).To(BeTrue(), "%+v\nof %+v\nfor %+v", low, held, wanted)
			if target.Within(of) {
				g.Expect(target.Within(is)).To(BeTrue(), "what only narrows is as it is wanted: %+v", low)
			}
		}
		g.Expect(lowerFilters(low, wanted)).To(Equal(low))
	}
}

func (c chance) binding() store.RoleBinding {
	day := func() time.Time { return []time.Time{{}, time.Unix(1e9, 0), time.Unix(2e9, 0)}[c.IntN(3)].UTC() }
	return store.RoleBinding{
		Meta: store.Meta{UID: "b"}, PermissionSetUID: []string{"", "0", "9"}[c.IntN(3)], InForce: c.IntN(4) > 0, NotBefore: day(), ExpiresAt: day(),
		Grants: c.entries(), Deny: some(c, "a", "d"), Filters: c.filters(),
	}
}

func TestALoweredBindingGivesNoMoreThanEitherAndIsLoweredOnce(t *testing.T) {
	g := NewWithT(t)
	c := chance{rand.New(rand.NewPCG(7, 8))}
	for range 3_000 {
		held, wanted := c.binding(), c.binding()
		sets := Sets{Held: c.family(), Wanted: c.family()}
		if held.PermissionSetUID == wanted.PermissionSetUID || held.PermissionSetUID == "" {
			sets.Held = Family{}
		}
		low := LowerBinding(held, wanted, sets)
		if !wanted.InForce {
			g.Expect(low).To(Equal(wanted))
			continue
		}
		if GivesNothing(held) {
			g.Expect(GivesNothing(low)).To(BeTrue())
		} else {
			g.Expect(contentOf(low.Grants).within(contentOf(held.Grants))).To(BeTrue())
			g.Expect(low.NotBefore.Before(held.NotBefore) || low.NotBefore.Before(wanted.NotBefore)).To(BeFalse())
			g.Expect(lacks(low.Deny, held.Deny)).To(BeEmpty())
		}
		g.Expect(low.InForce || len(wanted.Deny) == 0).To(BeTrue(), "what it denies counts")
		if low.InForce {
			g.Expect(contentOf(low.Grants).within(contentOf(wanted.Grants))).To(BeTrue())
			g.Expect(lacks(low.Deny, wanted.Deny)).To(BeEmpty())
			g.Expect(low.PermissionSetUID).To(BeElementOf("", wanted.PermissionSetUID))
		}
		if low.PermissionSetUID != "" && held.PermissionSetUID != wanted.PermissionSetUID && !GivesNothing(low) {
			g.Expect(sets.Wanted.content().within(sets.Held.content())).To(BeTrue())
		}
	}
}

func TestALoweredUserLogsInFromBothAndIsWhoItWas(t *testing.T) {
	base := store.User{
		Login: "ann", AccountType: "Staff", State: store.StateActive, InForce: true,
		Profile: store.Profile{Email: "ann@example.com", Phone: "+431"}, Networks: []string{"10.0.0.0/8"},
	}
	with := func(change func(*store.User)) store.User {
		u := base
		change(&u)
		return u
	}
	held := func(u *store.User) { u.Held, u.HoldReason = true, "fraud" }
	for name, c := range map[string]struct{ held, wanted, want store.User }{
		"a block is one":                {base, with(func(u *store.User) { u.State = store.StateBlocked }), with(func(u *store.User) { u.State = store.StateBlocked })},
		"the end of a block waits":      {with(func(u *store.User) { u.State = store.StateBlocked }), base, with(func(u *store.User) { u.State = store.StateBlocked })},
		"a hold is one":                 {base, with(held), with(held)},
		"its release waits":             {with(held), base, with(held)},
		"coming in force waits":         {with(func(u *store.User) { u.InForce = false }), base, with(func(u *store.User) { u.InForce = false })},
		"another identity waits":        {base, with(func(u *store.User) { u.Login, u.Email, u.Phone = "eve", "e@example.com", "+1" }), base},
		"an administrator may be less":  {with(func(u *store.User) { u.AccountType = "Administrator" }), base, base},
		"others may not be otherwise":   {base, with(func(u *store.User) { u.AccountType = "Administrator" }), base},
		"a description gives nothing":   {base, with(func(u *store.User) { u.Description = "x" }), with(func(u *store.User) { u.Description = "x" })},
		"fewer addresses":               {base, with(func(u *store.User) { u.Networks = []string{"10.1.0.0/16"} }), with(func(u *store.User) { u.Networks = []string{"10.1.0.0/16"} })},
		"more addresses wait":           {base, with(func(u *store.User) { u.Networks = []string{"10.0.0.0/7"} }), base},
		"all addresses wait":            {base, with(func(u *store.User) { u.Networks = nil }), base},
		"all addresses by a sign wait":  {base, with(func(u *store.User) { u.Networks = []string{"*"} }), base},
		"some of all addresses":         {with(func(u *store.User) { u.Networks = nil }), base, base},
		"no address in common is a bar": {base, with(func(u *store.User) { u.Networks = []string{"2001:db8::/32"} }), with(func(u *store.User) { u.Networks, u.InForce = []string{"2001:db8::/32"}, false })},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			low := LowerUser(c.held, c.wanted)
			g.Expect(low).To(Equal(c.want))
			g.Expect(LowerUser(low, c.wanted)).To(Equal(low))
		})
	}
}

func TestALoweredCatalogueHasTheLeavesOfBoth(t *testing.T) {
	for name, c := range map[string]struct{ held, wanted, want []string }{
		"open stays open":            {nil, nil, nil},
		"it may be closed":           {nil, []string{"a"}, []string{"a"}},
		"to open it waits":           {[]string{"a"}, nil, []string{"a"}},
		"fewer":                      {[]string{"a", "b"}, []string{"b"}, []string{"b"}},
		"more wait":                  {[]string{"a"}, []string{"a", "b"}, []string{"a"}},
		"a leaf that is divided":     {[]string{"a"}, []string{"a/b", "a/c"}, []string{"a/b", "a/c"}},
		"leaves that become one":     {[]string{"a/b", "c"}, []string{"a"}, []string{"a/b"}},
		"nothing in common is empty": {[]string{"a"}, []string{"b"}, []string{nowhere}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			low := LowerOffice(store.Office{Catalog: c.held, TwoFactorRequired: true}, store.Office{Catalog: c.wanted, MaxUsers: 9, NeverReuse: true})
			g.Expect(low).To(Equal(store.Office{Catalog: c.want, MaxUsers: 9, TwoFactorRequired: true, NeverReuse: true}))
		})
	}
}
