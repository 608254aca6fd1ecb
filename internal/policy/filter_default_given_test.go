// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestFilterDefaultGiven(t *testing.T) {
	missing := []string{"Refuse PolicyViolated spec.filters[0].default: Required value: this lets several entities through, and defaultRequired in " +
		"spec.filterDimensions of BackOffice shop/shop demands the one with which the user begins"}
	ruleCases[UserInput]{
		"one value is its own default":    {narrowed(testkit.Only("entities", "a")), nil},
		"several values with a default":   {narrowed(with(testkit.Only("entities", "a", "b"), "b")), nil},
		"several values without one":      {narrowed(testkit.Only("entities", "a", "b")), missing},
		"a group with a default":          {narrowed(with(groups("entities", "north"), "a")), nil},
		"a group without one":             {narrowed(groups("entities", "north")), missing},
		"all, owned and tagged need none": {narrowed(testkit.Everything("entities"), testkit.Owned("entities"), testkit.Tagged("entities", "x", "y")), nil},
		"a dimension that needs none":     {narrowed(testkit.Only("regions", "pl", "de"), groups("regions", "north")), nil},
		"a dimension that is not there":   {narrowed(testkit.Only("brands", "x", "y")), nil},
		"a back office that is not there": {UserInput{New: narrowed(testkit.Only("entities", "a", "b")).New}, nil},
	}.run(t, FilterDefaultGiven[UserInput])
	b := testkit.Binding("b", "shop", testkit.Filters(testkit.Only("entities", "a", "b")))
	ruleCases[BindingInput]{"bindings, too": {BindingInput{New: b, Office: narrowing}, missing}}.run(t, FilterDefaultGiven[BindingInput])
}
