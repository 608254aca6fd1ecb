// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("An operator of some namespaces", func() {
	It("looks after these with rights in them alone, and lets nothing in elsewhere", func() {
		offices, team, elsewhere := testkit.FreshNamespace(ctx, masters()), testkit.FreshNamespace(ctx, masters()), testkit.FreshNamespace(ctx, masters())
		byLabel := testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}})
		office := testkit.Office("shop", offices, testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"), byLabel)
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		f := newFleet("--watch-namespaces="+offices+","+team, "--sqlite-dir="+dir)
		f.kubeconfig = confined("operator-of-"+offices, offices, team)
		running := f.start()

		By("saying of selectors for namespaces that they count for nothing, and taking names")
		eventually(office, And(notReady(v1alpha1.ReasonPolicyViolated), saying("List the namespaces by names")))
		Expect(change(root(), office, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Namespaces = nil }), testkit.Admits(team))).To(Succeed())
		eventually(office, beReady())

		By("bringing a rollout over two namespaces in force, each with its own resource versions")
		objects := []client.Object{testkit.Set("clerk", offices, testkit.Permissions("orders=Read")), testkit.Binding("clerks", team, testkit.InOffice(offices+"/shop"),
			testkit.ToSet(offices+"/clerk"), testkit.ForLabels("job", "clerk"))}
		for i := range 60 {
			namespace := []string{offices, team}[i%2]
			objects = append(objects, testkit.User(fmt.Sprintf("clerk-%d", i), namespace, testkit.InOffice(offices+"/shop"), testkit.Labels("job", "clerk")))
		}
		given(objects...)
		Expect(requestsOf(running, `code="409"`)).To(BeZero(), "what it has written itself, it has seen")
		Expect(requestsOf(running, `code="403"`)).To(BeZero(), "it has the rights for all that it asks")

		By("refusing what would be in force one day, without anybody having judged it")
		stranger := testkit.User("stranger", elsewhere, testkit.InOffice(offices+"/shop"))
		Expect(root().Create(ctx, stranger)).To(MatchError(ContainSubstring(
			"this operator does not watch namespace %q, and nothing would come of a BackOfficeUser there", elsewhere)))
		Expect(root().Create(ctx, testkit.Office("other", elsewhere))).To(MatchError(ContainSubstring("does not watch namespace")))

		By("refusing selectors for namespaces, whose labels it cannot read")
		Expect(change(root(), office, byLabel)).
			To(MatchError(ContainSubstring("spec.namespaces[1].selector: Forbidden: this operator watches some namespaces alone")))

		By("saying of an object whose BackOffice it does not look after that nothing comes of it, and letting it go")
		lost := testkit.User("lost", team, testkit.InOffice(elsewhere+"/other"))
		Expect(root().Create(ctx, lost)).To(Succeed())
		eventually(lost, And(notReady(v1alpha1.ReasonReferenceNotPermitted), saying("lies in a namespace that this operator does not watch")))
		Expect(root().Delete(ctx, lost)).To(Succeed())
		vanishes(lost)

		By("withdrawing what a namespace gave that is deleted, even where its own rights went first")
		db, err := sqlite.OpenReader(filepath.Join(dir, offices+"_shop.db"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(db.Close)
		active := func() (n int, err error) {
			err = db.QueryRowContext(ctx, "SELECT count(*) FROM active_users WHERE login LIKE 'clerk-%'").Scan(&n)
			return n, err
		}
		Expect(active()).To(Equal(60))
		Expect(masters().Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: team}})).To(Succeed())
		Eventually(active, patient, often).Should(Equal(30), "those of the other namespace")

		By("letting the namespace go, once it may")
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "operator-of-" + offices}
		Expect(devcluster.Bind(ctx, masters(), devcluster.RolePrefix+"manager-role", subject)).To(Succeed())
		Eventually(func() error {
			return masters().Get(ctx, client.ObjectKey{Name: team}, &corev1.Namespace{})
		}, 2*patient, often).ShouldNot(Succeed())
	})
})

// confined makes an identity for a manager with rights in these namespaces alone, and returns its kubeconfig.
func confined(user string, namespaces ...string) string {
	GinkgoHelper()
	whole := &rbacv1.ClusterRole{}
	Expect(masters().Get(ctx, client.ObjectKey{Name: devcluster.RolePrefix + "manager-role"}, whole)).To(Succeed())
	var everywhere, inside []rbacv1.PolicyRule
	for _, rule := range whole.Rules {
		switch {
		case slices.Contains(rule.APIGroups, "authentication.k8s.io"), slices.Contains(rule.APIGroups, "authorization.k8s.io"):
			everywhere = append(everywhere, rule)
		case slices.Equal(rule.Resources, []string{"namespaces"}):
			rule.Verbs, rule.ResourceNames = []string{"get"}, namespaces // not in the namespace, with which it would go
			everywhere = append(everywhere, rule)
		default:
			inside = append(inside, rule)
		}
	}
	subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}
	reviews := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: everywhere}
	Expect(masters().Create(ctx, reviews)).To(Succeed())
	Expect(devcluster.Bind(ctx, masters(), reviews.Name, subject)).To(Succeed())
	for _, namespace := range namespaces {
		meta := metav1.ObjectMeta{Namespace: namespace, Name: "operator"}
		Expect(masters().Create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: inside})).To(Succeed())
		Expect(masters().Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: meta, Subjects: []rbacv1.Subject{subject}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		})).To(Succeed())
	}
	config, err := clientcmd.LoadFromFile(cluster.AdminKubeconfig)
	Expect(err).NotTo(HaveOccurred())
	for _, admin := range config.AuthInfos {
		admin.Impersonate = user
	}
	path := filepath.Join(dir, user+".kubeconfig")
	Expect(clientcmd.WriteToFile(*config, path)).To(Succeed())
	DeferCleanup(os.Remove, path)
	return path
}

// requestsOf counts what a manager has asked of the API server, with these labels.
func requestsOf(r *replica, labels string) int {
	GinkgoHelper()
	response, err := http.Get("http://" + r.metrics + "/metrics")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	total := 0.0
	for _, line := range regexp.MustCompile(`(?m)^rest_client_requests_total\{[^}]*`+labels+`[^}]*\} (\S+)$`).FindAllStringSubmatch(string(body), -1) {
		n, err := strconv.ParseFloat(line[1], 64)
		Expect(err).NotTo(HaveOccurred())
		total += n
	}
	return int(total)
}
