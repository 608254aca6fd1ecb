// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// dimension is one that may need a default, and has these values, or any.
func dimension(name string, values ...string) v1alpha1.FilterDimension {
	return v1alpha1.FilterDimension{Name: name, Values: values}
}

var narrowing = office(testkit.Dimensions(
	v1alpha1.FilterDimension{Name: "entities", DefaultRequired: true}, dimension("sales-channels", "web", "store"), dimension("regions"),
))

// narrowed is a user with these filters in a back office with dimensions.
func narrowed(filters ...v1alpha1.Filter) UserInput {
	return UserInput{New: testkit.User("ann", "shop", testkit.Filters(filters...)), Office: narrowing}
}

// with sets the default of a filter.
func with(f v1alpha1.Filter, value string) v1alpha1.Filter {
	f.Default = value
	return f
}

func groups(dimension string, groups ...string) v1alpha1.Filter {
	return v1alpha1.Filter{Dimension: dimension, Mode: v1alpha1.FilterOnly, Groups: groups}
}

func TestFiltersDeclared(t *testing.T) {
	unknown := narrowed(testkit.Only("regions", "pl"), testkit.Owned("entitys"))
	ruleCases[UserInput]{
		"no filter names no dimension":          {narrowed(), nil},
		"a dimension that is declared":          {narrowed(testkit.Owned("entities"), testkit.Everything("regions")), nil},
		"a back office that is not there":       {UserInput{New: unknown.New}, nil},
		"a dimension that is not has a nearest": {unknown, []string{`Refuse FilterUnknown spec.filters[1].dimension: Unsupported value: "entitys" is not among spec.filterDimensions of BackOffice shop/shop; did you mean entities?`}},
		"where none is declared nothing is near": {UserInput{New: unknown.New, Office: office()}, []string{
			`Refuse FilterUnknown spec.filters[0].dimension: Unsupported value: "regions" is not among spec.filterDimensions of BackOffice shop/shop`,
			`Refuse FilterUnknown spec.filters[1].dimension: Unsupported value: "entitys" is not among spec.filterDimensions of BackOffice shop/shop`,
		}},
	}.run(t, FiltersDeclared[UserInput])
	b := testkit.Binding("b", "shop", testkit.Filters(testkit.Owned("brands")))
	ruleCases[BindingInput]{
		"bindings, too": {BindingInput{New: b, Office: narrowing}, []string{
			`Refuse FilterUnknown spec.filters[0].dimension: Unsupported value: "brands" is not among spec.filterDimensions of BackOffice shop/shop`,
		}},
	}.run(t, FiltersDeclared[BindingInput])
}
