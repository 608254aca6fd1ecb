// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// panels is a back office that lists settings.
var panels = office(testkit.OnOffice(func(o *v1alpha1.BackOffice) {
	o.Spec.Settings = []v1alpha1.Setting{
		{Name: "panel", Values: []v1alpha1.SettingValue{
			{Value: "vendor"}, {Value: "white-label", AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAffiliate}},
		}},
		{Name: "till", Values: []v1alpha1.SettingValue{{Value: "open", AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStoreApp}}}},
		{Name: "note"},
	}
}))

func TestSettingsKnown(t *testing.T) {
	set := func(mods ...testkit.Mod) UserInput {
		return UserInput{New: testkit.User("ann", "shop", mods...), Office: panels}
	}
	refused := func(name, message string) []string {
		return []string{"Refuse SettingUnknown spec.settings[" + name + "]: Unsupported value: " + message}
	}
	const listedIn = "spec.settings of BackOffice shop/shop"
	api := testkit.AccountType(v1alpha1.AccountAPI)
	ruleCases[UserInput]{
		"none are needed":                            {set(), nil},
		"any where they are not listed":              {UserInput{New: testkit.User("ann", "shop", testkit.Setting("x", "y")), Office: office()}, nil},
		"any where there is no back office":          {UserInput{New: testkit.User("ann", "shop", testkit.Setting("x", "y"))}, nil},
		"a listed value":                             {set(testkit.Setting("panel", "vendor")), nil},
		"any value of a setting without a list":      {set(testkit.Setting("note", "whatever")), nil},
		"a value for this account type":              {set(testkit.Setting("panel", "white-label")), nil},
		"a value for other account types":            {set(api, testkit.Setting("panel", "white-label")), refused("panel", `"white-label" is for accounts of type Staff, Affiliate, and this one is of type API (`+listedIn+")")},
		"a value that is not listed is not repeated": {set(testkit.Setting("panel", "secret-text")), refused("panel", `must be one of "vendor", "white-label" (`+listedIn+")")},
		"what other types may have is not proposed":  {set(api, testkit.Setting("panel", "secret-text")), refused("panel", `must be one of "vendor" (`+listedIn+")")},
		"a setting that has no value for this type":  {set(testkit.Setting("till", "secret-text")), refused("till", "no value is for accounts of type Staff: remove the setting ("+listedIn+")")},
		"an unknown name has a nearest":              {set(testkit.Setting("panell", "secret-text")), refused("panell", `"panell" is not among `+listedIn+"; did you mean panel?")},
		"all that is wrong is said, by name": {set(testkit.Setting("x-ray", "1"), testkit.Setting("panel", "2")), append(
			refused("panel", `must be one of "vendor", "white-label" (`+listedIn+")"), refused("x-ray", `"x-ray" is not among `+listedIn)...)},
	}.run(t, SettingsKnown)
}

func TestSettingsGetWorseByAnotherValueOrAccountType(t *testing.T) {
	g := NewWithT(t)
	user := func(t v1alpha1.AccountType, value string) *v1alpha1.BackOfficeUser {
		return testkit.User("ann", "shop", testkit.AccountType(t), testkit.Setting("panel", value))
	}
	judged := func(old, obj *v1alpha1.BackOfficeUser) []string {
		return findings(changed(SettingsKnown)(UserInput{Old: old, New: obj, Office: panels}))
	}
	was := user(v1alpha1.AccountStaff, "white-label")
	g.Expect(judged(was, was)).To(BeEmpty())
	g.Expect(judged(was, user(v1alpha1.AccountAPI, "white-label"))).To(Equal([]string{"Refuse SettingUnknown spec.settings[panel]"}))
	bad := user(v1alpha1.AccountStaff, "bad")
	g.Expect(judged(bad, bad)).To(Equal([]string{"Warn SettingUnknown spec.settings[panel]"}))
	g.Expect(judged(bad, user(v1alpha1.AccountStaff, "worse"))).To(Equal([]string{"Refuse SettingUnknown spec.settings[panel]"}))
}
