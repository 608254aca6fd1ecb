// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestFilterValuesKnown(t *testing.T) {
	const noSuch = "Refuse FilterUnknown spec.filters[0]."
	const has = ` by spec.filterDimensions of BackOffice shop/shop`
	byDefault := testkit.Everything("sales-channels")
	ruleCases[UserInput]{
		"values of a list":                        {narrowed(testkit.Only("sales-channels", "web", "store")), nil},
		"any value where there is no list":        {narrowed(testkit.Only("regions", "atlantis")), nil},
		"any value of an unknown dimension":       {narrowed(testkit.Only("brands", "x")), nil},
		"groups and tags are free":                {narrowed(groups("sales-channels", "northern"), testkit.Tagged("sales-channels", "vip")), nil},
		"a back office that is not there":         {UserInput{New: narrowed(testkit.Only("sales-channels", "x")).New}, nil},
		"a value that is not listed":              {narrowed(testkit.Only("sales-channels", "web", "fax")), []string{noSuch + `values[1]: Unsupported value: sales-channels has no "fax"` + has}},
		"a slip of the pen has a nearest":         {narrowed(testkit.Only("sales-channels", "stroe")), []string{noSuch + `values[0]: Unsupported value: sales-channels has no "stroe"` + has + "; did you mean store?"}},
		"a default that is listed":                {narrowed(with(byDefault, "web")), nil},
		"a default that is not":                   {narrowed(with(byDefault, "fax")), []string{noSuch + `default: Unsupported value: sales-channels has no "fax"` + has}},
		"a default that is an unknown value, too": {narrowed(with(testkit.Only("sales-channels", "fax"), "fax")), []string{noSuch + `values[0]: Unsupported value: sales-channels has no "fax"` + has}},
	}.run(t, FilterValuesKnown[UserInput])
	b := testkit.Binding("b", "shop", testkit.Filters(testkit.Only("sales-channels", "fax")))
	ruleCases[BindingInput]{
		"bindings, too": {BindingInput{New: b, Office: narrowing}, []string{noSuch + `values[0]: Unsupported value: sales-channels has no "fax"` + has}},
	}.run(t, FilterValuesKnown[BindingInput])
}

func TestUnknownValuesAreKnownAgainWhereverTheyStand(t *testing.T) {
	g := NewWithT(t)
	rule := changed(FilterValuesKnown[UserInput])
	in := narrowed(testkit.Only("regions", "pl"), testkit.Only("sales-channels", "web", "fax"))
	in.Old = narrowed(testkit.Only("sales-channels", "fax")).New
	g.Expect(findings(rule(in))).To(Equal([]string{"Warn FilterUnknown spec.filters[1].values[1]"}))
	in.Old = narrowed(v1alpha1.Filter{Dimension: "sales-channels", Mode: v1alpha1.FilterOnly, Values: []string{"telex"}}).New
	g.Expect(findings(rule(in))).To(Equal([]string{"Refuse FilterUnknown spec.filters[1].values[1]"}))
}
