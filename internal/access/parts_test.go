// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func forTypes(s access.Set, types ...string) access.Set {
	s.AccountTypes = types
	return s
}

func bypassing(s access.Set, dimensions ...string) access.Set {
	s.Bypass = dimensions
	return s
}

func TestPermits(t *testing.T) {
	w := access.World{
		"all": set(""), "staff": forTypes(set("", "all"), "API", "Staff"), "heir": set("", "far"), "far": set("", "gone", "staff"),
		"nobody": forTypes(set("", "staff"), "StoreApp"), "lost": withheld(forTypes(set(""), "Staff")), "circle": forTypes(set("", "heir", "circle"), "API"),
	}
	for sentence, c := range map[string]struct {
		set, accountType string
		want             bool
	}{
		"a set without types is for all":              {"all", "Affiliate", true},
		"one with types is for these":                 {"staff", "Staff", true},
		"and for no others":                           {"staff", "Affiliate", false},
		"who inherits is for those of all sets":       {"heir", "API", true},
		"however far they are":                        {"heir", "Affiliate", false},
		"types that exclude each other are nobody's":  {"nobody", "StoreApp", false},
		"a withheld set is for its types still":       {"lost", "API", false},
		"sets in a circle are for those of all":       {"circle", "Staff", false},
		"a set that is not there is for everybody":    {"gone", "Affiliate", true},
		"an account without a type is of no type":     {"staff", "", false},
		"what inherits from a set does not narrow it": {"all", "StoreApp", true},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(w.Permits(c.set, c.accountType)).To(Equal(c.want)) })
	}
}

func TestFor(t *testing.T) {
	g := NewWithT(t)
	w := access.World{"all": set(""), "staff": forTypes(set("; a"), "Staff")}
	grants := []access.Grant{{Name: "1", Set: "staff"}, {Name: "2", Set: "all"}, {Name: "3", Set: "staff"}, {Name: "4", Set: "gone"}}
	names := func(grants []access.Grant) (names string) {
		for _, g := range grants {
			names += g.Name
		}
		return names
	}
	g.Expect(names(w.For("Staff", grants))).To(Equal("1234"))
	g.Expect(names(w.For("API", grants))).To(Equal("24"))
	g.Expect(names(grants)).To(Equal("1234"), "the grants are left as they are")
	g.Expect(w.For("API", nil)).To(BeEmpty())
}

func TestParts(t *testing.T) {
	w := access.World{
		"viewer": set("orders Read"), "agent": set("orders Write, stock Read", "viewer"), "trainee": set("; stock"),
		"auditor": bypassing(set("orders Read"), "entities"), "heir": set("", "auditor"), "lost": bypassing(set("", "none"), "entities"),
		"none": withheld(set("")),
	}
	grant := func(name, set, text string, filters ...access.Filter) access.Grant {
		return access.Grant{Name: name, Set: set, Rights: rights(text), Filters: filters}
	}
	d, e, f := filter("entities Only x"), filter("brands Owned"), filter("entities Tagged t:u")
	type filters = []access.Filter
	type grants = []access.Grant
	part := func(name, gives string, filters ...access.Filter) access.Part {
		return access.Part{Grant: name, Content: content(gives), Filters: filters}
	}
	ended := grant("b", "agent", "; orders", d)
	ended.ExpiresAt = epoch
	for sentence, c := range map[string]struct {
		filters filters
		grants  grants
		want    []access.Part
	}{
		"nothing has no parts":                     {filters{d}, nil, nil},
		"the user's filters narrow every grant":    {filters{d}, grants{grant("a", "viewer", ""), grant("b", "agent", "")}, []access.Part{part("a", "orders Read", d), part("b", "orders Write, stock Read", d)}},
		"a grant's narrow its own":                 {filters{d}, grants{grant("a", "viewer", "", e, f), grant("b", "viewer", "")}, []access.Part{part("a", "orders Read", d, e, f), part("b", "orders Read", d)}},
		"a grant on top is narrowed as the set is": {nil, grants{grant("a", "viewer", "clients Write", e)}, []access.Part{part("a", "clients Write, orders Read", e)}},
		"what one denies all are denied":           {nil, grants{grant("a", "agent", ""), grant("b", "trainee", "; orders/refund")}, []access.Part{part("a", "orders Write, orders/refund None, stock None"), part("b", "orders/refund None, stock None")}},
		"a grant that is over is no part":          {filters{e}, grants{grant("a", "viewer", ""), ended}, []access.Part{part("a", "orders Read", e)}},
		"a set bypasses on its dimensions":         {filters{d, e}, grants{grant("a", "auditor", "stock Read", f, e)}, []access.Part{part("a", "orders Read, stock Read", e, e)}},
		"and for its own grants alone":             {filters{d}, grants{grant("a", "auditor", ""), grant("b", "viewer", "")}, []access.Part{part("a", "orders Read"), part("b", "orders Read", d)}},
		"that is not inherited":                    {filters{d}, grants{grant("a", "heir", "")}, []access.Part{part("a", "orders Read", d)}},
		"nor done by a set that gives nothing":     {filters{d}, grants{grant("a", "lost", "orders Read")}, []access.Part{part("a", "orders Read", d)}},
		"nor by one that is not there":             {filters{d}, grants{grant("a", "gone", "orders Read")}, []access.Part{part("a", "orders Read", d)}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got := w.Parts(c.filters, c.grants, epoch)
			g.Expect(got).To(HaveLen(len(c.want)))
			for i, want := range c.want {
				g.Expect(got[i].Grant).To(Equal(want.Grant))
				g.Expect(written(got[i].Content)).To(Equal(written(want.Content)))
				g.Expect(got[i].Filters).To(ConsistOf(want.Filters))
			}
		})
	}
}

// use is what somebody wants to do: something with a path, and with data of each dimension.
type use struct {
	path  string
	level access.Level
	data  map[string]datum
}

// may tells whether a user may do it: by one grant that is in force, gives it, and is not narrowed to other data.
func may(w access.World, list []access.Filter, grants []access.Grant, u use) bool {
	if effective(w, grants, epoch, u.path) < u.level {
		return false
	}
	return slices.ContainsFunc(grants, func(g access.Grant) bool {
		found := distances(w, g.Set)
		gives := len(found) > 0
		for id := range found {
			gives = gives && !w[id].Withheld
		}
		narrowing := slices.DeleteFunc(slices.Concat(list, g.Filters), func(f access.Filter) bool {
			return gives && slices.Contains(w[g.Set].Bypass, f.Dimension)
		})
		return effective(w, []access.Grant{g}, epoch, u.path) >= u.level && passesAll(u.data, narrowing)
	})
}

func TestPartsAreWhatTheModelSays(t *testing.T) {
	answers := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		w, list, grants := drawWorld(t), drawFilters(t, "user"), drawGrants(t)
		parts := w.Parts(list, grants, epoch)
		level := access.Level(rapid.IntRange(1, 2).Draw(t, "level"))
		data := drawData(t, level)
		for _, path := range asked {
			highest := access.None
			got := false
			for _, p := range parts {
				highest = max(highest, p.Content.At(path))
				got = got || p.Content.At(path) >= level && passesAll(data, p.Filters)
			}
			if want := effective(w, grants, epoch, path); highest != want {
				t.Fatalf("together they give %v of %s, and not %v: %+v", want, path, highest, parts)
			}
			want := may(w, list, grants, use{path, level, data})
			if answers[want]++; got != want {
				t.Fatalf("%v of %s on %+v: %v, and not %v: %+v", level, path, data, want, got, parts)
			}
		}
	})
	if answers[true] == 0 || answers[false] == 0 {
		t.Errorf("chance made nothing of it: %v", answers)
	}
}

func TestForIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, grants := drawWorld(t), drawGrants(t)
		accountType := rapid.SampledFrom(append([]string{""}, accountTypes...)).Draw(t, "type")
		var want []string
		for _, g := range grants {
			permitted := true
			for id := range distances(w, g.Set) {
				permitted = permitted && (len(w[id].AccountTypes) == 0 || slices.Contains(w[id].AccountTypes, accountType))
			}
			if permitted {
				want = append(want, g.Set)
			}
		}
		var got []string
		for _, g := range w.For(accountType, grants) {
			got = append(got, g.Set)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v, and not %v", want, got)
		}
	})
}
