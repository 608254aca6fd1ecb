// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The schema of filters", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace, testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}, v1alpha1.FilterDimension{Name: "sales-channels"})),
			testkit.Set("viewer", namespace))
	})

	only := func(values ...string) v1alpha1.Filter { return testkit.Only("entities", values...) }
	of := func(mode v1alpha1.FilterMode, change func(*v1alpha1.Filter)) v1alpha1.Filter {
		f := v1alpha1.Filter{Dimension: "entities", Mode: mode}
		if change != nil {
			change(&f)
		}
		return f
	}
	standard := func(value string) func(*v1alpha1.Filter) { return func(f *v1alpha1.Filter) { f.Default = value } }
	group := func(f *v1alpha1.Filter) { f.Groups = []string{personal} }
	tag := func(f *v1alpha1.Filter) { f.Tags = []string{personal} }
	value := func(f *v1alpha1.Filter) { f.Values = []string{personal} }
	readOnly := func(f *v1alpha1.Filter) { f.Access = v1alpha1.FilterReadOnly }
	many := func(n int) []string {
		var values []string
		for i := range n {
			values = append(values, fmt.Sprint("v", i))
		}
		return values
	}
	const belong, tags = ": Invalid value: values and groups belong to mode Only, which needs one of them", ".tags: Invalid value: tags belong to mode Tagged, which needs them"
	const defaults, access = ".default: Invalid value: a default belongs to modes All and Only", ".access: Invalid value: mode None lets nothing through: remove access"

	for kind, object := range map[string]func(...testkit.Mod) client.Object{
		"user": func(mods ...testkit.Mod) client.Object { return testkit.User("ann", namespace, mods...) },
		"binding": func(mods ...testkit.Mod) client.Object {
			return testkit.Binding("b", namespace, append(mods, testkit.ToSet("viewer"), testkit.ForUsers("ann"))...)
		},
	} {
		DescribeTable("of a "+kind+" refuses", func(ctx SpecContext, refused v1alpha1.Filter, message string, legal v1alpha1.Filter) {
			Expect(root().Create(ctx, object(testkit.Filters(refused)))).To(And(
				beRefused("spec.filters[0]"+message), WithTransform(error.Error, Not(ContainSubstring(personal)))))
			Expect(root().Create(ctx, object(testkit.Filters(legal)))).To(Succeed())
		},
			Entry("Only without values and groups", of("Only", nil), belong, of("Only", group)),
			Entry("values with All", of("All", value), belong, of("All", nil)),
			Entry("values with Tagged", of("Tagged", func(f *v1alpha1.Filter) { tag(f); value(f) }), belong, of("Tagged", tag)),
			Entry("groups with Owned", of("Owned", group), belong, of("Owned", nil)),
			Entry("values with None", of("None", value), belong, of("None", nil)),
			Entry("Tagged without tags", of("Tagged", nil), tags, of("Tagged", tag)),
			Entry("tags with All", of("All", tag), tags, of("All", readOnly)),
			Entry("a default with Owned", of("Owned", standard(personal)), defaults, of("Owned", readOnly)),
			Entry("a default with Tagged", of("Tagged", func(f *v1alpha1.Filter) { tag(f); f.Default = personal }), defaults, of("All", standard(personal))),
			Entry("a default with None", of("None", standard(personal)), defaults, of("All", standard(personal))),
			Entry("a default that is none of the values", of("Only", func(f *v1alpha1.Filter) { value(f); f.Default = personal + "s" }),
				".default: Invalid value: must be one of values", of("Only", func(f *v1alpha1.Filter) { value(f); group(f); f.Default = personal + "s" })),
			Entry("access with None", of("None", readOnly), access, of("Only", func(f *v1alpha1.Filter) { value(f); readOnly(f) })),
			Entry("a mode that nobody knows", of("Some", nil), `.mode: Unsupported value: "Some": supported values: "All", "Only", "Tagged", "Owned", "None"`, of("None", nil)),
			Entry("an access that nobody knows", of("All", func(f *v1alpha1.Filter) { f.Access = "Write" }), `.access: Unsupported value: "Write"`,
				of("All", func(f *v1alpha1.Filter) { f.Access = v1alpha1.FilterReadWrite })),
			Entry("a dimension that is no name", v1alpha1.Filter{Dimension: "Sales Channels", Mode: "All"}, ".dimension: Invalid value", testkit.Everything("sales-channels")),
			Entry("a value with control characters", only("a\nb"), ".values[0]: Invalid value", only("a b")),
			Entry("an empty value", only(""), ".values[0]: Invalid value", only("a")),
			Entry("a value twice", only("a", "a"), ".values[1]: Duplicate value", only("a", "A")),
			Entry("more than 256 values", only(many(257)...), ".values: Too many: 257: must have at most 256 items", only(many(256)...)),
			Entry("a value of more than 128 characters", only(strings.Repeat("x", 129)), ".values[0]: Too long: may not be more than 128", only(strings.Repeat("é", 128))),
		)

		It("has one for each dimension of a "+kind, func(ctx SpecContext) {
			Expect(root().Create(ctx, object(testkit.Filters(only("a"), testkit.Owned("entities"))))).To(beRefused("spec.filters[1]: Duplicate value"))
			Expect(root().Create(ctx, object(testkit.Filters(only("a"), testkit.Owned("sales-channels"))))).To(Succeed())
		})
	}

	It("holds for those of a delegation, too", func(ctx SpecContext) {
		narrow := func(f v1alpha1.Filter) client.Object {
			return testkit.Office("desk", namespace, testkit.Delegates(4, testkit.Person("lea")), testkit.Narrowed(f))
		}
		Expect(root().Create(ctx, narrow(of("Only", nil)))).To(beRefused("spec.rank.delegations[0].filters[0]" + belong))
		Expect(root().Create(ctx, narrow(only("a")))).To(Succeed())
	})
})
