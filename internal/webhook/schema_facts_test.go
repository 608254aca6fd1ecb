// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The schema of what a back office demands", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = testkit.FreshNamespace(ctx, env.Client()) })

	dimension := func(name string, values ...string) testkit.Mod {
		return testkit.Dimensions(v1alpha1.FilterDimension{Name: name, Values: values})
	}
	email := func(p v1alpha1.EmailPolicy) testkit.Mod {
		return testkit.Rules(func(rules *v1alpha1.Policy) { rules.Email = &p })
	}
	allowed := func(domains ...string) testkit.Mod { return email(v1alpha1.EmailPolicy{AllowedDomains: domains}) }
	denied := func(domains ...string) testkit.Mod { return email(v1alpha1.EmailPolicy{DeniedDomains: domains}) }
	setting := func(name string, values ...string) testkit.Mod {
		s := v1alpha1.Setting{Name: name}
		for _, value := range values {
			s.Values = append(s.Values, v1alpha1.SettingValue{Value: value})
		}
		return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Settings = append(o.Spec.Settings, s) })
	}
	forTypes := func(types ...v1alpha1.AccountType) testkit.Mod {
		return testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Settings = []v1alpha1.Setting{{Name: "panel", Values: []v1alpha1.SettingValue{{Value: "vendor", AccountTypes: types}}}}
		})
	}
	atMost := func(sets int32) testkit.Mod {
		return testkit.Rules(func(rules *v1alpha1.Policy) { rules.PermissionSetsPerUser = &sets })
	}
	rules := func(change func(*v1alpha1.Policy)) testkit.Mod { return testkit.Rules(change) }
	both := func(mods ...testkit.Mod) testkit.Mod {
		return testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			for _, mod := range mods {
				mod(o)
			}
		})
	}
	filtersRequired := rules(func(p *v1alpha1.Policy) { p.Filters = v1alpha1.DemandRequired })

	DescribeTable("refuses", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
		Expect(root().Create(ctx, shop(namespace, refused))).To(beRefused(message))
		Expect(root().Create(ctx, shop(namespace, legal))).To(Succeed())
	},
		Entry("filters that are required and cannot be written", filtersRequired,
			"spec.policy.filters: Invalid value: filters can be required only where spec.filterDimensions says which there are", both(filtersRequired, dimension("entities"))),
		Entry("a dimension that is no name", dimension("Sales Channels"), "spec.filterDimensions[0].name: Invalid value", dimension("sales-channels")),
		Entry("a dimension twice", both(dimension("a"), dimension("a")), "spec.filterDimensions[1]: Duplicate value", both(dimension("a"), dimension("b"))),
		Entry("a value of a dimension twice", dimension("a", "x", "x"), "spec.filterDimensions[0].values[1]: Duplicate value", dimension("a", "x", "y")),
		Entry("a domain with an at sign", allowed("@shop.example"), "spec.policy.email.allowedDomains[0]: Invalid value", allowed("shop.example")),
		Entry("a domain in capitals, which would never match", denied("Shop.example"), "spec.policy.email.deniedDomains[0]: Invalid value", denied("shop.example")),
		Entry("a domain that begins with a dot", denied(".shop.example"), "spec.policy.email.deniedDomains[0]: Invalid value", denied("x.shop.example")),
		Entry("a setting that is no name", setting("my panel"), "spec.settings[0].name: Invalid value", setting("my-panel")),
		Entry("a setting twice", both(setting("a"), setting("a")), "spec.settings[1]: Duplicate value", both(setting("a"), setting("A"))),
		Entry("a value of a setting twice", setting("a", "x", "x"), "spec.settings[0].values[1]: Duplicate value", setting("a", "x", "")),
		Entry("a setting for accounts of no known type", forTypes("Root"), `spec.settings[0].values[0].accountTypes[0]: Unsupported value: "Root"`, forTypes(v1alpha1.AccountStaff)),
		Entry("users without any set", atMost(0), "spec.policy.permissionSetsPerUser: Invalid value: 0", atMost(1)),
		Entry("a demand that is neither", rules(func(p *v1alpha1.Policy) { p.TwoFactor = "Maybe" }), `spec.policy.twoFactor: Unsupported value: "Maybe"`,
			rules(func(p *v1alpha1.Policy) { p.TwoFactor = v1alpha1.DemandOptional })),
		Entry("a reuse that is neither", rules(func(p *v1alpha1.Policy) { p.IdentityReuse = "Sometimes" }), `spec.policy.identityReuse: Unsupported value: "Sometimes"`,
			rules(func(p *v1alpha1.Policy) { p.IdentityReuse = v1alpha1.IdentityReuseNever })),
	)

	DescribeTable("refuses settings of a user with", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
		given(ctx, shop(namespace))
		Expect(root().Create(ctx, testkit.User("ann", namespace, refused))).To(beRefused(message))
		Expect(root().Create(ctx, testkit.User("ann", namespace, legal))).To(Succeed())
	},
		Entry("a name with a space", testkit.Setting("my panel", "x"), "spec.settings: Invalid value: names must be at most 63 letters, digits, '-', '_' or '.'", testkit.Setting("my.panel_1", "x")),
		Entry("a name that is too long", testkit.Setting(strings.Repeat("a", 64), "x"), "spec.settings: Invalid value: names must be at most 63", testkit.Setting(strings.Repeat("a", 63), "x")),
		Entry("a value with control characters", testkit.Setting("panel", "a\nb"), "spec.settings.panel: Invalid value", testkit.Setting("panel", "")),
		Entry("a value that is too long", testkit.Setting("panel", strings.Repeat("a", 257)), "spec.settings.panel: Too long: may not be more than 256", testkit.Setting("panel", strings.Repeat("é", 256))),
	)

	DescribeTable("refuses a set with", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
		given(ctx, shop(namespace))
		Expect(root().Create(ctx, testkit.Set("s", namespace, refused))).To(beRefused(message))
		Expect(root().Create(ctx, testkit.Set("s", namespace, legal))).To(Succeed())
	},
		Entry("an account type that nobody knows", testkit.HeldBy("Root"), `spec.accountTypes[0]: Unsupported value: "Root"`, testkit.HeldBy(v1alpha1.AccountStaff)),
		Entry("an account type twice", testkit.HeldBy(v1alpha1.AccountAPI, v1alpha1.AccountAPI), "spec.accountTypes[1]: Duplicate value", testkit.HeldBy(v1alpha1.AccountAPI, v1alpha1.AccountStaff)),
		Entry("a bypass of what is no dimension", testkit.Bypasses("Sales Channels"), "spec.bypassFilters[0]: Invalid value", testkit.Bypasses("sales-channels")),
		Entry("a bypass twice", testkit.Bypasses("a", "a"), "spec.bypassFilters[1]: Duplicate value", testkit.Bypasses("a", "b")),
		Entry("the permission that stands for all", testkit.Permissions("*"),
			"spec.permissions[0].path: Invalid value: * stands for everything in delegations and ceilings, and is no permission: list the paths", testkit.Permissions("orders")),
		Entry("a denial of what stands for all", testkit.Deny("orders", "*"),
			"spec.deny: Invalid value: * stands for everything in delegations and ceilings, and is no permission: list the paths", testkit.Deny("orders")),
	)
})
