// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var (
	someDimensions = []string{"entities", "regions", ""}
	someValues     = []string{"a", "b", "*"}
)

// rules are dimensions, settings and a policy of a back office.
func (r random) rules() testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) {
		for _, name := range some(r, someDimensions, "dimensions") {
			o.Spec.FilterDimensions = append(o.Spec.FilterDimensions, v1alpha1.FilterDimension{
				Name: name, DefaultRequired: r.maybe("default required"), Values: some(r, someValues, "values"),
			})
		}
		for _, name := range some(r, []string{"panel", "x"}, "settings") {
			value := v1alpha1.SettingValue{Value: "a", AccountTypes: some(r, someTypes, "setting's types")}
			o.Spec.Settings = append(o.Spec.Settings, v1alpha1.Setting{Name: name, Values: []v1alpha1.SettingValue{value}})
		}
		if !r.maybe("policy") {
			return
		}
		demands := []v1alpha1.Demand{"", v1alpha1.DemandRequired, v1alpha1.DemandOptional}
		o.Spec.Policy = &v1alpha1.Policy{TwoFactor: one(r, demands, "two factors"), Filters: one(r, demands, "filters")}
		if r.maybe("e-mail") {
			o.Spec.Policy.Email = &v1alpha1.EmailPolicy{
				AllowedDomains: some(r, []string{"shop.example", ""}, "allowed"), DeniedDomains: some(r, []string{"x.shop.example"}, "denied"), Required: r.maybe("required"),
			}
		}
	})
}

func (r random) filters() testkit.Mod {
	var filters []v1alpha1.Filter
	for _, dimension := range some(r, someDimensions, "narrowed") {
		filters = append(filters, v1alpha1.Filter{
			Dimension: dimension, Mode: one(r, []v1alpha1.FilterMode{"", "All", "Only", "Tagged", "Owned", "None"}, "mode"),
			Values: some(r, someValues, "of values"), Groups: some(r, someValues, "groups"), Default: one(r, []string{"", "a"}, "default"),
		})
	}
	return testkit.Filters(filters...)
}

// person is a profile and settings.
func (r random) person() testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		if r.maybe("profile") {
			u.Spec.Profile = &v1alpha1.Profile{
				Email: one(r, []string{"", "ann@shop.example", "ann@x.shop.example", "rubbish"}, "address"), Language: one(r, []string{"", "pl", "qq", "?"}, "language"),
			}
		}
		for _, name := range some(r, []string{"panel", "y"}, "set") {
			testkit.Setting(name, one(r, someValues, "to"))(u)
		}
	})
}

func (r random) aboutUser(in UserInput) UserInput {
	if r.maybe("taken address") {
		in.SameEmail = []types.NamespacedName{{Name: "bob"}}
	}
	for _, set := range some(r, someSets, "restricted") {
		in.Restricted = append(in.Restricted, HeldSet{Binding: "b", Set: set, Types: some(r, someTypes, "held by")})
	}
	if in.Office != nil {
		in.Surplus = some(r, []string{"b", "c"}, "surplus")
	}
	return in
}

func (r random) aboutBinding(in BindingInput) BindingInput {
	in.OldTypes, in.NewTypes = some(r, someTypes, "were held by"), some(r, someTypes, "are held by")
	for _, name := range some(r, []string{"ann", "bob", "eve"}, "typed") {
		in.Users = append(in.Users, TypedUser{name, one(r, someTypes, "its type")})
	}
	if in.Office != nil {
		in.Crowded = some(r, []string{"ann", "bob"}, "crowded")
	}
	return in
}
