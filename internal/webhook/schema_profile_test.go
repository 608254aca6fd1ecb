// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// personal is part of every personal value of these specs. No answer may repeat it.
const personal = "Quagmire"

var _ = Describe("The schema of a profile", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace))
	})

	withoutValue := func(message string) OmegaMatcher {
		return And(beRefused(message), WithTransform(error.Error, Not(ContainSubstring(personal))))
	}

	DescribeTable("refuses, without repeating it,", func(ctx SpecContext, refused v1alpha1.Profile, message string, legal v1alpha1.Profile) {
		Expect(root().Create(ctx, testkit.User("ann", namespace, testkit.Profile(refused)))).To(withoutValue("spec.profile." + message))
		Expect(root().Create(ctx, testkit.User("ann", namespace, testkit.Profile(legal)))).To(Succeed())
	},
		Entry("control characters in a full name", v1alpha1.Profile{FullName: personal + "\t"},
			"fullName: Invalid value: may not be empty or hold control characters", v1alpha1.Profile{FullName: "Zoë Ångström"}),
		Entry("control characters in a first name", v1alpha1.Profile{FirstName: personal + "\n"},
			"firstName: Invalid value: may not be empty or hold control characters", v1alpha1.Profile{FirstName: "Zoë"}),
		Entry("control characters in a last name", v1alpha1.Profile{LastName: personal + "\u0085"},
			"lastName: Invalid value: may not be empty or hold control characters", v1alpha1.Profile{LastName: "Ångström"}),
		Entry("an address without domain", v1alpha1.Profile{Email: personal},
			"email: Invalid value: must be an e-mail address such as name@shop.example, in printable ASCII without spaces", v1alpha1.Profile{Email: "zoe+shop@shop.example"}),
		Entry("an address in a domain of one label", v1alpha1.Profile{Email: personal + "@localhost"},
			"email: Invalid value: must be an e-mail address", v1alpha1.Profile{Email: "zoe@a.b"}),
		Entry("two addresses", v1alpha1.Profile{Email: personal + "@shop.example@shop.example"},
			"email: Invalid value: must be an e-mail address", v1alpha1.Profile{Email: "a.b-c_d'e@shop.example"}),
		Entry("a list of addresses", v1alpha1.Profile{Email: personal + "@shop.example, zoe@shop.example"},
			"email: Invalid value: must be an e-mail address", v1alpha1.Profile{Email: "zoe@x-1.shop.example"}),
		Entry("an address with a name", v1alpha1.Profile{Email: "Zoe <" + personal + "@shop.example>"},
			"email: Invalid value: must be an e-mail address", v1alpha1.Profile{Email: "Zoe@Shop.example"}),
		Entry("an address in another script", v1alpha1.Profile{Email: personal + "@wäsche.example"},
			"email: Invalid value: must be an e-mail address such as name@shop.example, in printable ASCII without spaces; write an international domain as A-labels (xn--…)",
			v1alpha1.Profile{Email: "zoe@xn--wsche-gra.example"}),
		Entry("a domain whose label ends in a hyphen", v1alpha1.Profile{Email: personal + "@shop-.example"},
			"email: Invalid value: must be an e-mail address", v1alpha1.Profile{Email: "zoe@sh-op.example"}),
		Entry("a local part of more than 64 characters", v1alpha1.Profile{Email: personal + strings.Repeat("x", 57) + "@shop.example"},
			"email: Invalid value: must be an e-mail address", v1alpha1.Profile{Email: strings.Repeat("x", 64) + "@shop.example"}),
		Entry("an address of more than 254 characters", v1alpha1.Profile{Email: personal + "@" + strings.Repeat("a.", 122) + "pl"},
			"email: Too long: may not be more than 254", v1alpha1.Profile{Email: "zoe@" + strings.Repeat("a.", 124) + "pl"}),
		Entry("a telephone number without its dialling code", v1alpha1.Profile{Phone: personal},
			"phone: Invalid value: must be a telephone number by E.164: + and the dialling code, then digits alone, at most 15, such as +48221234567", v1alpha1.Profile{Phone: "+48221234567"}),
		Entry("a telephone number that begins with zero", v1alpha1.Profile{Phone: "+0" + personal},
			"phone: Invalid value: must be a telephone number", v1alpha1.Profile{Phone: "+123456789012345"}),
		Entry("a telephone number with an extension", v1alpha1.Profile{Phone: "+4822x" + personal},
			"phone: Invalid value: must be a telephone number", v1alpha1.Profile{Phone: "+12"}),
		Entry("a telephone number of 16 digits", v1alpha1.Profile{Phone: "+1234567890123456"},
			"phone: Too long: may not be more than 16", v1alpha1.Profile{Phone: "+123456789012345"}),
		Entry("what is no language tag", v1alpha1.Profile{Language: personal},
			"language: Invalid value: must be a language tag by BCP 47, such as pl, de-AT or zh-Hant", v1alpha1.Profile{Language: "zh-Hant"}),
		Entry("a language with an underscore", v1alpha1.Profile{Language: "de_" + personal},
			"language: Invalid value: must be a language tag", v1alpha1.Profile{Language: "de-AT"}),
		Entry("a gender that is none of those", v1alpha1.Profile{Gender: personal},
			"gender: Invalid value: must be Female, Male or Other; leave it out where it is not told", v1alpha1.Profile{Gender: v1alpha1.GenderOther}),
		Entry("a picture that is no URL", v1alpha1.Profile{PictureURL: personal},
			"pictureURL: Invalid value: must be an https URL with a host and without a user, such as https://shop.example/pictures/1.png",
			v1alpha1.Profile{PictureURL: "https://shop.example/pictures/1.png?x=1"}),
		Entry("a picture without encryption", v1alpha1.Profile{PictureURL: "http://shop.example/" + personal},
			"pictureURL: Invalid value: must be an https URL", v1alpha1.Profile{PictureURL: "https://shop.example"}),
		Entry("a picture that is a script", v1alpha1.Profile{PictureURL: "javascript:alert('" + personal + "')"},
			"pictureURL: Invalid value: must be an https URL", v1alpha1.Profile{PictureURL: "https://shop.example/"}),
		Entry("a picture that is data", v1alpha1.Profile{PictureURL: "data:image/png;base64," + personal},
			"pictureURL: Invalid value: must be an https URL", v1alpha1.Profile{PictureURL: "https://shop.example:8443/1.png"}),
		Entry("a picture without a host", v1alpha1.Profile{PictureURL: "https:///" + personal},
			"pictureURL: Invalid value: must be an https URL", v1alpha1.Profile{PictureURL: "https://[2001:db8::1]/1.png"}),
		Entry("a picture with a password", v1alpha1.Profile{PictureURL: "https://ann:" + personal + "@shop.example/1.png"},
			"pictureURL: Invalid value: must be an https URL with a host and without a user", v1alpha1.Profile{PictureURL: "https://shop.example/ann/1.png"}),
		Entry("a first name of more than 128 characters", v1alpha1.Profile{FirstName: strings.Repeat(personal, 17)},
			"firstName: Too long: may not be more than 128", v1alpha1.Profile{FirstName: strings.Repeat("é", 128)}),
		Entry("a last name of more than 128 characters", v1alpha1.Profile{LastName: strings.Repeat(personal, 17)},
			"lastName: Too long: may not be more than 128", v1alpha1.Profile{LastName: strings.Repeat("é", 128)}),
		Entry("a full name of more than 256 characters", v1alpha1.Profile{FullName: strings.Repeat(personal, 33)},
			"fullName: Too long: may not be more than 256", v1alpha1.Profile{FullName: strings.Repeat("é", 256)}),
		Entry("a language tag of more than 35 characters", v1alpha1.Profile{Language: "de-" + strings.Repeat(personal, 4) + "x"},
			"language: Too long: may not be more than 35", v1alpha1.Profile{Language: "de-Latn-AT-1996"}),
		Entry("a picture of more than 1,024 characters", v1alpha1.Profile{PictureURL: "https://shop.example/" + strings.Repeat(personal, 128)},
			"pictureURL: Too long: may not be more than 1024", v1alpha1.Profile{PictureURL: "https://shop.example/" + strings.Repeat("a", 1003)}),
	)

	DescribeTable("refuses an empty", func(ctx SpecContext, field, message string) {
		u := testkit.User("ann", namespace)
		raw := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
			"backOfficeRef": map[string]any{"name": u.Spec.BackOfficeRef.Name}, "profile": map[string]any{field: "", "fullName": personal},
		}}}
		if field == "fullName" {
			Expect(unstructured.SetNestedField(raw.Object, "", "spec", "profile", field)).To(Succeed())
		}
		raw.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BackOfficeUser"))
		raw.SetName("ann")
		raw.SetNamespace(namespace)
		Expect(root().Create(ctx, raw)).To(withoutValue("spec.profile." + field + ": Invalid value: " + message))
	},
		Entry("full name", "fullName", "may not be empty"), Entry("first name", "firstName", "may not be empty"), Entry("last name", "lastName", "may not be empty"),
		Entry("address", "email", "must be an e-mail address"), Entry("telephone number", "phone", "must be a telephone number"),
		Entry("language", "language", "must be a language tag"), Entry("gender", "gender", "must be Female, Male or Other"),
		Entry("picture", "pictureURL", "must be an https URL"),
	)

	It("refuses on a change, too, and names all that is wrong at once", func(ctx SpecContext) {
		ann := testkit.User("ann", namespace, testkit.Profile(v1alpha1.Profile{FullName: personal, Email: "zoe@shop.example"}))
		given(ctx, ann)
		Expect(root().Update(ctx, changed(ann, testkit.Profile(v1alpha1.Profile{FirstName: personal + "\x01", Email: personal, Gender: personal, Phone: personal})))).To(And(
			withoutValue("spec.profile.firstName"), withoutValue("spec.profile.email"), withoutValue("spec.profile.gender"), withoutValue("spec.profile.phone")))
	})

	It("does not repeat a value of another type", func(ctx SpecContext) {
		raw := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
			"backOfficeRef": map[string]any{"name": "shop"}, "profile": map[string]any{"fullName": map[string]any{"first": personal}},
		}}}
		raw.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BackOfficeUser"))
		raw.SetName("ann")
		raw.SetNamespace(namespace)
		err := root().Create(ctx, raw)
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).NotTo(ContainSubstring(personal))
		Expect(err.(interface{ Status() metav1.Status }).Status().Code).To(BeNumerically(">=", 400))
	})
})
