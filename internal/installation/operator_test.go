// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

const (
	// operatorRelease is the name of the release, and operatorNamespace its namespace, as the documentation has them.
	operatorRelease   = "backoffice-operator"
	operatorNamespace = "backoffice-operator-system"
	operatorName      = "backoffice-operator-controller-manager" // of the Deployment and the service account
)

// installOperator installs the operator's chart and waits until it is ready. All of it is taken away when the spec has ended.
func installOperator(arguments ...string) *devcluster.Deployment {
	GinkgoHelper()
	return installVersion(chart("backoffice-operator"), arguments...)
}

// installVersion is installOperator with a chart that is not the one of the tree.
func installVersion(chart string, arguments ...string) *devcluster.Deployment {
	GinkgoHelper()
	deployment := runOperator()
	helm(append([]string{
		"install", operatorRelease, chart, "--namespace", operatorNamespace, "--create-namespace", "--wait", "--timeout=60s",
	}, arguments...)...)
	return deployment
}

// upgradeOperator upgrades the release and waits until it is ready.
func upgradeOperator(arguments ...string) string {
	GinkgoHelper()
	return helm(append([]string{
		"upgrade", operatorRelease, chart("backoffice-operator"), "--namespace", operatorNamespace, "--wait", "--timeout=60s",
	}, arguments...)...)
}

// runOperator runs the operator's Deployment, as soon as there is one, until the spec has ended; then whatever the spec has installed goes away.
func runOperator() *devcluster.Deployment {
	GinkgoHelper()
	deployment := cluster.RunDeployment(ctx, manager, operatorNamespace, operatorName)
	DeferCleanup(func() { Expect(deployment.Stop()).To(Succeed()) }) // whatever becomes of the rest
	DeferCleanup(func() {
		if CurrentSpecReport().Failed() {
			tell(deployment)
		}
		takeAway()
	})
	return deployment
}

// tell prints what a failed spec's operator had to say.
func tell(d *devcluster.Deployment) {
	AddReportEntry("what is in the way of pods", fmt.Sprint(d.Err()), ReportEntryVisibilityFailureOrVerbose)
	for _, p := range d.Pods() {
		log, _ := os.ReadFile(p.Log)
		AddReportEntry("log of "+p.Name, string(log[max(0, len(log)-8192):]), ReportEntryVisibilityFailureOrVerbose)
	}
}

// takeAway takes away the release, whatever objects of our kinds a spec has left, failed or not, and what the release keeps.
func takeAway() {
	GinkgoHelper()
	_, _ = run(helm4, "uninstall", operatorRelease, "--namespace", operatorNamespace, "--no-hooks", "--ignore-not-found", "--wait")
	labelled := client.MatchingLabels{"app.kubernetes.io/name": "backoffice-operator"}
	for _, configuration := range []client.Object{&admissionv1.ValidatingWebhookConfiguration{}, &admissionv1.MutatingWebhookConfiguration{}} {
		Expect(admin.DeleteAllOf(ctx, configuration, labelled)).To(Succeed())
	}
	abandonObjects() // before their kinds: what those leave behind is there again with the next installation
	Expect(admin.DeleteAllOf(ctx, definition(), labelled)).To(Succeed())
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}}
	Expect(client.IgnoreNotFound(admin.Delete(ctx, namespace))).To(Succeed())
	Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(namespace), namespace) }, soon, often).
		Should(Satisfy(apierrors.IsNotFound))
	Eventually(func(g Gomega) {
		g.Expect(definitions(g)).To(BeEmpty())
	}, soon, often).Should(Succeed())
}

// abandonObjects removes all objects of our kinds while no operator runs: nobody judges that, and nobody withdraws accounts. Their Secrets go with them:
// the garbage collector, which their kinds leave alone, may take them as late as in the middle of another spec.
func abandonObjects() {
	GinkgoHelper()
	vanish(func(g Gomega, o client.Object) {
		o.SetFinalizers(nil)
		g.Expect(client.IgnoreNotFound(admin.Update(ctx, o))).To(Succeed())
	})
	var secrets corev1.SecretList
	Expect(admin.List(ctx, &secrets, client.MatchingLabels{v1alpha1.LabelSecret: v1alpha1.SecretCredential})).To(Succeed())
	for i := range secrets.Items {
		Expect(client.IgnoreNotFound(admin.Delete(ctx, &secrets.Items[i]))).To(Succeed())
	}
}

// removeObjects deletes all objects of our kinds. What the back offices of specs delegate has to let the group system:masters do so, or nobody.
func removeObjects() {
	GinkgoHelper()
	vanish(func(Gomega, client.Object) {})
}

// vanish deletes all objects of our kinds, users before their back offices, each after it was prepared, and waits until they are gone.
func vanish(prepare func(Gomega, client.Object)) {
	GinkgoHelper()
	if len(definitions(Default)) == 0 {
		return
	}
	for _, list := range []client.ObjectList{
		&v1alpha1.RoleBindingList{}, &v1alpha1.BackOfficeUserList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.BackOfficeList{},
	} {
		Eventually(func(g Gomega) {
			g.Expect(admin.List(ctx, list)).To(Succeed())
			for _, o := range items(list) {
				prepare(g, o)
				g.Expect(client.IgnoreNotFound(admin.Delete(ctx, o))).To(Succeed())
			}
			g.Expect(items(list)).To(BeEmpty())
		}, soon, often).Should(Succeed())
	}
}
