// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The schema of a BackOfficeUser", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace))
	})

	onProfile := func(name string) testkit.Mod {
		return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Profile = &v1alpha1.Profile{FullName: name} })
	}
	description := func(text string) testkit.Mod {
		return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Description = text })
	}
	secretName := func(name string) testkit.Mod {
		return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Credentials = &v1alpha1.UserCredentials{SecretName: name} })
	}

	DescribeTable("refuses", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
		Expect(root().Create(ctx, testkit.User("ann", namespace, onProfile(canary), refused))).To(beRefused(message))
		Expect(root().Create(ctx, testkit.User("ann", namespace, onProfile(canary), legal))).To(Succeed())
	},
		Entry("several addresses in one entry, and shows the list to write", Label("T-07"),
			testkit.IPs("203.0.113.7, 203.0.113.8,203.0.113.0/28"), `spec.allowedIPs[0]: Invalid value: "203.0.113.7, 203.0.113.8,203.0.113.0/28": must be one address or network an entry; write ["203.0.113.7", "203.0.113.8", "203.0.113.0/28"]`,
			testkit.IPs("203.0.113.7", "203.0.113.8", "203.0.113.0/28")),
		Entry("what is neither address nor network",
			testkit.IPs("office"), `spec.allowedIPs[0]: Invalid value: "office": must be an IP address such as 203.0.113.7, a network such as 203.0.113.0/28, or "*"`,
			testkit.IPs("2001:db8::1")),
		Entry("an address with leading zeros, which others read as octal",
			testkit.IPs("203.0.113.007"), `spec.allowedIPs[0]: Invalid value: "203.0.113.007": must be an IP address`,
			testkit.IPs("203.0.113.7")),
		Entry("an IPv4 address in IPv6",
			testkit.IPs("::ffff:203.0.113.7"), `spec.allowedIPs[0]: Invalid value: "::ffff:203.0.113.7": must be an IP address`,
			testkit.IPs("203.0.113.7")),
		Entry("a network with host bits",
			testkit.IPs("203.0.113.7/28"), `spec.allowedIPs[0]: Invalid value: "203.0.113.7/28": must be a network without host bits`,
			testkit.IPs("203.0.113.0/28")),
		Entry(`"*" together with others`, Label("T-08"),
			testkit.IPs("*", "203.0.113.7"), `spec.allowedIPs: Invalid value: "*" means no restriction and must stand alone: remove it or the other entries`,
			testkit.IPs("*")),
		Entry("more than 64 networks",
			testkit.IPs(addresses(65)...), "spec.allowedIPs: Too many: 65: must have at most 64 items",
			testkit.IPs(addresses(64)...)),
		Entry("the same network twice",
			testkit.IPs("203.0.113.7", "203.0.113.7"), "spec.allowedIPs[1]: Duplicate value",
			testkit.IPs("203.0.113.7")),
		Entry("a login with a space",
			testkit.Login("ann martin"), "spec.login: Invalid value",
			testkit.Login("ann.martin")),
		Entry("a login that is not ASCII",
			testkit.Login("änn"), "spec.login: Invalid value",
			testkit.Login("ann")),
		Entry("an account type that nobody knows",
			testkit.AccountType("Root"), `spec.accountType: Unsupported value: "Root": supported values: "Staff", "Administrator", "Affiliate", "StoreApp", "API"`,
			testkit.AccountType(v1alpha1.AccountStoreApp)),
		Entry("a state that nobody knows",
			testkit.State("Asleep"), `spec.state: Unsupported value: "Asleep"`,
			testkit.State(v1alpha1.StateBlocked)),
		Entry("control characters in a name, without repeating it",
			onProfile(canary+"\x00"), "spec.profile.fullName: Invalid value: may not be empty or hold control characters",
			onProfile(canary)),
		Entry("a description of more than 1,024 characters", Label("T-09"),
			description(strings.Repeat("x", 1025)), "spec.description: Too long: may not be more than 1024",
			description(strings.Repeat("é", 1024))),
		Entry("a description with control characters",
			description("a\nb"), "spec.description: Invalid value",
			description("a b")),
		Entry("a Secret's name that cannot be one",
			secretName("Ann"), "spec.credentials.secretName: Invalid value",
			secretName("ann")),
	)

	It("refuses a full name that is too long without repeating it", func(ctx SpecContext) {
		Expect(root().Create(ctx, testkit.User("ann", namespace, onProfile(strings.Repeat(canary, 20))))).To(beRefused("spec.profile.fullName: Too long"))
	})

	It("refuses a name that leaves no room for the Secret's, unless that is given", func(ctx SpecContext) {
		long := strings.Repeat("a", 242)
		Expect(root().Create(ctx, testkit.User(long, namespace))).To(beRefused(
			"metadata.name must be at most 241 characters, or spec.credentials.secretName must be set: the Secret is named <name>-credentials"))
		Expect(root().Create(ctx, testkit.User(long, namespace, secretName("ann")))).To(Succeed())
		Expect(root().Create(ctx, testkit.User(long[1:], namespace))).To(Succeed())
	})

	Context("once it is stored", func() {
		var ann *v1alpha1.BackOfficeUser
		BeforeEach(func(ctx SpecContext) {
			ann = testkit.User("ann", namespace, testkit.Login("ann.martin"), onProfile(canary))
			given(ctx, ann)
		})

		const immutable = "spec.login: Invalid value: login is immutable: create a new BackOfficeUser with the new login and delete this one"

		It("keeps its login, and says what to do instead", Label("A-06"), func(ctx SpecContext) {
			Expect(root().Update(ctx, changed(ann, testkit.Login("ann.moreau")))).To(beRefused(immutable))
			Expect(root().Update(ctx, changed(ann, testkit.Login("Ann.Martin")))).To(beRefused(immutable))
			Expect(root().Update(ctx, changed(ann, testkit.Login("")))).To(beRefused(immutable))
		})

		It("may write out the login that follows from its name", Label("A-06"), func(ctx SpecContext) {
			bob := testkit.User("bob", namespace)
			given(ctx, bob)
			Expect(root().Update(ctx, changed(bob, testkit.Login("bobby")))).To(beRefused(immutable))
			Expect(root().Update(ctx, changed(bob, testkit.Login("bob")))).To(Succeed())
		})

		It("stays in its back office", func(ctx SpecContext) {
			const message = "spec.backOfficeRef: Invalid value: backOfficeRef is immutable: create the user in the other back office and delete this one"
			Expect(root().Update(ctx, changed(ann, testkit.InOffice("desk")))).To(beRefused(message))
			Expect(root().Update(ctx, changed(ann, testkit.InOffice("elsewhere/shop")))).To(beRefused(message))
		})

		It("may change everything else", func(ctx SpecContext) {
			Expect(root().Update(ctx, changed(ann, testkit.State(v1alpha1.StateBlocked), testkit.IPs("203.0.113.7"), onProfile("Ann"), description("x")))).To(Succeed())
		})
	})
})

func addresses(n int) []string {
	var ips []string
	for i := range n {
		ips = append(ips, fmt.Sprintf("203.0.113.%d", i))
	}
	return ips
}
