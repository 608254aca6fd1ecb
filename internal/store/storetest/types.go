// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func typeCases() cases {
	return cases{
		"the table of account types":                       func(w *world) { w.resolve(accountTypes()) },
		"a new account type counts at once":                typeChanges,
		"a set that gets account types counts at once":     typesChange,
		"the data of a binding that does not count is not": typesNarrowed,
	}
}

// accountTypes are resolved for an account of type Employee.
func accountTypes() map[string]resolution {
	employee, staff := forTypes("Employee"), forTypes("Staff", "StoreApp")
	return map[string]resolution{
		"a set for accounts of this type gives and denies": {
			sets: sets(set("s", employee, grants("a", write), denies("b"))), holds: []string{"s"}, want: levels{"a": write, "b": none},
		},
		"one of several types is enough": {
			sets: sets(set("s", forTypes("Affiliate", "Employee", "Staff"), grants("a", write))), holds: []string{"s"}, want: levels{"a": write},
		},
		"a set for other types neither gives nor denies": {
			sets:  sets(set("s", staff, grants("a", write), denies("b")), set("t", grants("a", read), grants("b", read))),
			holds: []string{"s", "t"}, want: levels{"a": read, "b": read},
		},
		"types are compared bytewise": {
			sets: sets(set("s", forTypes("EMPLOYEE", "Employee ", "employee", "Employ"), grants("a", write))), holds: []string{"s"},
		},
		"what its binding gives and denies does not count either": {
			sets: sets(set("s", staff), set("t", grants("b", read))), holds: []string{"t"},
			bindings: toAnn("s", gives("a", write), takes("b")), want: levels{"b": read},
		},
		"what another binding gives counts": {
			sets:     sets(set("s", staff, grants("a", write))),
			bindings: append(toAnn("s"), forAnn("b", "", gives("a", read), takes("c"))), want: levels{"a": read, "c": none},
		},
		"a set that inherits from one for other types does not count": {
			sets: sets(set("s", employee, grants("a", write), denies("z"), inherits("p", 1)), set("p", staff, grants("b", write)),
				set("t", grants("c", read), grants("z", read))),
			holds: []string{"s", "t"}, want: levels{"c": read, "z": read},
		},
		"however far it is": {
			sets: sets(set("s", grants("a", write), inherits("p", 1), inherits("q", 7)), set("p"), set("q", staff)), holds: []string{"s"},
		},
		"also where that one is withheld": {
			sets:  sets(set("s", grants("a", write), denies("z"), inherits("p", 1)), set("p", setWithheld, staff)),
			holds: []string{"s"},
		},
		"also where it is withheld itself": {
			sets:  sets(set("s", setWithheld, staff, denies("z")), set("t", grants("z", write))),
			holds: []string{"s", "t"}, want: levels{"z": write},
		},
		"a withheld set for accounts of this type still denies": {
			sets:  sets(set("s", setWithheld, employee, denies("z")), set("t", grants("z", write))),
			holds: []string{"s", "t"}, want: levels{"z": none},
		},
		"what another set inherits from is no matter": {
			sets: sets(set("s", grants("a", write)), set("child", staff, inherits("s", 1), denies("a"))), holds: []string{"s"},
			want: levels{"a": write},
		},
		"a set that is not stored excludes nobody": {
			sets: sets(set("s", employee, grants("a", write), inherits("missing", 1))), holds: []string{"s"}, want: levels{"a": write},
		},
		"a closed catalogue lists nothing for it": {
			catalog: []string{"a/b", "c"}, sets: sets(set("s", staff, grants("a", write), denies("c"))), holds: []string{"s"},
		},
		"an open catalogue does not list what it mentions": {
			sets:  sets(set("s", staff, grants("a/b", write), denies("a/c")), set("t", grants("a", write))),
			holds: []string{"s", "t"}, want: levels{"a": write},
		},
	}
}

func typeChanges(w *world) {
	w.put(set("s", forTypes("Staff"), grants("a", write)), binding("b", "s", []string{"ann"}))
	for i, accountType := range []string{"Staff", "Employee", "Staff"} {
		w.put(user("ann", ofType(accountType), atGeneration(int64(i+1))))
		if accountType == "Staff" {
			w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
		} else {
			w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
		}
	}
}

func typesChange(w *world) {
	parent := func(types ...string) store.PermissionSet { return set("p", forTypes(types...), grants("a", write)) }
	w.put(user("ann"), set("s", inherits("p", 1)), binding("b", "s", []string{"ann"}))
	w.put(parent("Staff"))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(parent("Employee", "Staff"))
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
	w.put(parent("Affiliate"))
	w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	w.put(parent())
	w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
}

func typesNarrowed(w *world) {
	w.put(user("ann", limited(only("d", "x"))), user("bob", ofType("Staff")), set("s", forTypes("Staff"), grants("a", write)),
		set("t", grants("a", read)), binding("b", "s", []string{"ann", "bob"}, narrowed(only("e", "y"))), binding("c", "t", []string{"ann"}))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(datum{"a", read, "c", only("d", "x")}))
	w.Expect(w.filters(shop, "bob")).To(ConsistOf(datum{"a", write, "b", only("e", "y")}))
}
