// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// sets is a list that reads like a sentence.
func sets(list ...store.PermissionSet) []store.PermissionSet { return list }

func denials() map[string]resolution {
	return map[string]resolution{
		"a denial beats the set's own entry": {
			sets: sets(set("s", grants("a", write), denies("a"))), holds: []string{"s"}, want: levels{"a": none},
		},
		"a denial beats every other set": {
			sets: sets(set("s", denies("a/b")), set("t", grants("a", read), grants("a/b", write))), holds: []string{"s", "t"},
			want: levels{"a": read, "a/b": none},
		},
		"a denial beats a deeper entry": {
			catalog: []string{"a/b", "a/b/c", "d"}, sets: sets(set("s", grants("a/b/c", write), grants("d", read), denies("a"))), holds: []string{"s"},
			want: levels{"a/b": none, "a/b/c": none, "d": read},
		},
		"a denial takes its subtree and no more": {
			catalog: []string{"a/b", "a/bc", "a/b/c", "a/d"}, sets: sets(set("s", grants("a", write), denies("a/b"))), holds: []string{"s"},
			want: levels{"a/b": none, "a/b/c": none, "a/bc": write, "a/d": write},
		},
		"a denial is inherited, however far and whatever is nearer": {
			sets:  sets(set("s", grants("a", write), inherits("p", 1), inherits("q", 2)), set("p", grants("a", write)), set("q", denies("a"))),
			holds: []string{"s"}, want: levels{"a": none},
		},
		"what is denied is listed, though nothing gives it": {
			sets: sets(set("s", denies("a", "b/c"))), holds: []string{"s"}, want: levels{"a": none, "b/c": none},
		},
		"a closed catalogue lists its denied leaves": {
			catalog: []string{"a/b", "c"}, sets: sets(set("s", denies("a", "x"))), holds: []string{"s"}, want: levels{"a/b": none},
		},
		"in an open catalogue a denial takes what is mentioned below it": {
			sets: sets(set("s", grants("a/b", write), grants("c", read)), set("t", denies("a"))), holds: []string{"s", "t"},
			want: levels{"a": none, "a/b": none, "c": read},
		},
		"a denial of a set that is not held denies nothing": {
			sets: sets(set("s", grants("a", write)), set("child", denies("a"), inherits("s", 1))), holds: []string{"s"}, want: levels{"a": write},
		},
	}
}

// toAnn hands a set to ann by a binding of its own.
func toAnn(setUID string, changes ...func(*store.RoleBinding)) []store.RoleBinding {
	return []store.RoleBinding{binding("one-more", setUID, []string{"ann"}, changes...)}
}

func force() map[string]resolution {
	return map[string]resolution{
		"a withheld set gives nothing, nor what it inherits, and still denies": {
			sets:  sets(set("s", setWithheld, grants("a", write), denies("z"), inherits("p", 1)), set("p", grants("b", write), denies("y"))),
			holds: []string{"s"}, want: levels{"z": none, "y": none},
		},
		"a withheld ancestor gives nothing": {
			sets:  sets(set("s", grants("a", write), inherits("p", 1), inherits("q", 2)), set("p", setWithheld, grants("b", write)), set("q", grants("c", read))),
			holds: []string{"s"}, want: levels{"a": write, "c": read},
		},
		"a withheld ancestor decides nothing": {
			sets:  sets(set("s", inherits("p", 1), inherits("q", 2)), set("p", setWithheld, grants("a", none)), set("q", grants("a", read))),
			holds: []string{"s"}, want: levels{"a": read},
		},
		"a withheld ancestor still denies": {
			sets: sets(set("s", grants("a", write), inherits("p", 1)), set("p", setWithheld, denies("a"), grants("b", read))), holds: []string{"s"},
			want: levels{"a": none},
		},
		"a withheld set still denies what others give": {
			sets: sets(set("s", setWithheld, denies("a")), set("t", grants("a", write), grants("b", read))), holds: []string{"s", "t"},
			want: levels{"a": none, "b": read},
		},
		"a withheld set takes nothing else from the others": {
			sets: sets(set("s", setWithheld, grants("a", none)), set("t", grants("a", write))), holds: []string{"s", "t"},
			want: levels{"a": write},
		},
		"a withheld binding gives nothing": {
			sets: sets(set("s", grants("a", write))), bindings: toAnn("s", bindingWithheld),
		},
		"a withheld binding leaves the others alone": {
			sets: sets(set("s", grants("a", write))), holds: []string{"s"}, bindings: toAnn("s", bindingWithheld), want: levels{"a": write},
		},
		"a binding that is over denies nothing": {
			sets: sets(set("s", grants("a", write)), set("t", denies("a"))), holds: []string{"s"}, bindings: toAnn("t", window(longAgo, longAgo)),
			want: levels{"a": write},
		},
		"a binding without a set gives nothing": {
			sets: sets(set("s", grants("a", write))), bindings: toAnn(""),
		},
		"a binding of a set that is not stored gives nothing": {
			sets: sets(set("s", grants("a", write))), bindings: toAnn("missing"),
		},
	}
}
