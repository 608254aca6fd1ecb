// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// manifestsOf writes documents into the file access.yaml of a folder of their own.
func manifestsOf(documents ...string) string {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	Expect(os.WriteFile(filepath.Join(folder, "access.yaml"), []byte(strings.Join(documents, "---\n")), 0o600)).To(Succeed())
	return folder
}

// manifestOf is a document: a kind, a name, and the rest as YAML.
func manifestOf(kind, name, rest string) string {
	return "apiVersion: access.backoffice-operator.io/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n" + rest + "\n"
}

// applyAs has kubectl apply a folder, in a namespace.
func applyAs(a actor, folder, namespace string) {
	GinkgoHelper()
	arguments := append([]string{"apply", "-f", folder, "-n", namespace}, a.flags()...)
	out, err := exec.CommandContext(ctx, cluster.Kubectl, arguments...).CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
}

var _ = Describe("lint", func() {
	samples := filepath.Join("..", "..", "config", "samples")

	It("has nothing against what is shipped", func() {
		for _, name := range []string{"trading", "activation", "orders", "hosting", "automation"} {
			Expect(offline("lint", "-f", filepath.Join(samples, name), "--offline")).To(succeed("would be created"))
			Expect(offline("lint", "-k", filepath.Join(samples, name), "--offline")).To(succeed("would be created"))
		}
	})

	It("finds what is in the cluster unchanged, and in force", func() {
		for _, name := range []string{"trading", "activation", "orders", "hosting", "automation"} {
			catalogue(name)
			run := actor{"root", []string{"system:masters"}}.run("lint", "-k", filepath.Join(samples, name), "--strict")
			Expect(run).To(succeed(" unchanged\n"), name)
			Expect(run.out).NotTo(Or(ContainSubstring("would be"), ContainSubstring("not in force")))
		}
	})

	Describe("without a cluster", func() {
		office := manifestOf("BackOffice", "shop", "spec: {store: {sqlite: {}}, policy: {ip: {required: true, within: [203.0.113.0/24]}}, "+
			"rank: {delegations: [{subjects: [{kind: Group, name: leads}], rank: 4, permissions: [orders]}]}}")
		user := func(rest string) string {
			return manifestOf("BackOfficeUser", "ann", "spec:\n  backOfficeRef: {name: shop}\n"+rest)
		}

		It("says where something is wrong", func() {
			folder := manifestsOf(office, user("  allowedIPs:\n  - 203.0.113.7\n  - 8.8.8.8"))
			run := offline("lint", "-f", folder, "--offline", "-n", "shop")
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring("access.yaml:15 BackOfficeUser shop/ann: spec.allowedIPs[1]: Forbidden: 8.8.8.8 does not lie within"))
			Expect(run.out).To(ContainSubstring("2 objects in 1 file, 1 would be created, 1 would be refused"))

			run = offline("lint", "-f", folder, "--offline", "-n", "shop", "-o", "github")
			Expect(run.out).To(MatchRegexp(`(?m)^::error file=.*access.yaml,line=15,title=BackOfficeUser shop/ann::spec.allowedIPs\[1\]: Forbidden`))

			run = offline("lint", "-f", folder, "--offline", "-n", "shop", "-o", "markdown")
			Expect(run.out).To(ContainSubstring("| refused |"))

			var report struct {
				Findings []struct {
					Line          int
					Field, Reason string
				}
				Summary struct{ Refused int }
			}
			run = offline("lint", "-f", folder, "--offline", "-n", "shop", "-o", "json")
			Expect(json.Unmarshal([]byte(run.out), &report)).To(Succeed())
			Expect(report.Summary.Refused).To(Equal(1))
			Expect(report.Findings).To(HaveLen(1))
			Expect(report.Findings[0].Field).To(Equal("spec.allowedIPs[1]"))
		})

		It("tells what would be admitted and not be in force", func() {
			folder := manifestsOf(office, manifestOf("RoleBinding", "team", "spec: {backOfficeRef: {name: shop}, permissionSetRef: {name: gone}, subjects: [{name: zoe}]}"))
			run := offline("lint", "-f", folder, "--offline", "-n", "shop")
			Expect(run).To(succeed("RoleBinding shop/team: not in force: ReferenceNotFound: spec.permissionSetRef", "1 not in force"))
			Expect(offline("lint", "-f", folder, "--offline", "-n", "shop", "--strict")).To(haveStatus(1))
		})

		It("judges whatever the order", func() {
			set := manifestOf("PermissionSet", "staff", "spec: {backOfficeRef: {name: shop}, rank: 4, extends: [{name: base}], permissions: [{path: orders, level: Write}]}")
			base := manifestOf("PermissionSet", "base", "spec: {backOfficeRef: {name: shop}, rank: 7}")
			binding := manifestOf("RoleBinding", "team", "spec: {backOfficeRef: {name: shop}, permissionSetRef: {name: staff}, subjects: [{name: ann}]}")
			folder := manifestsOf(binding, user("  allowedIPs: [203.0.113.7]"), set, base, office)
			run := offline("lint", "-f", folder, "--offline", "-n", "shop", "--strict")
			Expect(run).To(succeed("5 objects in 1 file, 5 would be created\n"))
		})

		It("judges for whom it is told", func() {
			strong := manifestOf("PermissionSet", "head", "spec: {backOfficeRef: {name: shop}, rank: 1}")
			arguments := []string{"lint", "-f", manifestsOf(office, strong), "--offline", "-n", "shop", "--actor", "lea", "--actor-group", "leads"}
			run := offline(arguments...)
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring("BackOffice shop/shop: metadata.name: Forbidden"))
			run = offline(append(arguments, "--actor-may-escalate")...)
			Expect(run.out).NotTo(ContainSubstring("BackOffice shop/shop: metadata.name: Forbidden"))
			Expect(run.out).To(ContainSubstring(`needs rank 1 or stronger`))
			Expect(run.out).To(ContainSubstring(`"lea" has rank 4`))
		})

		It("takes another folder for what is there", func() {
			base, folder := manifestsOf(office, user("  login: ann\n  allowedIPs: [203.0.113.7]")), manifestsOf(office, user("  login: anna\n  allowedIPs: [203.0.113.7]"))
			run := offline("lint", "-f", folder, "--base", base, "-n", "shop")
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring("login is immutable"))
			Expect(offline("lint", "-f", base, "--base", base, "-n", "shop")).To(succeed("2 unchanged"))
		})

		It("tells nobody's personal data", func() {
			folder := manifestsOf(office,
				user("  allowedIPs: [203.0.113.7]\n  profile: {fullName: [Ann Secret], email: ann.secret, phone: \"12 SECRET\", firstName: \"Secret\\t\"}"),
				manifestOf("BackOfficeUser", "bob", "spec: {backOfficeRef: {name: shop}, allowedIPs: [203.0.113.7], profile: Bob Secret, description: [Secret]}"),
				manifestOf("BackOfficeUser", "eve", "spec: {backOfficeRef: {name: shop}, allowedIPs: [203.0.113.7], profile: {email: ann.secret, phone: \"12 SECRET\"}}"))
			for _, format := range []string{"table", "json", "yaml", "markdown", "github"} {
				run := offline("lint", "-f", folder, "--offline", "-n", "shop", "-o", format)
				Expect(run).To(haveStatus(1))
				Expect(run.out).To(ContainSubstring("phone"))
				Expect(strings.ToLower(run.out + run.err)).NotTo(ContainSubstring("secret\\t"))
				Expect(run.out + run.err).NotTo(MatchRegexp(`(?i)ann.secret|12 secret|bob secret|\[secret`))
			}
		})

		It("ends with a status of its own where nothing could be judged", func() {
			Expect(offline("lint", "-f", "nowhere", "--offline")).To(end(2, "nowhere"))
			Expect(offline("lint", "-f", manifestsOf(office))).To(end(2, "Error:"))
			Expect(offline("lint", "-f", GinkgoT().TempDir(), "--offline")).To(end(2, "there is no object of access.backoffice-operator.io in"))
			Expect(offline("lint", "--offline")).To(end(2, "name manifests by --filename or --kustomize"))
			Expect(offline("lint", "-f", manifestsOf(office), "--offline", "--prune")).To(end(2, "--prune and --selector go together"))
		})
	})

	Describe("with a cluster", func() {
		var namespace string

		BeforeEach(func() {
			namespace = shop(testkit.Delegates(4, testkit.Person("lead")), testkit.Giving("orders"))
			given(
				testkit.Set("head", namespace, testkit.Rank(1), testkit.Permissions("orders=Write")),
				testkit.Set("staff", namespace, testkit.Rank(4), testkit.Permissions("orders=Read")),
				testkit.User("ann", namespace, testkit.Labels("app", "access")),
				testkit.Binding("staffers", namespace, testkit.ToSet("staff"), testkit.ForUsers("ann"), testkit.Labels("app", "access")),
			)
		})

		It("judges for who runs it, and nothing is written", func() {
			folder := manifestsOf(manifestOf("RoleBinding", "heads", "spec: {backOfficeRef: {name: shop}, permissionSetRef: {name: head}, subjects: [{name: ann}]}"))
			Expect(root().run("lint", "-f", folder, "-n", namespace)).To(succeed("1 would be created"))
			run := editor("lead").run("lint", "-f", folder, "-n", namespace)
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring(`"lead" has rank 4`))
			run = root().run("lint", "-f", folder, "-n", namespace, "--actor", "lead")
			Expect(run).To(haveStatus(1))
			Expect(masters().Get(ctx, client.ObjectKey{Namespace: namespace, Name: "heads"}, testkit.Binding("heads", namespace))).NotTo(Succeed())
		})

		It("asks the cluster who may write back offices", func() {
			folder := manifestsOf(manifestOf("BackOffice", "other", "spec: {store: {sqlite: {}}}"))
			Expect(root().run("lint", "-f", folder, "-n", namespace)).To(succeed("1 would be created"))
			run := editor("lead").run("lint", "-f", folder, "-n", namespace)
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring("escalate"))
			Expect(editor("lead").run("lint", "-f", folder, "-n", namespace, "--actor", "root")).To(end(2, `you may not ask what "root" may do`))
		})

		It("leaves alone what others have set", func() {
			folder := manifestsOf(manifestOf("BackOfficeUser", "bea", "spec: {backOfficeRef: {name: shop}, login: bea.one}"))
			applyAs(root(), folder, namespace)
			Expect(root().run("block", "bea", "-n", namespace)).To(haveStatus(0))
			Expect(root().run("lint", "-f", folder, "-n", namespace)).To(succeed("1 unchanged"))
			Expect(root().run("diff", "-f", folder, "-n", namespace)).To(succeed("nobody's access changes"))
			other := manifestsOf(manifestOf("BackOfficeUser", "bea", "spec: {backOfficeRef: {name: shop}, login: bea.two}"))
			run := root().run("lint", "-f", other, "-n", namespace)
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring("login is immutable"))
		})

		It("judges what would be deleted", func() {
			folder := manifestsOf(manifestOf("BackOfficeUser", "bea", "spec: {backOfficeRef: {name: shop}}"))
			Expect(root().run("lint", "-f", folder, "-n", namespace, "--prune", "-l", "app=access")).To(succeed("1 would be created, 2 would be deleted"))
			run := editor("nobody").run("lint", "-f", folder, "-n", namespace, "--prune", "-l", "app=access")
			Expect(run).To(haveStatus(1))
			Expect(run.out).To(ContainSubstring("RoleBinding " + namespace + "/staffers: cannot be deleted"))
		})

		It("judges by what one may read", func() {
			Expect(masters().Create(ctx, &rbacv1.Role{
				ObjectMeta: metav1.ObjectMeta{Name: "readers", Namespace: namespace},
				Rules:      []rbacv1.PolicyRule{{APIGroups: []string{"access.backoffice-operator.io"}, Resources: []string{"*"}, Verbs: []string{"get", "list"}}},
			})).To(Succeed())
			Expect(masters().Create(ctx, &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: "readers", Namespace: namespace},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "readers"},
				Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "local"}},
			})).To(Succeed())
			folder := manifestsOf(manifestOf("BackOfficeUser", "bea", "spec: {backOfficeRef: {name: shop}, login: ann}"))
			run := actor{user: "local"}.run("lint", "-f", folder, "-n", namespace)
			Expect(run.err).To(ContainSubstring("you may not list all namespaces"))
			Expect(run.out).To(ContainSubstring("spec.login"))
		})
	})
})

var _ = Describe("diff", func() {
	It("tells who gains and who loses", func() {
		namespace := shop()
		given(
			testkit.Set("head", namespace, testkit.Rank(1), testkit.Permissions("orders=Write")),
			testkit.Set("staff", namespace, testkit.Rank(4), testkit.Permissions("orders=Read", "stock=Read")),
			testkit.User("ann", namespace, testkit.Labels("team", "a")), testkit.User("bob", namespace, testkit.Labels("team", "a")), testkit.User("cid", namespace),
			testkit.Binding("staffers", namespace, testkit.ToSet("staff"), testkit.ForLabels("team", "a")),
		)
		folder := manifestsOf(
			manifestOf("PermissionSet", "staff", "spec: {backOfficeRef: {name: shop}, rank: 4, permissions: [{path: orders, level: Write}]}"),
			manifestOf("BackOfficeUser", "dan", "spec: {backOfficeRef: {name: shop}}"),
			manifestOf("BackOfficeUser", "cid", "spec: {backOfficeRef: {name: shop}, login: other}"),
		)
		run := root().run("diff", "-f", folder, "-n", namespace)
		Expect(run).To(haveStatus(2), "one would be refused")
		Expect(run.out).To(ContainSubstring("would be refused: "))
		Expect(run.out).To(ContainSubstring("2 users of binding " + namespace + "/staffers (ann, bob)\n  + orders Write, before Read\n  - stock Read\n"))
		Expect(run.out).To(ContainSubstring(namespace + "/dan: new\n  type Staff\n"))
		Expect(run.out).To(ContainSubstring("accounts: 1 new, 2 changed, 1 unchanged; 2 gaining permissions, 2 losing permissions, 1 able to log in now; 1 refusal"))

		heads := manifestsOf(
			manifestOf("RoleBinding", "heads", "spec: {backOfficeRef: {name: shop}, permissionSetRef: {name: head}, subjects: [{name: bob}], expiresAt: \"2090-01-01T00:00:00Z\"}"),
			manifestOf("BackOfficeUser", "cid", "spec: {backOfficeRef: {name: shop}, state: Deactivated, profile: {fullName: Cid Hidden}}"),
		)
		run = root().run("diff", "-f", heads, "-n", namespace)
		Expect(run).To(haveStatus(1))
		Expect(run.out).To(ContainSubstring("rank in default: 4 -> 1\n"))
		Expect(run.out).To(ContainSubstring("+ orders Write until 2090-01-01T00:00:00Z, before Read\n"))
		Expect(run.out).To(ContainSubstring("  state: Active -> Deactivated\n"))
		Expect(run.out).To(ContainSubstring("  profile: fullName changed\n"))
		Expect(run.out).NotTo(ContainSubstring("Hidden"))

		run = root().run("diff", "-f", heads, "-n", namespace, "-o", "markdown")
		Expect(run.out).To(ContainSubstring("<details><summary>" + namespace + "/bob</summary>"))
		Expect(run.out).To(ContainSubstring("| gains | orders Write until 2090-01-01T00:00:00Z, before Read |"))

		applyAs(root(), heads, namespace)
		eventually(testkit.Binding("heads", namespace), beReady())
		Expect(root().run("diff", "-f", heads, "-n", namespace)).To(succeed("nobody's access changes"))
	})
})
