// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("What a back office demands", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = testkit.FreshNamespace(ctx, env.Client()) })

	user := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", namespace, mods...) }
	entities := v1alpha1.FilterDimension{Name: "entities", DefaultRequired: true}
	channels := v1alpha1.FilterDimension{Name: "sales-channels", Values: []string{"web", "store"}}
	office := func() string { return " of BackOffice " + namespace + "/shop" }
	saying := func(text string) gomegatypes.GomegaMatcher {
		return And(beRefused(text+office()), WithTransform(error.Error, Not(ContainSubstring(personal))))
	}

	DescribeTable("of profiles is refused without repeating a value:", func(ctx SpecContext, change func(*v1alpha1.Policy), refused v1alpha1.Profile, message string, legal v1alpha1.Profile) {
		given(ctx, shop(namespace, testkit.Rules(change)))
		Expect(root().Create(ctx, user(testkit.Profile(refused)))).To(saying("spec.profile." + message))
		Expect(root().Create(ctx, user(testkit.Profile(legal)))).To(Succeed())
	},
		Entry("another domain than those", func(p *v1alpha1.Policy) {
			p.Email = &v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example", "desk.example"}}
		},
			v1alpha1.Profile{Email: "zoe@Quagmire.example"}, "email: Forbidden: the address must be in shop.example, desk.example, or below (spec.policy.email.allowedDomains",
			v1alpha1.Profile{Email: "zoe@PL.Desk.example"}),
		Entry("a domain that is denied", func(p *v1alpha1.Policy) { p.Email = &v1alpha1.EmailPolicy{DeniedDomains: []string{"mail.example"}} },
			v1alpha1.Profile{Email: "Quagmire@eu.mail.example"}, "email: Forbidden: the address may not be in mail.example, or below (spec.policy.email.deniedDomains",
			v1alpha1.Profile{Email: "zoe@shop.example"}),
		Entry("no address", func(p *v1alpha1.Policy) { p.Email = &v1alpha1.EmailPolicy{Required: true} },
			v1alpha1.Profile{FullName: personal}, "email: Required value: spec.policy.email.required", v1alpha1.Profile{Email: "zoe@shop.example"}),
		Entry("no telephone for the second factor", func(p *v1alpha1.Policy) { p.TwoFactor = v1alpha1.DemandRequired },
			v1alpha1.Profile{FullName: personal}, "phone: Required value: spec.policy.twoFactor", v1alpha1.Profile{Phone: "+48221234567"}),
	)

	It("refuses a language that is not registered, without repeating it", func(ctx SpecContext) {
		given(ctx, shop(namespace))
		speaking := func(tag string) testkit.Mod { return testkit.Profile(v1alpha1.Profile{Language: tag}) }
		Expect(root().Create(ctx, user(speaking("de-YX")))).To(And(beRefused("spec.profile.language: Invalid value: has the form of a language tag, but names a language, "+
			"script or region that is not registered"), WithTransform(error.Error, Not(ContainSubstring("YX")))))
		Expect(root().Create(ctx, user(speaking("de-AT")))).To(Succeed())
	})

	It("warns of an e-mail address that another user has, and repeats neither", func(ctx SpecContext) {
		given(ctx, shop(namespace), testkit.User("first", namespace, testkit.Email("Zoe@Quagmire.example")))
		admin := listening("root")
		Expect(admin.Create(ctx, user(testkit.Email("zoe@quagmire.EXAMPLE")))).To(Succeed())
		Expect(admin.warnings).To(Equal([]string{
			"spec.profile.email: the address is that of BackOfficeUser " + namespace + "/first; this user gets no access until that one is gone or has another",
		}))
	})

	It("refuses settings that are not listed, and repeats only values that are", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Settings = []v1alpha1.Setting{{Name: "panel", Values: []v1alpha1.SettingValue{
				{Value: "vendor"}, {Value: "white-label", AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff}},
			}}}
		})))
		api := testkit.AccountType(v1alpha1.AccountAPI)
		Expect(root().Create(ctx, user(testkit.Setting("panel", personal)))).To(saying(`spec.settings[panel]: Unsupported value: must be one of "vendor", "white-label" (spec.settings`))
		Expect(root().Create(ctx, user(testkit.Setting("panell", personal)))).To(And(
			saying(`spec.settings[panell]: Unsupported value: "panell" is not among spec.settings`), beRefused("did you mean panel?")))
		Expect(root().Create(ctx, user(api, testkit.Setting("panel", "white-label")))).To(saying(
			`spec.settings[panel]: Unsupported value: "white-label" is for accounts of type Staff, and this one is of type API (spec.settings`))
		ann := user(testkit.Setting("panel", "white-label"))
		given(ctx, ann)
		Expect(root().Update(ctx, changed(ann, api))).To(saying(`spec.settings[panel]: Unsupported value: "white-label" is for accounts of type Staff` + ", and this one is of type API (spec.settings"))
		Expect(root().Update(ctx, changed(ann, api, testkit.Setting("panel", "vendor")))).To(Succeed())
	})

	It("refuses filters of dimensions and values that there are not, of users and bindings", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.Dimensions(entities, channels)), testkit.Set("viewer", namespace))
		binding := func(filters ...v1alpha1.Filter) *v1alpha1.RoleBinding {
			return testkit.Binding("b", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Filters(filters...))
		}
		wrong := []v1alpha1.Filter{testkit.Owned("entitys"), testkit.Only("sales-channels", "web", "stroe"), testkit.Only("entities", "a", "b")}
		problems := []string{
			`spec.filters[0].dimension: Unsupported value: "entitys" is not among spec.filterDimensions` + office() + "; did you mean entities?",
			`spec.filters[1].values[1]: Unsupported value: sales-channels has no "stroe" by spec.filterDimensions` + office() + "; did you mean store?",
			"spec.filters[2].default: Required value: this lets several entities through, and defaultRequired in spec.filterDimensions" + office() +
				" demands the one with which the user begins",
		}
		Expect(root().Create(ctx, user(testkit.Filters(wrong...)))).To(beRefused(problems...))
		Expect(root().Create(ctx, binding(wrong...))).To(beRefused(problems...))
		right := []v1alpha1.Filter{testkit.Only("entities", "a"), testkit.Only("sales-channels", "web", "store")}
		Expect(root().Create(ctx, user(testkit.Filters(right...)))).To(Succeed())
		Expect(root().Create(ctx, binding(right...))).To(Succeed())
	})

	It("warns of filters that let all through, once", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.Dimensions(entities)), testkit.Set("viewer", namespace))
		const warning = "spec.filters[0].mode: mode All reaches all entities: make sure that this is meant"
		admin := listening("root")
		ann := user(testkit.Filters(testkit.Everything("entities")))
		Expect(admin.Create(ctx, ann)).To(Succeed())
		Expect(admin.Create(ctx, testkit.Binding("b", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Filters(testkit.Everything("entities"))))).To(Succeed())
		Expect(admin.warnings).To(Equal([]string{warning, warning}))
		known(ctx, ann)
		Expect(admin.Update(ctx, changed(ann, testkit.State(v1alpha1.StateBlocked)))).To(Succeed())
		Expect(admin.warnings).To(HaveLen(2))
	})

	It("lets users without filters pass with a warning where filters are required", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.Dimensions(entities), testkit.Rules(func(p *v1alpha1.Policy) { p.Filters = v1alpha1.DemandRequired })))
		admin := listening("root")
		Expect(admin.Create(ctx, user())).To(Succeed())
		Expect(admin.warnings).To(Equal([]string{
			"spec.filters: spec.policy.filters" + office() + " demands filters: the account stays blocked until it has one",
		}))
		Expect(admin.Create(ctx, testkit.User("bob", namespace, testkit.Filters(testkit.Only("entities", "a"))))).To(Succeed())
		Expect(admin.warnings).To(HaveLen(1))
	})

	It("refuses grants and denials of a binding that are not in the catalogue", Label("O-07"), func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.Catalog("ROLE_ORDER_READ")), testkit.Set("viewer", namespace))
		binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
			return testkit.Binding("b", namespace, append(mods, testkit.ToSet("viewer"), testkit.ForUsers("ann"))...)
		}
		Expect(root().Create(ctx, binding(testkit.Grants("ROLE_ORDER_REED"), testkit.Denies("stock")))).To(beRefused(
			"spec.grants[0].path: Unsupported value: ROLE_ORDER_REED is not in the catalogue"+office()+"; did you mean ROLE_ORDER_READ?",
			"spec.deny[0]: Unsupported value: stock is not in the catalogue"+office()))
		Expect(root().Create(ctx, binding(testkit.Grants("ROLE_ORDER_READ")))).To(Succeed())
	})

	It("refuses named users who may not hold a set by their account type, and warns of selected ones", func(ctx SpecContext) {
		api := testkit.AccountType(v1alpha1.AccountAPI)
		given(ctx, shop(namespace), testkit.Set("desk", namespace, testkit.HeldBy(v1alpha1.AccountStaff)), testkit.Set("heir", namespace, testkit.Extends("desk")),
			testkit.User("bot", namespace, api, testkit.Labels("team", "x")), testkit.User("ann", namespace, testkit.Labels("team", "x")))
		binding := func(name string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
			return testkit.Binding(name, namespace, append(mods, testkit.ToSet("heir"))...)
		}
		heir := "set " + namespace + "/heir may be held by accounts of type Staff, and "
		Expect(root().Create(ctx, binding("b", testkit.ForUsers("ann", "bot")))).To(beRefused(
			"spec.subjects: Forbidden: " + heir + "not by bot (API): remove them, or bind a set that they may hold"))
		admin := listening("root")
		selecting := binding("b", testkit.ForUsers("ann", "later"), testkit.ForLabels("team", "x"))
		Expect(admin.Create(ctx, selecting)).To(Succeed())
		Expect(admin.warnings).To(ConsistOf(
			ContainSubstring("spec.subjects[later]"), "spec.selector: "+heir+"not by bot (API), who do not get it"))
		known(ctx, selecting)

		admin.warnings = nil
		Expect(admin.Create(ctx, testkit.User("later", namespace, api))).To(Succeed())
		Expect(admin.warnings).To(Equal([]string{"spec.accountType: " + heir + "this one is of type API: it does not get what binding b hands out"}))
	})

	It("warns of more sets than a user may hold", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.Rules(func(p *v1alpha1.Policy) { p.PermissionSetsPerUser = new(int32(1)) })),
			testkit.Set("a", namespace), testkit.Set("b", namespace), user(),
			testkit.Binding("first", namespace, testkit.ToSet("a"), testkit.ForUsers("ann"), testkit.ForLabels("team", "x")))
		admin := listening("root")
		second := testkit.Binding("second", namespace, testkit.ToSet("b"), testkit.ForUsers("ann"), testkit.ForLabels("team", "x"))
		Expect(admin.Create(ctx, second)).To(Succeed())
		limit := "spec: spec.policy.permissionSetsPerUser" + office() + " permits 1: "
		Expect(admin.warnings).To(ConsistOf(limit + "with this, ann would hold more, and what their youngest bindings hand out is withheld from them until another binding goes"))
		known(ctx, second)
		admin.warnings = nil
		Expect(admin.Create(ctx, testkit.User("bob", namespace, testkit.Labels("team", "x")))).To(Succeed())
		Expect(admin.warnings).To(ConsistOf(
			MatchRegexp(limit+"what bindings (first|second) hand out is withheld from this user until another binding goes")), "of the same second the UID decides")
	})
})
