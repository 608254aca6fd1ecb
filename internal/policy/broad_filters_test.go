// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBroadFilters(t *testing.T) {
	broad := []string{"Warn AccessChanges spec.filters[1].mode: Forbidden: mode All reaches all entities: make sure that this is meant"}
	all := narrowed(testkit.Owned("regions"), testkit.Everything("entities"))
	after := func(in, old UserInput) UserInput {
		in.Old = old.New
		return in
	}
	ruleCases[UserInput]{
		"all that is new":               {all, broad},
		"all that was less":             {after(all, narrowed(testkit.Owned("entities"))), broad},
		"all that was not narrowed":     {after(all, narrowed(testkit.Everything("regions"))), broad},
		"all that was all before":       {after(all, narrowed(testkit.Everything("entities"))), nil},
		"less that was all before":      {after(narrowed(testkit.Owned("entities")), all), nil},
		"no filter, which says nothing": {narrowed(), nil},
	}.run(t, BroadFilters[UserInput])
	b := testkit.Binding("b", "shop", testkit.Filters(testkit.Everything("entities")))
	ruleCases[BindingInput]{
		"bindings, too":       {BindingInput{New: b}, []string{"Warn AccessChanges spec.filters[0].mode: Forbidden: mode All reaches all entities: make sure that this is meant"}},
		"bindings, only once": {BindingInput{Old: b, New: b}, nil},
	}.run(t, BroadFilters[BindingInput])
}
