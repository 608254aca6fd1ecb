// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func permissionCases() cases {
	return cases{
		"the table of inheritance":              func(w *world) { w.resolve(inheritance()) },
		"the table of coverage":                 func(w *world) { w.resolve(coverage()) },
		"the table of denials":                  func(w *world) { w.resolve(denials()) },
		"the table of force":                    func(w *world) { w.resolve(force()) },
		"the table of single grants":            func(w *world) { w.resolve(singleGrants()) },
		"the table of single grants' coverage":  func(w *world) { w.resolve(singleCoverage()) },
		"the table of single denials":           func(w *world) { w.resolve(singleDenials()) },
		"single grants are their owner's":       ownersSingleGrants,
		"chance agrees with the plainest words": agreesWithModel,
	}
}

// resolution is a little back office: ann holds sets, and has levels by path.
type resolution struct {
	catalog []string
	sets    []store.PermissionSet
	holds   []string
	// bindings are in addition to those of holds.
	bindings []store.RoleBinding
	want     map[string]string
}

type levels = map[string]string

// resolve asks each back office of a table, all of them in one database.
func (w *world) resolve(table map[string]resolution) {
	n := 0
	for sentence, r := range table {
		n++
		backOffice := fmt.Sprintf("office-%d", n)
		w.t.Run(sentence, func(t *testing.T) {
			w := w.of(t)
			w = w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = backOffice })))
			records := []store.Record{office(catalog(r.catalog...)), user("ann"), user("bob")}
			for _, s := range r.sets {
				records = append(records, s)
			}
			for i, uid := range r.holds {
				records = append(records, binding(fmt.Sprintf("binding-%d", i), uid, []string{"ann"}))
			}
			for _, b := range r.bindings {
				records = append(records, b)
			}
			w.put(records...)
			w.expectPermissions(backOffice, r.want)
		})
	}
}

func (w *world) expectPermissions(backOffice string, want levels) {
	w.t.Helper()
	if want == nil {
		want = levels{}
	}
	w.Expect(w.permissions(backOffice, "ann")).To(Equal(want))
	w.Expect(w.permissions(backOffice, "bob")).To(Equal(levels{}))
}

func inheritance() map[string]resolution {
	return map[string]resolution{
		"who holds nothing has nothing": {sets: sets(set("s", grants("a", write)))},
		"a set gives its entries, and None is listed": {
			sets: sets(set("s", grants("a", write), grants("b", read), grants("c", none))), holds: []string{"s"},
			want: levels{"a": write, "b": read, "c": none},
		},
		"a set gives what it inherits": {
			sets:  sets(set("s", inherits("p", 1), inherits("q", 2)), set("p", grants("a", read), inherits("q", 1)), set("q", grants("b", write))),
			holds: []string{"s"}, want: levels{"a": read, "b": write},
		},
		"inheritance goes one way": {
			sets: sets(set("s", grants("a", write), inherits("p", 1)), set("p", grants("b", read))), holds: []string{"p"}, want: levels{"b": read},
		},
		"the nearest set decides, also for less": {
			sets: sets(set("s", grants("a", read), inherits("p", 1)), set("p", grants("a", write), grants("b", read), inherits("q", 1)),
				set("q", grants("b", write))),
			holds: []string{"s"}, want: levels{"a": read, "b": read},
		},
		"the nearest set decides by distance, not by who is asked first": {
			sets:  sets(set("s", inherits("far", 3), inherits("near", 2)), set("far", grants("a", write)), set("near", grants("a", read))),
			holds: []string{"s"}, want: levels{"a": read},
		},
		"None in the nearest set takes away": {
			sets: sets(set("s", grants("a", none), inherits("p", 1)), set("p", grants("a", write))), holds: []string{"s"},
			want: levels{"a": none},
		},
		"at equal distance the higher level wins": {
			sets: sets(set("s", inherits("p", 1), inherits("q", 1), inherits("r", 1)), set("p", grants("a", read), grants("b", none)),
				set("q", grants("a", write), grants("b", read)), set("r", grants("a", none), grants("b", none))),
			holds: []string{"s"}, want: levels{"a": write, "b": read},
		},
		"across sets the higher level wins": {
			sets:  sets(set("s", grants("a", read), grants("b", write), grants("c", none)), set("t", grants("a", write), grants("b", none), grants("c", none))),
			holds: []string{"s", "t"}, want: levels{"a": write, "b": write, "c": none},
		},
		"a set that is held twice is held once": {
			sets: sets(set("s", grants("a", write))), holds: []string{"s", "s", "s"}, want: levels{"a": write},
		},
		"a set is resolved by itself, though another inherits from it": {
			sets: sets(set("s", grants("a", none), inherits("p", 1)), set("p", grants("a", write))), holds: []string{"s", "p"}, want: levels{"a": write},
		},
		"a missing ancestor gives nothing and harms nothing": {
			sets: sets(set("s", grants("a", read), inherits("missing", 1), inherits("p", 2)), set("p", grants("b", read))), holds: []string{"s"},
			want: levels{"a": read, "b": read},
		},
		"a set without its closure gives nothing": {
			sets: sets(set("s", grants("a", read), func(s *store.PermissionSet) { s.Ancestors = nil })), holds: []string{"s"},
		},
	}
}

func coverage() map[string]resolution {
	return map[string]resolution{
		"a parent covers its children": {
			catalog: []string{"a/b", "a/b/c", "a/d", "e"}, sets: sets(set("s", grants("a", write))), holds: []string{"s"},
			want: levels{"a/b": write, "a/b/c": write, "a/d": write},
		},
		"a child does not cover its parent": {
			catalog: []string{"a", "a/b"}, sets: sets(set("s", grants("a/b", write))), holds: []string{"s"}, want: levels{"a/b": write},
		},
		"the deepest path decides, also for less": {
			catalog: []string{"a/b/c", "a/b/d", "a/e", "f/g"},
			sets:    sets(set("s", grants("a", read), grants("a/b", write), grants("a/b/c", none), grants("f", write), grants("f/g", read))),
			holds:   []string{"s"}, want: levels{"a/b/c": none, "a/b/d": write, "a/e": read, "f/g": read},
		},
		"a deeper path of a farther set beats a shallow one of a nearer set": {
			catalog: []string{"a/b", "a/c"}, sets: sets(set("s", grants("a", none), inherits("p", 1)), set("p", grants("a/b", write), grants("a", write))),
			holds: []string{"s"}, want: levels{"a/b": write, "a/c": none},
		},
		"each set resolves by itself before the higher level wins": {
			catalog: []string{"a/b", "a/c"}, sets: sets(set("s", grants("a", write), grants("a/b", none)), set("t", grants("a", read))),
			holds: []string{"s", "t"}, want: levels{"a/b": read, "a/c": write},
		},
		"a prefix that is no segment covers nothing": {
			catalog: []string{"a", "ab", "ab/c", "a-b", "a/b", "A/b"}, sets: sets(set("s", grants("a", read))), holds: []string{"s"},
			want: levels{"a": read, "a/b": read},
		},
		"patterns are no patterns": {
			catalog: []string{"axb/c", "a_b/c", "a%/c", "abc/d", "*/c"}, sets: sets(set("s", grants("a_b", read), grants("a%", read), grants("*", read))),
			holds: []string{"s"}, want: levels{"a_b/c": read, "a%/c": read, "*/c": read},
		},
		"paths are compared by characters of any width": {
			catalog: []string{"é/b", "éa/b", "😀/b/c", "😀x"}, sets: sets(set("s", grants("é", read), grants("😀/b", write), grants("😀", read))),
			holds: []string{"s"}, want: levels{"é/b": read, "😀/b/c": write},
		},
		"a closed catalogue lists its leaves only": {
			catalog: []string{"b", "c"}, sets: sets(set("s", grants("a", write), grants("b", write), grants("c/d", write))), holds: []string{"s"},
			want: levels{"b": write},
		},
		"an open catalogue lists what the sets mention": {
			sets: sets(set("s", grants("a", write), grants("a/b", read), grants("c/d", none), inherits("p", 1)), set("p", grants("a/e", none), grants("c", read)),
				set("other", grants("x", write), grants("a/y", write))),
			holds: []string{"s"}, want: levels{"a": write, "a/b": read, "a/e": none, "c": read, "c/d": none},
		},
		"in an open catalogue the path of one set asks all sets": {
			sets: sets(set("s", grants("a", write)), set("t", grants("a/b", read), grants("a/c", none))), holds: []string{"s", "t"},
			want: levels{"a": write, "a/b": write, "a/c": write},
		},
	}
}
