// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// permission is one thing that a role lets the manager do.
type permission struct{ group, resource, verb string }

// String reads as a request does that needs it.
func (p permission) String() string {
	if p.group == "" {
		return p.verb + " " + p.resource
	}
	return p.verb + " " + p.resource + "." + p.group
}

// repositoryFile reads a file of the source tree.
func repositoryFile(path ...string) []byte {
	GinkgoHelper()
	root, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	content, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	Expect(err).NotTo(HaveOccurred())
	return content
}

// shippedRules are the rules of all roles in a file of config/rbac.
func shippedRules(file string) (rules []rbacv1.PolicyRule) {
	GinkgoHelper()
	for document := range strings.SplitSeq(string(repositoryFile("config", "rbac", file)), "\n---\n") {
		var role rbacv1.ClusterRole
		Expect(yaml.Unmarshal([]byte(document), &role)).To(Succeed())
		rules = append(rules, role.Rules...)
	}
	return rules
}

// permissionsIn are the permissions of rules, one by one, sorted.
func permissionsIn(rules []rbacv1.PolicyRule) (all []string) {
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					all = append(all, permission{group, resource, verb}.String())
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// documentedPermissions are the tables of docs/rbac.md about the manager, by what comes before them; and those of which no audit log can tell.
func documentedPermissions() (tables [][]string, unseen []string) {
	GinkgoHelper()
	_, page, found := strings.Cut(string(repositoryFile("docs", "rbac.md")), "\n## The manager\n")
	Expect(found).To(BeTrue())
	for section := range strings.SplitSeq(page, "|---|---|---|---|\n") {
		var table []string
		for line := range strings.Lines(section) {
			cells := strings.Split(strings.TrimSpace(line), "|")
			if len(cells) != 6 || strings.TrimSpace(cells[1]) == "API group" {
				continue
			}
			p := permission{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])}
			table = append(table, p.String())
			if strings.HasPrefix(strings.TrimSpace(cells[4]), "(") {
				unseen = append(unseen, p.String())
			}
		}
		if len(table) > 0 {
			slices.Sort(table)
			tables = append(tables, table)
		}
	}
	return tables, unseen
}

// expectLeastPrivilege compares what the manager was permitted with what it has asked for in the whole run. What it was refused fails any run; what it
// has not asked for fails one of all specs.
func expectLeastPrivilege() {
	shipped := permissionsIn(shippedRules("role.yaml"))
	asked, refused := askedFor()
	refused = missing(shipped, refused) // what is shipped is refused where a spec takes it away for a while
	Expect(refused).To(BeEmpty(), "requests that no role of the manager permits")
	config, _ := GinkgoConfiguration()
	if len(config.FocusStrings)+len(config.FocusFiles)+len(config.SkipStrings)+len(config.SkipFiles) > 0 || config.LabelFilter != "" || config.ParallelTotal > 1 {
		return
	}
	permitted := slices.Concat(shipped, permissionsIn(shippedRules("leader_election_role.yaml")))
	_, unseen := documentedPermissions()
	permitted = slices.DeleteFunc(permitted, func(p string) bool { return slices.Contains(unseen, p) })
	Expect(missing(asked, permitted)).To(BeEmpty(), "permissions of the manager that nothing has used")
}

// askedFor is what the manager has asked for so far, and what of that was refused.
func askedFor() (asked, refused []string) {
	GinkgoHelper()
	requests, err := cluster.Requests()
	Expect(err).NotTo(HaveOccurred())
	for _, r := range requests {
		asked = append(asked, r.String())
		if r.Forbidden {
			refused = append(refused, r.String())
		}
	}
	return asked, refused
}

// missing are the items that a list has not.
func missing(list, items []string) (left []string) {
	for _, item := range items {
		if !slices.Contains(list, item) {
			left = append(left, item)
		}
	}
	return left
}

// may asks the API server what members of a group may do in a namespace, as "verb resource.group/subresource" or "verb resource".
func may(group, namespace, what string) bool {
	GinkgoHelper()
	verb, resource, _ := strings.Cut(what, " ")
	resource, apiGroup, _ := strings.Cut(resource, ".")
	apiGroup, subresource, _ := strings.Cut(apiGroup, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "somebody", Groups: []string{group, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: apiGroup, Resource: resource, Subresource: subresource,
		},
	}}
	Expect(masters().Create(ctx, review)).To(Succeed())
	return review.Status.Allowed
}

var _ = Describe("Least privilege", func() {
	It("lists every permission of the manager, and no other, in docs/rbac.md", func() {
		tables, unseen := documentedPermissions()
		Expect(tables).To(HaveLen(3))
		for i, file := range []string{"role.yaml", "leader_election_role.yaml", "webhook_certificate_role.yaml"} {
			Expect(tables[i]).To(Equal(permissionsIn(shippedRules(file))), file)
		}
		Expect(unseen).To(ConsistOf("update backofficeusers/finalizers.access.backoffice-operator.io", "patch events.events.k8s.io"))
	})

	It("ships no wildcard, and lets the manager neither delete, impersonate, bind nor escalate", func() {
		root, err := devcluster.Repository()
		Expect(err).NotTo(HaveOccurred())
		files, err := filepath.Glob(filepath.Join(root, "config", "rbac", "*_role.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(len(files)).To(BeNumerically(">=", 6))
		for _, file := range append(files, "role.yaml") {
			for _, rule := range shippedRules(filepath.Base(file)) {
				Expect(slices.Concat(rule.Verbs, rule.APIGroups, rule.Resources, rule.NonResourceURLs)).NotTo(ContainElement(ContainSubstring("*")), file)
			}
		}
		for _, rule := range slices.Concat(shippedRules("role.yaml"), shippedRules("leader_election_role.yaml"), shippedRules("webhook_certificate_role.yaml")) {
			Expect(rule.Verbs).NotTo(ContainElement(BeElementOf("delete", "deletecollection", "impersonate", "bind", "escalate")))
		}
	})

	It("needs to update finalizers of users, for Secrets name them as owners that wait for them", func() {
		namespace := shop()
		ann := testkit.User("ann", namespace)
		given(ann)
		secret := secretOf(ann)
		Expect(secret.OwnerReferences).To(HaveLen(1))
		Expect(secret.OwnerReferences[0].BlockOwnerDeletion).To(HaveValue(BeTrue()))
	})

	It("lists where the API server streams no lists, and asks who reads the metrics and whether they may", func() {
		stop()
		DeferCleanup(start)
		GinkgoT().Setenv("KUBE_FEATURE_WatchListClient", "false")
		address := freeAddress()
		secure, err := cluster.StartOperator(ctx, manager, filepath.Join(dir, "manager-lists.log"), "--sqlite-dir="+dir, "--metrics-bind-address="+address)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(secure.Stop()).To(Succeed()) })
		given(testkit.User("ann", shop()))

		namespace := testkit.FreshNamespace(ctx, masters())
		role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: namespace}, Rules: shippedRules("metrics_reader_role.yaml")}
		Expect(masters().Create(ctx, role)).To(Succeed())
		for name, status := range map[string]int{"scraper": http.StatusOK, "passer-by": http.StatusForbidden} {
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
			Expect(masters().Create(ctx, account)).To(Succeed())
			if status == http.StatusOK {
				subject := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
				Expect(devcluster.Bind(ctx, masters(), role.Name, subject)).To(Succeed())
			}
			token := &authenticationv1.TokenRequest{}
			Expect(masters().SubResource("token").Create(ctx, account, token)).To(Succeed())
			Eventually(func() int { return statusOf("https://"+address+"/metrics", token.Status.Token) }, soon, often).Should(Equal(status), name)
		}
		Eventually(func() []string { asked, _ := askedFor(); return asked }, soon, often).Should(ContainElements(
			"list namespaces", "list secrets", "list backoffices.access.backoffice-operator.io", "list backofficeusers.access.backoffice-operator.io",
			"list permissionsets.access.backoffice-operator.io", "list rolebindings.access.backoffice-operator.io",
			"create tokenreviews.authentication.k8s.io", "create subjectaccessreviews.authorization.k8s.io"))
	})

	It("gives viewers, editors and admins what they are for", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		const group = ".access.backoffice-operator.io"
		kinds := []string{"backoffices", "backofficeusers", "permissionsets", "rolebindings"}
		reading, writing := []string{"get", "list", "watch"}, []string{"create", "update", "patch", "delete", "deletecollection"}
		expect := func(who string, allowed bool, verbs []string, resources ...string) {
			GinkgoHelper()
			for _, verb := range verbs {
				for _, resource := range resources {
					Expect(may(who, namespace, verb+" "+resource)).To(Equal(allowed), "%s: %s %s", who, verb, resource)
				}
			}
		}
		bindBuiltIn(namespace, "view", "edit", "admin")
		for _, who := range []string{viewers, editors, owners, "acceptance:view", "acceptance:edit", "acceptance:admin"} {
			for _, kind := range kinds {
				expect(who, true, reading, kind+group)
				expect(who, true, []string{"get"}, kind+group+"/status")
				expect(who, false, []string{"update", "patch"}, kind+group+"/status", kind+group+"/finalizers")
			}
			expect(who, false, []string{"bind", "escalate"}, "clusterroles.rbac.authorization.k8s.io")
			expect(who, false, []string{"impersonate"}, "users", "groups")
		}
		for _, who := range []string{viewers, editors, owners} {
			expect(who, false, append(reading, writing...), "secrets", "pods", "configmaps", "namespaces", "rolebindings.rbac.authorization.k8s.io")
		}
		for _, who := range []string{viewers, "acceptance:view", "acceptance:edit", "acceptance:admin"} {
			for _, kind := range kinds {
				expect(who, false, writing, kind+group)
			}
		}
		expect(editors, true, writing, "backofficeusers"+group, "permissionsets"+group, "rolebindings"+group)
		expect(editors, false, writing, "backoffices"+group)
		expect(owners, true, writing, "backoffices"+group, "backofficeusers"+group, "permissionsets"+group, "rolebindings"+group)
		expect(owners, true, []string{"escalate"}, "backoffices"+group)
		for _, who := range []string{viewers, editors, "acceptance:view", "acceptance:edit", "acceptance:admin"} {
			expect(who, false, []string{"escalate"}, "backoffices"+group)
		}
	})
})

// statusOf is the answer to a request with a token.
func statusOf(url, token string) int {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // it signs for itself
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	Expect(response.Body.Close()).To(Succeed())
	return response.StatusCode
}

// bindBuiltIn gives Kubernetes' own roles to groups named after them, once the shipped ones have been aggregated.
func bindBuiltIn(namespace string, roles ...string) {
	GinkgoHelper()
	for _, role := range roles {
		binding := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: role},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "acceptance:" + role}},
		}
		Expect(masters().Create(ctx, binding)).To(Succeed())
		Eventually(func() bool {
			return may("acceptance:"+role, namespace, "get backoffices.access.backoffice-operator.io")
		}, soon, often).Should(BeTrue(), role)
	}
}
