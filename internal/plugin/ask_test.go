// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"encoding/json"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// askedShop has a closed catalogue, filters on channels, and users of one team.
func askedShop() string {
	GinkgoHelper()
	namespace := shop(testkit.OnOffice(func(o *v1alpha1.BackOffice) {
		o.Spec.PermissionCatalog = []string{"orders/read", "orders/refund", "stock", "export"}
		o.Spec.FilterDimensions = []v1alpha1.FilterDimension{{Name: "channels"}}
	}))
	readOnly := testkit.Only("channels", "store")
	readOnly.Access = v1alpha1.FilterReadOnly
	given(
		testkit.Set("viewer", namespace, testkit.Permissions("orders=Read", "stock=Read")),
		testkit.Set("support", namespace, testkit.Extends("viewer"), testkit.Permissions("orders/refund=Write"), testkit.Deny("export")),
		testkit.User("ann", namespace, testkit.Login("ann.keller"), testkit.Labels("team", "support"),
			testkit.Profile(v1alpha1.Profile{FullName: "Annegret Keller"})),
		testkit.User("ben", namespace, testkit.Labels("team", "support"), testkit.Filters(testkit.Only("channels", "web"))),
		testkit.User("cas", namespace, testkit.Labels("team", "support"), testkit.State(v1alpha1.StateBlocked)),
		testkit.User("dan", namespace),
		testkit.Binding("support-team", namespace, testkit.ToSet("support"), testkit.ForLabels("team", "support")),
		testkit.Binding("stock-clerk", namespace, testkit.ToSet("viewer"), testkit.ForUsers("dan"), testkit.Grants("stock=Write"), testkit.Filters(readOnly)),
	)
	return namespace
}

var _ = Describe("Asking who may do what", Ordered, func() {
	var namespace string
	viewer := onlooker("auditor")

	BeforeAll(func() { namespace = askedShop() })

	// can asks by can-i and returns the status and the answer.
	can := func(arguments ...string) result {
		GinkgoHelper()
		return viewer.run(append([]string{"can-i", "-n", namespace}, arguments...)...)
	}
	no := func(parts ...string) OmegaMatcher {
		return WithTransform(func(r result) string {
			if r.status != 1 || r.err != "" {
				return "ended with another status, or an error: " + r.err
			}
			return r.out
		}, askedParts(append([]string{"no: "}, parts...)...))
	}

	It("tells of one user, with the reason and an exit status", func() {
		Expect(can("ann", "orders/refund", "--level", "Write")).To(succeed("yes: Write", "set support (orders/refund Write) through binding support-team"))
		Expect(can("ann", "orders/read")).To(succeed("yes: Read", "set support > viewer (orders Read) through binding support-team"))
		Expect(can("ann", "orders")).To(succeed("yes: Read")) // above the catalogue's
		Expect(can("ben", "stock")).To(succeed("yes: Read", "on channels Only [web]"))
		Expect(can("ann", "stock", "--level", "Write")).To(no("Read", "set support > viewer (stock Read) through binding support-team"))
		Expect(can("ann", "export")).To(no("it is denied", "denied by set support (export) through binding support-team"))
		Expect(can("dan", "orders/refund", "--level=Write")).To(no("Read"))
		Expect(can("dan", "export")).To(no("nothing gives it"))
		Expect(can("cas", "stock")).To(no("the account may not log in", "spec.state is Blocked"))
	})

	It("does not take a level for more than filters leave of it", func() {
		Expect(can("dan", "stock")).To(succeed("yes: Write, of which filters leave Read", "on channels Only [store] read-only"))
		Expect(can("dan", "stock", "--level", "Write")).To(no("Write, of which filters leave Read", "on channels Only [store] read-only"))
	})

	It("answers by the exit status alone where it is to be quiet", func() {
		Expect(can("ann", "stock", "-q")).To(Equal(result{}))
		Expect(can("ann", "export", "-q")).To(Equal(result{status: 1}))
	})

	It("refuses questions that make no sense, and says what would", func() {
		Expect(can("ann", "orders/refnd")).To(end(1, "permission orders/refnd is not in the catalogue of BackOffice "+namespace+"/shop", "did you mean orders/refund?"))
		Expect(viewer.run("who-can", "orders/refnd", "-n", namespace)).To(end(1, "did you mean orders/refund?"))
		Expect(can("nobody", "stock")).To(end(1, `no BackOfficeUser "nobody" in namespace "`+namespace+`"`))
		Expect(can("ann", "stock", "--level", "Full")).To(end(1, `--level must be Read or Write, not "Full"`))
		Expect(can("ann")).To(end(1, "accepts 2 arg(s)"))
	})

	It("tells who has a permission, on which data and why", func() {
		r := viewer.run("who-can", "stock", "-n", namespace)
		Expect(r).To(succeed("NAME", "LEVEL", "DATA", "UNTIL", "FROM"))
		lines := strings.Split(strings.TrimSpace(r.out), "\n")[1:]
		Expect(lines).To(HaveExactElements(
			And(HavePrefix("ann "), askedParts("ann.keller", "Read", "all", "set support > viewer (stock Read) through binding support-team")),
			And(HavePrefix("ben "), askedParts("Read", "channels Only [web]")),
			And(HavePrefix("dan "), askedParts("Read", "channels Only [store] read-only", "grant of binding stock-clerk (stock Write)")),
		))
		Expect(r.out).NotTo(ContainSubstring("Annegret"))
		Expect(viewer.run("who-can", "stock", "--level", "Write", "-n", namespace)).To(
			And(succeed(), askedOutput(BeEmpty()), end(0, "Nobody in namespace", "has stock Write")))
		Expect(viewer.run("who-can", "orders/refund", "--level=Write", "-n", namespace, "-o", "name")).To(askedOutput(Equal(
			"backofficeuser.access.backoffice-operator.io/ann\nbackofficeuser.access.backoffice-operator.io/ben\n")))
		Expect(viewer.run("who-can", "stock", "--all", "-n", namespace)).To(succeed("MAY LOG IN", "no: spec.state is Blocked"))
	})

	It("tells it to programs, of one back office and of all namespaces", func() {
		cluster := actor{"auditor", []string{viewers}}
		for _, arguments := range [][]string{{"-n", namespace}, {"-A", "--back-office", namespace + "/shop"}, {"-n", namespace, "--back-office", "shop"}} {
			r := cluster.run(append([]string{"who-can", "orders/refund", "--level=Write", "-o", "json"}, arguments...)...)
			Expect(r).To(succeed())
			var answer struct {
				Items []struct {
					Namespace, Name string
					InForce         bool
					Permission      struct {
						Level   string
						Sources []struct{ Via []string }
					}
				}
			}
			Expect(json.Unmarshal([]byte(r.out), &answer)).To(Succeed())
			Expect(answer.Items).To(HaveLen(2))
			Expect(answer.Items[0].Namespace + "/" + answer.Items[0].Name).To(Equal(namespace + "/ann"))
			Expect(answer.Items[0].InForce).To(BeTrue())
			Expect(answer.Items[0].Permission.Level).To(Equal("Write"))
			Expect(answer.Items[0].Permission.Sources[0].Via).To(Equal([]string{"support"}))
		}
		Expect(cluster.run("who-can", "stock", "-n", namespace, "--back-office", "other")).To(end(0, "of back office "+namespace+"/other"))
		Expect(cluster.run("who-can", "stock", "-A", "--back-office", namespace+"/shop", "-o", "wide")).To(succeed("NAMESPACE", "BACK OFFICE", namespace+"/shop", "Staff"))
	})

	It("tells until when somebody has a permission", func() {
		until := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
		given(
			testkit.User("eva", namespace),
			testkit.Binding("for-a-while", namespace, testkit.ToSet("viewer"), testkit.ForUsers("eva"), testkit.Until(until)),
			testkit.Binding("from-then", namespace, testkit.ToSet("viewer"), testkit.ForUsers("eva"), testkit.From(until), testkit.Grants("stock=Write")),
		)
		Expect(can("eva", "orders/read")).To(And(succeed("yes: Read"), askedOutput(Not(ContainSubstring("until"))))) // the other one gives it, too
		Expect(can("eva", "stock")).To(succeed("yes: Read", "until 2040-01-02T03:04:05Z"))
		Expect(can("eva", "stock", "--level=Write")).To(no("Read", "binding from-then of set viewer is not in force: it begins at 2040-01-02T03:04:05Z"))
	})

	It("offers users and the permissions of the catalogue to complete a command line", func() {
		complete := func(arguments ...string) []string {
			r := execute(nil, append([]string{"__complete"}, append(viewer.flags(), arguments...)...)...)
			Expect(r.status).To(BeZero())
			return strings.Split(r.out, "\n")
		}
		Expect(complete("can-i", "-n", namespace, "an")).To(ContainElement("ann"))
		Expect(complete("can-i", "-n", namespace, "ann", "orders/")).To(ContainElements("orders/read", "orders/refund"))
		Expect(complete("who-can", "-n", namespace, "st")).To(ContainElement("stock"))
		Expect(complete("describe", "-n", namespace, "")).To(ContainElements("ann", "ben"))
		Expect(complete("granted-by", "-n", namespace, "")).To(ContainElement("root"))
	})
})

var _ = Describe("Asking who has handed out what", func() {
	It("tells all that carries somebody's stamp, and nothing else", func() {
		namespace := shop(testkit.Delegates(3, testkit.Person("lead")), testkit.Giving("*"))
		lead := editor("lead")
		given(testkit.Set("support", namespace, testkit.Permissions("orders=Read")), testkit.User("ann", namespace, testkit.Labels("team", "support")))
		for _, o := range []client.Object{
			testkit.User("ben", namespace, testkit.Login("ben.haddad"), testkit.Labels("team", "support"), testkit.Profile(v1alpha1.Profile{FullName: "Benno Haddad"})),
			testkit.Set("clerk", namespace, testkit.Rank(7), testkit.Family("stock")),
			testkit.Binding("support-team", namespace, testkit.ToSet("support"), testkit.ForLabels("team", "support")),
		} {
			Eventually(func() error { return lead.client().Create(ctx, o) }, soon, often).Should(Succeed())
			eventually(o, beReady())
		}
		auditor := onlooker("auditor")
		r := auditor.run("granted-by", "lead", "-n", namespace)
		Expect(r).To(succeed("KIND", "SINCE"))
		Expect(strings.Split(strings.TrimSpace(r.out), "\n")[1:]).To(HaveExactElements(
			And(HavePrefix("RoleBinding "), askedParts("support-team", "set support to 2 users")),
			And(HavePrefix("PermissionSet "), askedParts("clerk", "rank 7 of family stock")),
			And(HavePrefix("BackOfficeUser "), askedParts("ben", "login ben.haddad")),
		))
		Expect(r.out).NotTo(ContainSubstring("Benno"))
		Expect(auditor.run("granted-by", "root", "-n", namespace)).To(succeed("BackOffice ", "its rules", "ann", "support"))
		Expect(auditor.run("granted-by", "lead", "-n", namespace, "-o", "name")).To(askedOutput(Equal(
			"rolebinding.access.backoffice-operator.io/support-team\npermissionset.access.backoffice-operator.io/clerk\n" +
				"backofficeuser.access.backoffice-operator.io/ben\n")))
		Expect(auditor.run("granted-by", "lead", "-A", "-o", "wide")).To(succeed("NAMESPACE", "BREAK GLASS", namespace+"/shop", "True"))
		Expect(auditor.run("granted-by", "nobody", "-n", namespace)).To(
			And(askedOutput(BeEmpty()), end(0, `Nobody of the name "nobody" stands behind anything in namespace "`+namespace+`"`, "system:serviceaccount:NAMESPACE:NAME")))

		// What somebody else changes afterwards is theirs.
		b := testkit.Binding("support-team", namespace)
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(b), b)).To(Succeed())
		b.Spec.Grants = []v1alpha1.Permission{{Path: "stock", Level: v1alpha1.LevelRead}}
		Expect(root().client().Update(ctx, b)).To(Succeed())
		Expect(auditor.run("granted-by", "lead", "-n", namespace)).To(askedOutput(Not(ContainSubstring("support-team"))))
		Expect(auditor.run("granted-by", "root", "-n", namespace, "-o", "json")).To(succeed(`"name": "support-team"`, `"users": 2`))
	})

	It("tells where somebody broke the glass", func() {
		namespace := shop()
		fighter := actor{"firefighter", []string{owners}}
		u := testkit.User("ann", namespace, testkit.Annotations(v1alpha1.AnnotationBreakGlass, "the owner is away"))
		Expect(fighter.client().Create(ctx, u)).To(Succeed())
		Expect(onlooker("auditor").run("granted-by", "firefighter", "-n", namespace, "-o", "wide")).To(
			askedOutput(MatchRegexp(`(?m)^BackOfficeUser +ann +login ann .* yes$`)))
	})
})

// askedParts matches a text that has all of these parts.
func askedParts(parts ...string) OmegaMatcher {
	var matchers []OmegaMatcher
	for _, part := range parts {
		matchers = append(matchers, ContainSubstring(part))
	}
	return And(matchers...)
}

// askedOutput matches what a run printed.
func askedOutput(matcher OmegaMatcher) OmegaMatcher {
	return WithTransform(func(r result) string { return r.out }, matcher)
}
