// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The panel that somebody uses", Label("H-04"), func() {
	It("is the vendor's or a white-label one, and the vendor's for administrators", func() {
		namespace := shop(testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Settings = officeOf("hosting").Spec.Settings }))
		panel := func(login string) string {
			rows := query(namespace, "SELECT settings FROM active_users WHERE login = $1", login)
			if len(rows) == 0 {
				return "nobody"
			}
			return rows[0][0]
		}
		ulf := testkit.User("ulf", namespace, testkit.Setting("panel", "white-label"))
		eva := testkit.User("eva", namespace, testkit.Setting("panel", "vendor"))
		ada := testkit.User("ada", namespace, isAdministrator(), testkit.Setting("panel", "vendor"))
		given(ulf, eva, ada, testkit.User("bob", namespace))
		Expect(panel("ulf")).To(MatchJSON(`{"panel": "white-label"}`))
		Expect(panel("eva")).To(MatchJSON(`{"panel": "vendor"}`))
		Expect(panel("ada")).To(MatchJSON(`{"panel": "vendor"}`))
		Expect(panel("bob")).To(MatchJSON(`{}`))

		By("as somebody chooses")
		Expect(change(root(), ulf, testkit.Setting("panel", "vendor"))).To(Succeed())
		Eventually(func() string { return panel("ulf") }, soon, often).Should(MatchJSON(`{"panel": "vendor"}`))
		Expect(change(root(), ulf, testkit.Setting("panel", "white-label"))).To(Succeed())
		Eventually(func() string { return panel("ulf") }, soon, often).Should(MatchJSON(`{"panel": "white-label"}`))

		By("not white-label for an administrator, in whatever order, and nothing that there is not")
		Expect(change(root(), ada, testkit.Setting("panel", "white-label"))).To(refuse("spec.settings", "white-label", "Administrator"))
		Expect(change(root(), ulf, isAdministrator())).To(refuse("spec.settings", "Administrator"))
		Expect(root().Create(ctx, testkit.User("amy", namespace, isAdministrator(), testkit.Setting("panel", "white-label")))).To(refuse("spec.settings"))
		Expect(root().Create(ctx, testkit.User("amy", namespace, testkit.Setting("panel", "pink")))).To(refuse("spec.settings", "vendor", "white-label"))
		Expect(root().Create(ctx, testkit.User("amy", namespace, testkit.Setting("colour", "pink")))).To(refuse("spec.settings", "colour"))
		Consistently(func() string { return panel("ada") }, while, often).Should(MatchJSON(`{"panel": "vendor"}`))

		By("and a panel that is given up is nobody's any more")
		Expect(change(root(), testkit.Office("shop", namespace), testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Settings[0].Values = slices.DeleteFunc(o.Spec.Settings[0].Values, func(v v1alpha1.SettingValue) bool { return v.Value == "white-label" })
		}))).To(Succeed())
		eventually(ulf, notReady(v1alpha1.ReasonSettingUnknown))
		Expect(panel("ulf")).To(Equal("nobody"))
		Expect(panel("eva")).To(MatchJSON(`{"panel": "vendor"}`))
	})
})

// onProducts narrows to some products.
func onProducts(f v1alpha1.Filter) testkit.Mod {
	f.Dimension = "products"
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = []v1alpha1.Filter{f} })
}

// products declares the dimension of a hosting panel.
func products() testkit.Mod { return testkit.Dimensions(v1alpha1.FilterDimension{Name: "products"}) }

var _ = Describe("Technical access", func() {
	It("is as the sample has it", Label("H-07"), func() {
		namespace := installed("hosting")
		for login, want := range map[string]string{
			"adele.king":    "Write products All ReadWrite [] [] []",
			"anton.maier":   `Write products Only ReadWrite [] ["dedicated-servers"] []`,
			"tara.olsen":    "Write products All ReadWrite [] [] []",
			"timo.virtanen": `Write products Only ReadWrite ["vps-1","vps-2"] ["web-hosting"] []`,
			"tessa.brandt":  `Write products Tagged ReadWrite [] [] ["staging"]`,
			"tobias.roth":   "Write products None ReadWrite [] [] []",
		} {
			narrowed(namespace, login, "technical", want)
		}
		Expect(data(namespace, "fiona.lopez", "technical")).To(BeEmpty())
	})

	It("is to all products, to some, to groups of them, to those with a tag, or to none", Label("H-07"), func() {
		namespace := shop(products())
		ulf := testkit.User("ulf", namespace, onProducts(v1alpha1.Filter{Mode: v1alpha1.FilterNone}))
		given(testkit.Set("technical", namespace, testkit.Permissions("technical=Write", "profile=Write")), ulf,
			testkit.Binding("technical", namespace, testkit.ToSet("technical"), testkit.ForUsers("ulf")))
		narrowed(namespace, "ulf", "technical", "Write products None ReadWrite [] [] []")
		for _, step := range []struct {
			filter v1alpha1.Filter
			want   string
		}{
			{v1alpha1.Filter{Mode: v1alpha1.FilterAll}, "Write products All ReadWrite [] [] []"},
			{testkit.Only("", "shop.example", "blog.example"), `Write products Only ReadWrite ["blog.example","shop.example"] [] []`},
			{v1alpha1.Filter{Mode: v1alpha1.FilterOnly, Groups: []string{"mail"}}, `Write products Only ReadWrite [] ["mail"] []`},
			{v1alpha1.Filter{Mode: v1alpha1.FilterOnly, Groups: []string{"mail"}, Values: []string{"shop.example"}}, `Write products Only ReadWrite ["shop.example"] ["mail"] []`},
			{testkit.Tagged("", "customer-7"), `Write products Tagged ReadWrite [] [] ["customer-7"]`},
			{v1alpha1.Filter{Mode: v1alpha1.FilterNone}, "Write products None ReadWrite [] [] []"},
		} {
			Expect(change(root(), ulf, onProducts(step.filter))).To(Succeed())
			narrowed(namespace, "ulf", "technical", step.want)
			narrowed(namespace, "ulf", "profile", step.want)
		}

		By("of this grant alone, where its binding says it")
		Expect(change(root(), ulf, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = nil }))).To(Succeed())
		Expect(change(root(), testkit.Binding("technical", namespace), testkit.Filters(testkit.Tagged("products", "customer-7")))).To(Succeed())
		given(testkit.Set("billing", namespace, testkit.Permissions("invoices")),
			testkit.Binding("billing", namespace, testkit.ToSet("billing"), testkit.ForUsers("ulf")))
		narrowed(namespace, "ulf", "technical", `Write products Tagged ReadWrite [] [] ["customer-7"]`)
		narrowed(namespace, "ulf", "invoices", "Read products All ReadWrite [] [] []")

		By("a filter that says two things, or nothing, is refused")
		for text, filter := range map[string]v1alpha1.Filter{
			"values and groups belong to mode Only, which needs one of them": {Mode: v1alpha1.FilterOnly},
			"tags belong to mode Tagged, which needs them":                   {Mode: v1alpha1.FilterTagged},
			"spec.filters[0].dimension":                                      {Mode: v1alpha1.FilterAll, Dimension: "domains"},
		} {
			wrong := testkit.Filters(filter)
			if filter.Dimension == "" {
				wrong = onProducts(filter)
			}
			Expect(root().Create(ctx, testkit.User("amy", namespace, wrong))).To(refuse(text))
		}
	})

	It("to all products is warned of, by what kubectl prints", Label("H-08"), func() {
		namespace := shop(products())
		given(testkit.Set("technical", namespace, testkit.Permissions("technical=Write")))
		c, warnings := listening("root", owners)
		const warning = "reaches all products"
		all := v1alpha1.Filter{Mode: v1alpha1.FilterAll}

		By("whoever is created with it")
		ulf := testkit.User("ulf", namespace, onProducts(all))
		Expect(c.Create(ctx, ulf)).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring(warning))
		eventually(ulf, beReady())

		By("nobody who has less, and not again for what stays as it was")
		eva := testkit.User("eva", namespace, onProducts(testkit.Only("", "shop.example")))
		Expect(c.Create(ctx, eva)).To(Succeed())
		Expect(c.Patch(ctx, ulf, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"description":"Runs it."}}`)))).To(Succeed())
		Expect(warnings.heard()).NotTo(ContainSubstring(warning))

		By("whoever comes to it, and a binding with it")
		Expect(c.Patch(ctx, eva, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"filters":[{"dimension":"products","mode":"All"}]}}`)))).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring(warning))
		Expect(c.Create(ctx, testkit.Binding("technical", namespace, testkit.ToSet("technical"), testkit.ForUsers("ulf"),
			testkit.Filters(testkit.Everything("products"))))).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring(warning))

		By("as people see it")
		Expect(change(root(), testkit.Office("shop", namespace), testkit.Delegates(1, testkit.Person("lea")))).To(Succeed())
		manifest := fmt.Sprintf(`{apiVersion: access.backoffice-operator.io/v1alpha1, kind: BackOfficeUser, metadata: {name: amy, namespace: %s},
			spec: {backOfficeRef: {name: shop}, filters: [{dimension: products, mode: All}]}}`, namespace)
		Eventually(func() string { return apply("lea", manifest) }, soon, "200ms").Should(And(
			MatchRegexp(`(?m)^Warning: spec\.filters.*`+warning), ContainSubstring("backofficeuser.access.backoffice-operator.io/amy created")))
	})
})
