// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func filters() map[string]narrowing {
	s := sets(set("s", grants("a", write)))
	d, e := only("d", "x"), only("e", "y", "z")
	return map[string]narrowing{
		"nothing narrows":                 {sets: s, bindings: bindings(forAnn("b", "s"))},
		"a user's filters narrow":         {filters: []store.Filter{d, e}, sets: s, bindings: bindings(forAnn("b", "s")), want: each("a", write, "b", d, e)},
		"a binding's filters narrow":      {sets: s, bindings: bindings(forAnn("b", "s", narrowed(d, e))), want: each("a", write, "b", d, e)},
		"both narrow":                     {filters: []store.Filter{d}, sets: s, bindings: bindings(forAnn("b", "s", narrowed(e))), want: each("a", write, "b", d, e)},
		"who has nothing has no data":     {filters: []store.Filter{d}, dimensions: []string{"d"}, sets: s},
		"filters are given as they are":   {sets: s, bindings: bindings(forAnn("b", "s", narrowed(fullFilters()...))), want: each("a", write, "b", fullFilters()...)},
		"those of a user as well":         {filters: fullFilters(), sets: s, bindings: bindings(forAnn("b", "s")), want: each("a", write, "b", fullFilters()...)},
		"what narrows twice stands twice": {filters: []store.Filter{d}, sets: s, bindings: bindings(forAnn("b", "s", narrowed(d))), want: each("a", write, "b", d, d)},
		"two on one dimension both narrow": {
			filters: []store.Filter{ofMode("Owned", "d")}, sets: s, bindings: bindings(forAnn("b", "s", narrowed(d))),
			want: each("a", write, "b", ofMode("Owned", "d"), d),
		},
		"texts of all kinds are given as they are": {
			sets:     s,
			bindings: bindings(forAnn("b", "s", narrowed(only(`"\ é😀`, "'", "[", `\u0000`, "é", `"`)))),
			want:     each("a", write, "b", only(`"\ é😀`, "'", "[", `\u0000`, "é", `"`)),
		},
	}
}

func grantsOfFilters() map[string]narrowing {
	s := sets(set("s", grants("a", write)), set("t", grants("a", read), grants("c", read)))
	d, e, u := only("d", "x"), only("e", "y"), ofMode("Owned", "u")
	ended := window(time.Time{}, longAgo)
	return map[string]narrowing{
		"each binding is narrowed by its own filters": {
			filters: []store.Filter{u}, sets: s, bindings: bindings(forAnn("b", "s", narrowed(d)), forAnn("c", "t", narrowed(e))),
			want: data(each("a", write, "b", u, d), each("a", read, "c", u, e), each("c", read, "c", u, e)),
		},
		"two bindings of one set are two grants": {
			sets: s, bindings: bindings(forAnn("b", "s", narrowed(d)), forAnn("c", "s", narrowed(e))),
			want: data(each("a", write, "b", d), each("a", write, "c", e)),
		},
		"a binding without filters narrows nothing": {
			dimensions: []string{"d"}, sets: s, bindings: bindings(forAnn("b", "s", narrowed(d)), forAnn("c", "s")),
			want: data(each("a", write, "b", d), each("a", write, "c", ofMode("All", "d"))),
		},
		"a binding without a set is a grant": {
			sets: s, bindings: bindings(forAnn("b", "", gives("z", read), narrowed(d))), want: each("z", read, "b", d),
		},
		"what is not in force is no grant": {
			sets: s, bindings: bindings(forAnn("b", "s", bindingWithheld, narrowed(d)), forAnn("c", "s", ended, narrowed(d)),
				forAnn("e", "s", window(farAway, time.Time{}), narrowed(d)), binding("f", "s", nil, narrowed(d)), forAnn("g", "t", narrowed(e))),
			want: data(each("a", read, "g", e), each("c", read, "g", e)),
		},
	}
}

func dimensionsOfFilters() map[string]narrowing {
	s := sets(set("s", grants("a", write), grants("b", read)))
	d, f := only("d", "x"), ofMode("All", "f")
	return map[string]narrowing{
		"a dimension without a filter is open": {
			dimensions: []string{"d", "f"}, sets: s, bindings: bindings(forAnn("b", "s")),
			want: data(each("a", write, "b", ofMode("All", "d"), f), each("b", read, "b", ofMode("All", "d"), f)),
		},
		"a dimension with a filter is not": {
			dimensions: []string{"d", "f"}, filters: []store.Filter{d}, sets: s, bindings: bindings(forAnn("b", "s")),
			want: data(each("a", write, "b", d, f), each("b", read, "b", d, f)),
		},
		"nor is one with a filter of a binding": {
			dimensions: []string{"d", "f"}, sets: s, bindings: bindings(forAnn("b", "s", narrowed(d))),
			want: data(each("a", write, "b", d, f), each("b", read, "b", d, f)),
		},
		"a filter of a dimension that is not declared narrows": {
			dimensions: []string{"f"}, filters: []store.Filter{d}, sets: sets(set("s", grants("a", write))), bindings: bindings(forAnn("b", "s")),
			want: each("a", write, "b", d, f),
		},
		"dimensions are compared bytewise": {
			dimensions: []string{"D", "d "}, filters: []store.Filter{d}, sets: sets(set("s", grants("a", write))), bindings: bindings(forAnn("b", "s")),
			want: each("a", write, "b", d, ofMode("All", "D"), ofMode("All", "d ")),
		},
	}
}

func bypassed() map[string]narrowing {
	d, e, all := only("d", "x"), only("e", "y"), ofMode("All", "d")
	filtered := []store.Filter{d, e}
	both := []string{"d", "e"}
	return map[string]narrowing{
		"the user's filters do not narrow on such a dimension": {
			dimensions: both, filters: filtered, sets: sets(set("s", grants("a", write), bypasses("d"))), bindings: bindings(forAnn("b", "s")),
			want: each("a", write, "b", all, e),
		},
		"nor do those of the binding": {
			dimensions: both, sets: sets(set("s", grants("a", write), bypasses("d"))), bindings: bindings(forAnn("b", "s", narrowed(filtered...))),
			want: each("a", write, "b", all, e),
		},
		"what the binding gives itself is not narrowed either": {
			dimensions: both, filters: filtered, sets: sets(set("s", bypasses("d", "e"))), bindings: bindings(forAnn("b", "s", gives("a", read))),
			want: each("a", read, "b", all, ofMode("All", "e")),
		},
		"what is not declared and bypassed is nowhere": {
			filters: filtered, sets: sets(set("s", grants("a", write), bypasses("d", "e", "f"))), bindings: bindings(forAnn("b", "s")),
		},
		"another binding is narrowed all the same": {
			dimensions: both, filters: filtered, sets: sets(set("s", grants("a", write), bypasses("d")), set("t", grants("a", write))),
			bindings: bindings(forAnn("b", "s"), forAnn("c", "t")), want: data(each("a", write, "b", all, e), each("a", write, "c", d, e)),
		},
		"it is not inherited": {
			dimensions: both, filters: filtered, sets: sets(set("s", inherits("p", 1)), set("p", grants("a", write), bypasses("d"))),
			bindings: bindings(forAnn("b", "s")), want: each("a", write, "b", d, e),
		},
		"it counts for what is inherited": {
			dimensions: both, filters: filtered, sets: sets(set("s", inherits("p", 1), bypasses("d")), set("p", grants("a", write))),
			bindings: bindings(forAnn("b", "s")), want: each("a", write, "b", all, e),
		},
		"a withheld set does not bypass": {
			dimensions: both, filters: filtered, sets: sets(set("s", setWithheld, bypasses("d"))), bindings: bindings(forAnn("b", "s", gives("a", read))),
			want: each("a", read, "b", d, e),
		},
		"nor does one that inherits from a withheld one": {
			dimensions: both, filters: filtered, sets: sets(set("s", inherits("p", 3), bypasses("d")), set("p", setWithheld)),
			bindings: bindings(forAnn("b", "s", gives("a", read))), want: each("a", read, "b", d, e),
		},
		"nor a withheld one whose closure is lost": {
			dimensions: both, filters: filtered,
			sets:     sets(set("s", setWithheld, bypasses("d"), func(s *store.PermissionSet) { s.Ancestors = nil })),
			bindings: bindings(forAnn("b", "s", gives("a", read))), want: each("a", read, "b", d, e),
		},
		"nor one that is not stored": {
			dimensions: both, filters: filtered, sets: sets(set("t", bypasses("d"))),
			bindings: bindings(forAnn("b", "missing", gives("a", read))), want: each("a", read, "b", d, e),
		},
		"dimensions are compared bytewise": {
			filters: filtered, sets: sets(set("s", grants("a", write), bypasses("D", "d "))), bindings: bindings(forAnn("b", "s")),
			want: each("a", write, "b", d, e),
		},
	}
}

func levelsOfFilters() map[string]narrowing {
	d := only("d", "x")
	of := []store.Filter{d}
	return map[string]narrowing{
		"the higher of set and binding is the level": {
			filters: of, sets: sets(set("s", grants("a", read), grants("b", write))),
			bindings: bindings(forAnn("b", "s", gives("a", write), gives("b", read))), want: data(each("a", write, "b", d), each("b", write, "b", d)),
		},
		"what gives nothing has no data": {
			filters: of, sets: sets(set("s", grants("a", none), inherits("p", 1)), set("p", grants("a", write))),
			bindings: bindings(forAnn("b", "s", gives("b", none))),
		},
		"what is denied has no data, by whomever": {
			filters: of, sets: sets(set("s", grants("a", write), grants("b", read), grants("c", read)), set("t", setWithheld, denies("a"))),
			bindings: bindings(forAnn("b", "s"), forAnn("c", "t"), forAnn("d", "", takes("b"))), want: each("c", read, "b", d),
		},
		"what one gives and another takes out has data by the one": {
			filters: of, sets: sets(set("s", grants("a", write)), set("t", grants("a", none))),
			bindings: bindings(forAnn("b", "s"), forAnn("c", "t")), want: each("a", write, "b", d),
		},
		"a path that another binding mentions is asked for": {
			filters: of, sets: sets(set("s", grants("a", write)), set("t", grants("a/b", read))),
			bindings: bindings(forAnn("b", "s"), forAnn("c", "t")),
			want:     data(each("a", write, "b", d), each("a/b", write, "b", d), each("a/b", read, "c", d)),
		},
		"so is a path that is taken out": {
			filters: of, sets: sets(set("s", grants("a", write)), set("t", grants("a/b", none), grants("c", read))),
			bindings: bindings(forAnn("b", "s"), forAnn("c", "t")),
			want:     data(each("a", write, "b", d), each("a/b", write, "b", d), each("c", read, "c", d)),
		},
		"a closed catalogue has its leaves": {
			catalog: []string{"a/b", "a/c", "d"}, filters: of, sets: sets(set("s", grants("a", write), grants("a/c", none), grants("z", write))),
			bindings: bindings(forAnn("b", "s")), want: each("a/b", write, "b", d),
		},
		"a withheld set gives no data": {
			filters: of, sets: sets(set("s", setWithheld, grants("a", write))), bindings: bindings(forAnn("b", "s", gives("b", read))),
			want: each("b", read, "b", d),
		},
		"the nearest set decides, also for less": {
			filters: of, sets: sets(set("s", inherits("far", 2), inherits("near", 1)), set("far", grants("a", write)), set("near", grants("a", read))),
			bindings: bindings(forAnn("b", "s")), want: each("a", read, "b", d),
		},
	}
}
