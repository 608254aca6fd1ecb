// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func TestDifference(t *testing.T) {
	type texts = []string
	for sentence, test := range map[string]struct{ noted, gives, granted, lost texts }{
		"nothing is no difference":                       {nil, nil, nil, nil},
		"the same is no difference":                      {texts{"a", "deny b"}, texts{"a", "deny b"}, nil, nil},
		"the same in another order is no difference":     {texts{"a", "b"}, texts{"b", "a", "b"}, nil, nil},
		"what is first given is granted":                 {nil, texts{"a", "b"}, texts{"a", "b"}, nil},
		"what is not given any more is lost":             {texts{"a", "b"}, nil, nil, texts{"a", "b"}},
		"what stays is neither":                          {texts{"a", "b"}, texts{"b", "c"}, texts{"c"}, texts{"a"}},
		"what is first denied is lost":                   {nil, texts{"deny a"}, nil, texts{"deny a"}},
		"what is not denied any more is granted":         {texts{"deny a"}, nil, texts{"deny a"}, nil},
		"both are sorted":                                {texts{"z", "deny b"}, texts{"y", "a", "deny c"}, texts{"a", "deny b", "y"}, texts{"deny c", "z"}},
		"both have each text once":                       {texts{"a", "a"}, texts{"b", "b"}, texts{"b"}, texts{"a"}},
		"what only begins like a denial is none":         {nil, texts{"deny", "denya"}, texts{"deny", "denya"}, nil},
		"a denial is told by its begin, not by its case": {nil, texts{"Deny a"}, texts{"Deny a"}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			granted, lost := store.Difference(test.noted, test.gives)
			g.Expect(granted).To(Equal(test.granted))
			g.Expect(lost).To(Equal(test.lost))
		})
	}
}

func TestEndsSessions(t *testing.T) {
	type texts = []string
	for sentence, test := range map[string]struct {
		noted, gives texts
		want         bool
	}{
		"nothing ends nothing":                            {nil, nil, false},
		"what is given ends nothing":                      {nil, texts{"a Write"}, false},
		"what is lost ends sessions":                      {texts{"a Write"}, nil, true},
		"also where more is given":                        {texts{"a Write"}, texts{"b Write", "c Write"}, true},
		"a level that is raised loses nothing":            {texts{"a Read", "grant b Read"}, texts{"a Write", "grant b Write"}, false},
		"but one that is lowered does":                    {texts{"a Write"}, texts{"a Read"}, true},
		"and so does another path that is raised":         {texts{"a Read"}, texts{"b Write"}, true},
		"a new denial ends sessions":                      {nil, texts{"deny a"}, true},
		"a denial that goes ends nothing":                 {texts{"deny a"}, nil, false},
		"who is reached no more is known otherwise":       {texts{"label a=b", "selector a=b", "subject ann"}, nil, false},
		"but what is lost beside it ends sessions":        {texts{"a Write", "subject ann"}, nil, true},
		"who is reached now ends nothing":                 {nil, texts{"label a=b", "selector a=b", "subject ann"}, false},
		"what only begins like it is something else":      {texts{"labels a=b"}, nil, true},
		"a denial of that name is a denial":               {nil, texts{"deny label a=b"}, true},
		"to inherit may lower what is farther away":       {nil, texts{"inherits p"}, true},
		"and to inherit no more loses it":                 {texts{"inherits p"}, nil, true},
		"a denial of that name that goes takes away less": {texts{"deny inherits p"}, nil, false},
		"what only begins like it gives":                  {nil, texts{"inheritsp"}, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(store.EndsSessions(store.Difference(test.noted, test.gives))).To(Equal(test.want))
		})
	}
}

func TestObjectIsTheKindOfTheAPI(t *testing.T) {
	objects := map[store.Kind]string{
		store.KindOffice: "BackOffice", store.KindPermissionSet: "PermissionSet", store.KindRoleBinding: "RoleBinding", store.KindUser: "BackOfficeUser",
	}
	for kind, want := range objects {
		NewWithT(t).Expect(kind.Object()).To(Equal(want))
	}
}
