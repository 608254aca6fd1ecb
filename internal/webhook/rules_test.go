// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The rules of a back office", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = testkit.FreshNamespace(ctx, env.Client()) })

	user := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
		profile := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Profile = &v1alpha1.Profile{FullName: canary} })
		return testkit.User("ann", namespace, append(mods, profile)...)
	}

	DescribeTable("for addresses refuse", func(ctx SpecContext, policy v1alpha1.IPPolicy, refused testkit.Mod, message string, legal testkit.Mod) {
		given(ctx, shop(namespace, testkit.IPPolicy(policy)))
		Expect(root().Create(ctx, user(refused))).To(beRefused(message))
		Expect(root().Create(ctx, user(legal))).To(Succeed())
	},
		Entry("none where they are required", Label("T-06"), v1alpha1.IPPolicy{Required: true},
			testkit.IPs(), "spec.allowedIPs: Required value: spec.policy.ip.required of BackOffice ", testkit.IPs("203.0.113.7")),
		Entry("any where that is not allowed", Label("T-08"), v1alpha1.IPPolicy{Required: true},
			testkit.IPs("*"), `spec.allowedIPs[0]: Forbidden: "*" means no restriction, which spec.policy.ip.allowAny of BackOffice `, testkit.IPs("203.0.113.7")),
		Entry("one outside of the permitted networks", v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}},
			testkit.IPs("203.0.113.7", "198.51.100.1"), "spec.allowedIPs[1]: Forbidden: 198.51.100.1 does not lie within 203.0.113.0/24", testkit.IPs("203.0.113.0/24")),
		Entry("an IPv4 network that is too wide", v1alpha1.IPPolicy{MinPrefixIPv4: new(int32(28))},
			testkit.IPs("203.0.113.0/27"), "spec.allowedIPs[0]: Forbidden: 203.0.113.0/27 is too wide: the prefix must be /28 or longer", testkit.IPs("203.0.113.0/28", "2001:db8::/32")),
		Entry("an IPv6 network that is too wide", v1alpha1.IPPolicy{MinPrefixIPv6: new(int32(48))},
			testkit.IPs("2001:db8::/47"), "spec.allowedIPs[0]: Forbidden: 2001:db8::/47 is too wide: the prefix must be /48 or longer", testkit.IPs("2001:db8::/48", "203.0.0.0/16")),
		Entry("too many of them", v1alpha1.IPPolicy{MaxEntries: new(int32(1))},
			testkit.IPs("203.0.113.7", "203.0.113.8"), "spec.allowedIPs: Too many: has 2 entries, and spec.policy.ip.maxEntries of BackOffice ", testkit.IPs("203.0.113.7")),
	)

	It(`let "*" stand for no restriction where they allow it`, Label("T-08"), func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.IPPolicy(v1alpha1.IPPolicy{Required: true, AllowAny: true})))
		Expect(root().Create(ctx, user(testkit.IPs("*")))).To(Succeed())
	})

	It("name all problems at once", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}, MinPrefixIPv4: new(int32(24)), MaxEntries: new(int32(1))})))
		Expect(root().Create(ctx, user(testkit.IPs("10.0.0.0/8", "203.0.113.7")))).To(beRefused(
			"10.0.0.0/8 does not lie within", "10.0.0.0/8 is too wide", "has 2 entries"))
	})

	It("warn of what was wrong before, so that an account can be blocked whatever they say by now", func(ctx SpecContext) {
		office, ann := shop(namespace), user(testkit.IPs("10.0.0.1"))
		given(ctx, office, ann)
		office = changed(office, testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}}))
		Expect(root().Update(ctx, office)).To(Succeed())
		known(ctx, office)

		admin := listening("root")
		ann.Spec.State = v1alpha1.StateBlocked
		Expect(admin.Update(ctx, ann)).To(Succeed())
		Expect(admin.warnings).To(ConsistOf(ContainSubstring("spec.allowedIPs[0]: 10.0.0.1 does not lie within 203.0.113.0/24")))
		Expect(root().Update(ctx, changed(ann, testkit.IPs("10.0.0.1", "10.0.0.2")))).To(beRefused("10.0.0.2 does not lie within"))
	})

	It("close the catalogue, and know the nearest match", Label("O-07"), func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.Catalog("ROLE_ORDER_READ", "ROLE_ORDER_WRITE", "orders/refund/all")))
		catalogue := " is not in the catalogue of BackOffice " + namespace + "/shop"
		Expect(root().Create(ctx, testkit.Set("s", namespace, testkit.Permissions("ROLE_ORDER_READ", "ROLE_ORDER_REED"), testkit.Deny("stock")))).To(beRefused(
			"spec.permissions[1].path: Unsupported value: ROLE_ORDER_REED"+catalogue+"; did you mean ROLE_ORDER_READ?",
			"spec.deny[0]: Unsupported value: stock"+catalogue))
		Expect(root().Create(ctx, testkit.Set("s", namespace, testkit.Permissions("ROLE_ORDER_READ", "orders/refund=Write"), testkit.Deny("orders")))).To(Succeed())
	})

	It("let a namespace refer to it only by consent", func(ctx SpecContext) {
		other := testkit.FreshNamespace(ctx, env.Client())
		office := shop(namespace)
		given(ctx, office)
		there := testkit.InOffice(namespace + "/shop")
		message := `spec.backOfficeRef: Forbidden: BackOffice ` + namespace + `/shop does not admit namespace "` + other + `": ask its owner to add it to spec.namespaces`
		Expect(root().Create(ctx, testkit.User("ann", other, there))).To(beRefused(message))
		Expect(root().Create(ctx, testkit.Set("s", other, there))).To(beRefused(message))
		Expect(root().Create(ctx, testkit.Binding("b", other, there, testkit.ToSet("s"), testkit.ForUsers("ann")))).To(beRefused(message))

		office = changed(office, testkit.Admits(other))
		Expect(root().Update(ctx, office)).To(Succeed())
		known(ctx, office)
		given(ctx, testkit.User("ann", other, there), testkit.Set("s", other, there))
		Expect(root().Create(ctx, testkit.Binding("b", other, there, testkit.ToSet("s"), testkit.ForUsers("ann")))).To(Succeed())
	})

	It("let objects name only sets of their own namespace and of the back office's", func(ctx SpecContext) {
		third := testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace), testkit.Office("desk", namespace, testkit.Delegates(0, testkit.Person("root"))),
			testkit.Set("of-desk", namespace, testkit.InOffice("desk")))
		message := "PermissionSet " + third + "/s may not be named here"
		Expect(root().Create(ctx, testkit.Binding("b", namespace, testkit.ToSet(third+"/s"), testkit.ForUsers("ann")))).To(beRefused("spec.permissionSetRef: Forbidden: " + message))
		Expect(root().Create(ctx, testkit.Set("s", namespace, testkit.Extends(third+"/s")))).To(beRefused("spec.extends[0]: Forbidden: " + message))
		Expect(root().Create(ctx, testkit.Binding("b", namespace, testkit.ToSet("of-desk"), testkit.ForUsers("ann")))).To(beRefused(
			"spec.permissionSetRef: Forbidden: PermissionSet " + namespace + "/of-desk belongs to BackOffice " + namespace + "/desk, and not to " + namespace + "/shop"))
	})

	It("refuse a set that extends itself, and show the way", func(ctx SpecContext) {
		a := testkit.Set("a", namespace)
		given(ctx, shop(namespace), a, testkit.Set("b", namespace, testkit.Extends("a")))
		Expect(root().Update(ctx, changed(a, testkit.Extends("b")))).To(beRefused(
			"spec.extends: Invalid value: the set would extend itself: " + namespace + "/a -> " + namespace + "/b -> " + namespace + "/a"))
	})

	It("refuse a selector that Kubernetes does not understand", func(ctx SpecContext) {
		given(ctx, shop(namespace), testkit.Set("s", namespace))
		like := testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
			b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Like"}}}
		})
		Expect(root().Create(ctx, testkit.Binding("b", namespace, testkit.ToSet("s"), like))).To(beRefused(
			`spec.selector: Invalid value: spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator`))
	})

	It("warn of what heals by itself, and let it pass", func(ctx SpecContext) {
		office := shop(namespace, testkit.Seats(1, 1))
		given(ctx, office, testkit.User("first", namespace, testkit.Login("Ann")), testkit.Set("first", namespace))
		admin := listening("root")
		Expect(admin.Create(ctx, user())).To(Succeed())
		Expect(admin.Create(ctx, testkit.Set("second", namespace, testkit.Extends("later"), testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Key = "first" })))).To(Succeed())
		Expect(admin.Create(ctx, testkit.Binding("b", namespace, testkit.ToSet("later"), testkit.ForUsers("nobody")))).To(Succeed())
		Expect(admin.warnings).To(ConsistOf(
			`spec.login: login "ann" is that of BackOfficeUser `+namespace+`/first; this user gets no access until that one is gone`,
			`spec.backOfficeRef: spec.quotas.users of BackOffice `+namespace+`/shop looks full; this user gets no access until a seat is free`,
			`spec.extends: PermissionSet `+namespace+`/later of this back office does not exist; this takes effect when it appears`,
			`spec.key: key "first" is that of PermissionSet `+namespace+`/first; this set grants nothing until that one is gone`,
			`spec.permissionSetRef: PermissionSet `+namespace+`/later does not exist; this takes effect when it appears`,
			`spec.subjects[nobody]: BackOfficeUser `+namespace+`/nobody of this back office does not exist; this takes effect when it appears`,
		))
	})

	It("wait for a back office that does not exist yet", func(ctx SpecContext) {
		anybody := listening("eve")
		Expect(anybody.Create(ctx, user())).To(Succeed())
		Expect(anybody.warnings).To(ConsistOf(`spec.backOfficeRef: BackOffice ` + namespace + `/shop does not exist; this takes effect when it appears`))
	})

	It("leave one line in the log for a refusal, without any value", func(ctx SpecContext) {
		given(ctx, shop(namespace, testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})))
		ann := user()
		Expect(as("eve").Create(ctx, ann)).To(beRefused("needs a delegation"))
		Eventually(logs.Contents).Should(ContainSubstring("Refused"))
		Expect(string(logs.Contents())).To(MatchRegexp(
			`"msg":"Refused"[^\n]*"kind":"BackOfficeUser"[^\n]*"user":"eve"[^\n]*"object":"` + namespace + `/ann","operation":"CREATE","reasons":\["NotAuthorized","PolicyViolated"\]`))
	})
})
