// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// bindings is a list that reads like a sentence.
func bindings(list ...store.RoleBinding) []store.RoleBinding { return list }

// forAnn is a binding of ann with grants and denials of its own.
func forAnn(name, setUID string, changes ...func(*store.RoleBinding)) store.RoleBinding {
	return binding(name, setUID, []string{"ann"}, changes...)
}

// singleGrants are those of bindings beside the sets that they hand out.
func singleGrants() map[string]resolution {
	ended := window(time.Time{}, longAgo)
	return map[string]resolution{
		"a binding gives on top of its set": {
			sets:     sets(set("s", grants("a", read), grants("b", write))),
			bindings: bindings(forAnn("b", "s", gives("a", write), gives("b", read), gives("c", read))),
			want:     levels{"a": write, "b": write, "c": read},
		},
		"a binding gives on top of every other set": {
			sets: sets(set("s", grants("a", read)), set("t")), holds: []string{"s"},
			bindings: bindings(forAnn("b", "t", gives("a", write))), want: levels{"a": write},
		},
		"a binding without a set gives":               {bindings: bindings(forAnn("b", "", gives("a", write))), want: levels{"a": write}},
		"a binding of a set that is not stored gives": {bindings: bindings(forAnn("b", "missing", gives("a", write))), want: levels{"a": write}},
		"a binding of a withheld set gives, and the set does not": {
			sets:     sets(set("s", setWithheld, grants("a", write), grants("b", write))),
			bindings: bindings(forAnn("b", "s", gives("a", read))), want: levels{"a": read},
		},
		"a binding of a set with a closure that is lost gives": {
			sets:     sets(set("s", grants("a", write), func(s *store.PermissionSet) { s.Ancestors = nil })),
			bindings: bindings(forAnn("b", "s", gives("b", read))), want: levels{"b": read},
		},
		"a withheld binding neither gives nor denies": {
			sets: sets(set("s", grants("a", read))), holds: []string{"s"},
			bindings: bindings(forAnn("b", "s", bindingWithheld, gives("a", write), gives("b", write), takes("a"))), want: levels{"a": read},
		},
		"a binding that is over neither gives nor denies": {
			sets: sets(set("s", grants("a", read))), holds: []string{"s"},
			bindings: bindings(forAnn("b", "s", ended, gives("a", write), gives("b", write), takes("a"))), want: levels{"a": read},
		},
		"a binding to come neither gives nor denies": {
			sets: sets(set("s", grants("a", read))), holds: []string{"s"},
			bindings: bindings(forAnn("b", "", window(farAway, time.Time{}), gives("a", write), takes("a"))), want: levels{"a": read},
		},
		"a binding within its window gives and denies": {
			bindings: bindings(forAnn("b", "", window(longAgo, farAway), gives("a", write), gives("b", read), takes("b"))),
			want:     levels{"a": write, "b": none},
		},
		"what a binding gives is not another one's": {
			sets:     sets(set("s", grants("a", read))),
			bindings: bindings(forAnn("b", "s"), binding("c", "s", nil, gives("a", write), takes("a"))), want: levels{"a": read},
		},
	}
}

// singleCoverage is how the paths of bindings, and those of sets beside them, cover each other.
func singleCoverage() map[string]resolution {
	return map[string]resolution{
		"within a binding the deepest path decides, also for less": {
			catalog:  []string{"a/b/c", "a/b/d", "a/e", "f/g"},
			bindings: bindings(forAnn("b", "", gives("a", read), gives("a/b", write), gives("a/b/c", none), gives("f", write), gives("f/g", read))),
			want:     levels{"a/b/c": none, "a/b/d": write, "a/e": read, "f/g": read},
		},
		"a deeper path of a binding takes nothing from its set": {
			catalog: []string{"a/b", "a/c"}, sets: sets(set("s", grants("a", write))),
			bindings: bindings(forAnn("b", "s", gives("a/b", none), gives("a/c", read))), want: levels{"a/b": write, "a/c": write},
		},
		"a deeper path of a set takes nothing from the binding": {
			catalog: []string{"a/b", "a/c"}, sets: sets(set("s", grants("a/b", none))),
			bindings: bindings(forAnn("b", "s", gives("a", write))), want: levels{"a/b": write, "a/c": write},
		},
		"two bindings are two sources": {
			catalog:  []string{"a/b", "a/c"},
			bindings: bindings(forAnn("b", "", gives("a", write)), forAnn("c", "", gives("a/b", none), gives("a/c", read))),
			want:     levels{"a/b": write, "a/c": write},
		},
		"two bindings of one set are two sources": {
			sets:     sets(set("s")),
			bindings: bindings(forAnn("b", "s", gives("a", read), gives("b", none)), forAnn("c", "s", gives("a", write), gives("b", none))),
			want:     levels{"a": write, "b": none},
		},
		"None of a binding is listed, and takes nothing from others": {
			sets:     sets(set("s", grants("a", read))),
			bindings: bindings(forAnn("b", "s", gives("a", none), gives("b", none))), want: levels{"a": read, "b": none},
		},
		"a binding and a set with one UID are two sources": {
			catalog: []string{"a/b"}, sets: sets(set("s", grants("a/b", none))),
			bindings: bindings(forAnn("s", "s", gives("a", write))), want: levels{"a/b": write},
		},
		"a closed catalogue lists its leaves, also where no set gives one": {
			catalog: []string{"a/b", "c"}, bindings: bindings(forAnn("b", "", gives("a", write), gives("c/d", write), gives("x", write))),
			want: levels{"a/b": write},
		},
		"an open catalogue lists what the bindings mention, and asks all": {
			sets:     sets(set("s", grants("a", write))),
			bindings: bindings(forAnn("b", "s", gives("a/b", read)), forAnn("c", "", gives("d", write), takes("d/e"))),
			want:     levels{"a": write, "a/b": write, "d": write, "d/e": none},
		},
	}
}

// singleDenials are those of bindings.
func singleDenials() map[string]resolution {
	return map[string]resolution{
		"a denial of a binding beats its own grant": {
			bindings: bindings(forAnn("b", "", gives("a", write), gives("b", read), takes("a"))), want: levels{"a": none, "b": read},
		},
		"a denial of a binding beats its set": {
			sets: sets(set("s", grants("a", write), grants("b", read))), bindings: bindings(forAnn("b", "s", takes("a"))),
			want: levels{"a": none, "b": read},
		},
		"a denial of a binding beats every set and every binding": {
			sets: sets(set("s", grants("a/b", write))), holds: []string{"s"},
			bindings: bindings(forAnn("b", "", takes("a")), forAnn("c", "", gives("a/b", write), gives("c", read))),
			want:     levels{"a": none, "a/b": none, "c": read},
		},
		"a denial of a set beats the grant of a binding": {
			sets: sets(set("s", denies("a"))), bindings: bindings(forAnn("b", "s", gives("a/b", write), gives("c", read))),
			want: levels{"a": none, "a/b": none, "c": read},
		},
		"a denial of a withheld set beats the grant of a binding": {
			sets: sets(set("s", setWithheld, denies("a"))), bindings: bindings(forAnn("b", "s", gives("a", write))), want: levels{"a": none},
		},
		"a denial takes its subtree and no more": {
			catalog:  []string{"a/b", "a/bc", "a/b/c", "a/d", "e"},
			bindings: bindings(forAnn("b", "", gives("a", write), gives("e", read), takes("a/b"))),
			want:     levels{"a/b": none, "a/b/c": none, "a/bc": write, "a/d": write, "e": read},
		},
		"a denial holds without a set, and where its set is withheld or missing": {
			sets: sets(set("s", grants("a", write), grants("b", write), grants("c", write), grants("d", write)), set("t", setWithheld)), holds: []string{"s"},
			bindings: bindings(forAnn("b", "", takes("a")), forAnn("c", "t", takes("b")), forAnn("d", "missing", takes("c"))),
			want:     levels{"a": none, "b": none, "c": none, "d": write},
		},
		"what is denied is listed, though nothing gives it": {bindings: bindings(forAnn("b", "", takes("a", "b/c"))), want: levels{"a": none, "b/c": none}},
		"a closed catalogue lists its denied leaves": {
			catalog: []string{"a/b", "c"}, bindings: bindings(forAnn("b", "", takes("a", "x"))), want: levels{"a/b": none},
		},
	}
}

// ownersSingleGrants: two owners have a binding with one UID.
func ownersSingleGrants(w *world) {
	there := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	w.put(user("ann"), binding("b", "", []string{"ann"}, gives("a", read), takes("b")))
	there.put(user("bob"), binding("b", "", []string{"bob"}, gives("c", write), takes("d")))
	w.expectPermissionsOf(map[string]levels{"ann": {"a": read, "b": none}, "bob": {"c": write, "d": none}})
	w.put(binding("b", "", []string{"ann"}))
	w.expectPermissionsOf(map[string]levels{"ann": {}, "bob": {"c": write, "d": none}})
	there.must(removal(binding("b", "", nil)))
	w.put(binding("b", "", []string{"ann"}, gives("a", write)))
	w.expectPermissionsOf(map[string]levels{"ann": {"a": write}, "bob": {}})
}

func (w *world) expectPermissionsOf(logins map[string]levels) {
	w.t.Helper()
	for login, want := range logins {
		w.Expect(w.permissions(shop, login)).To(Equal(want), login)
	}
}
