// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// built writes what kustomize makes of config/default, with components of config on top of it, and returns the file.
func built(components ...string) string {
	GinkgoHelper()
	folder, err := os.MkdirTemp(dir, "kustomize-")
	Expect(err).NotTo(HaveOccurred())
	config, err := filepath.Rel(folder, filepath.Join(root, "config"))
	Expect(err).NotTo(HaveOccurred())
	content := fmt.Sprintf("resources: [%s/default]\ncomponents:\n", config)
	for _, c := range components {
		content += fmt.Sprintf("- %s/%s\n", config, c)
	}
	Expect(os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(content), 0o600)).To(Succeed())
	return values(kubectl("kustomize", folder))
}

// withoutCertManager leaves out cert-manager's own kinds, which this cluster does not have, and expects them to be right.
func withoutCertManager(file string) string {
	GinkgoHelper()
	content, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	var ours, theirs []string
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		if strings.HasPrefix(document, "apiVersion: cert-manager.io/v1\n") {
			theirs = append(theirs, document)
		} else {
			ours = append(ours, document)
		}
	}
	Expect(strings.Join(theirs, "\n")).To(And(ContainSubstring("kind: Issuer"), ContainSubstring("kind: Certificate"),
		ContainSubstring("secretName: "+certificateSecret), ContainSubstring("- backoffice-operator-webhook-service."+operatorNamespace+".svc\n")))
	rest := strings.Join(ours, "\n---\n")
	Expect(rest).To(And(ContainSubstring("--webhook-cert-dir="), ContainSubstring("secretName: "+certificateSecret),
		Not(ContainSubstring("--webhook-cert-secret")), Not(ContainSubstring("webhook-certificate-role"))))
	Expect(strings.Count(rest, "cert-manager.io/inject-ca-from: "+operatorNamespace+"/backoffice-operator-serving-cert")).To(Equal(2))
	return values(rest)
}

// certificateSecret holds the certificate of the webhooks.
const certificateSecret = "backoffice-operator-webhook-server-cert"

// takenDryRun is a line of kubectl for an object that the API server would take.
var takenDryRun = regexp.MustCompile(`^\S+ (created|configured) \(server dry run\)$`)

// People install config/default with kubectl alone. The manager runs as its Deployment says, with the permissions that it has there.
var _ = Describe("The manifests of config/default", Ordered, func() {
	var (
		deployment *devcluster.Deployment
		manifests  string
		secret     = types.NamespacedName{Namespace: operatorNamespace, Name: certificateSecret}
	)
	apply := func() {
		GinkgoHelper()
		kubectl("apply", "-f", manifests)
		Eventually(func(g Gomega) {
			d := &appsv1.Deployment{}
			g.Expect(admin.Get(ctx, types.NamespacedName{Namespace: operatorNamespace, Name: operatorName}, d)).To(Succeed())
			g.Expect(d.Status.ReadyReplicas).To(BeEquivalentTo(1), "%v", deployment.Err())
		}, soon, often).Should(Succeed())
	}
	BeforeAll(func() {
		manifests = built()
		DeferCleanup(func() { // what takeAway does not know
			_, _ = run(cluster.Kubectl, "delete", "-f", manifests, "--ignore-not-found")
			_, _ = run(cluster.Kubectl, "delete", "namespace", "plain", "--ignore-not-found")
		})
		deployment = runOperator()
	})

	It("are taken by the API server without a warning, also with the components", func() {
		kubectl("create", "namespace", operatorNamespace, "--save-config") // else nothing can be dry-run in it
		for _, file := range []string{manifests, built("network-policy"), withoutCertManager(built("certmanager", "network-policy"))} {
			lines := strings.Split(strings.TrimSpace(kubectl("apply", "--dry-run=server", "-f", file)), "\n")
			Expect(len(lines)).To(BeNumerically(">", 20))
			Expect(lines).To(HaveEach(MatchRegexp(takenDryRun.String())))
		}
	})

	It("bring a manager that is ready soon, with a certificate of its own", func() {
		begin := time.Now()
		apply()
		AddReportEntry("ready after", time.Since(begin).String())
		made := &corev1.Secret{}
		Expect(admin.Get(ctx, secret, made)).To(Succeed())
		Expect(made.Type).To(Equal(corev1.SecretTypeTLS))
	})

	It("let it touch no other certificate and no other configuration", func() {
		account := testkit.As(cluster.Admin, "system:serviceaccount:"+operatorNamespace+":"+operatorName)
		list := func(o client.ObjectList, name string) error {
			return account.List(ctx, o, client.MatchingFields{"metadata.name": name})
		}
		foreign := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "foreign"}}
		own := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "backoffice-operator-validating-webhook-configuration"}}
		change := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"a": "b"}}}`))
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		DeferCleanup(func() { Expect(admin.Delete(ctx, foreign)).To(Succeed()) })
		Expect(list(&admissionv1.ValidatingWebhookConfigurationList{}, own.Name)).To(Succeed())
		for sentence, err := range map[string]error{
			"another validating configuration is read": list(&admissionv1.ValidatingWebhookConfigurationList{}, foreign.Name),
			"another mutating configuration is read":   list(&admissionv1.MutatingWebhookConfigurationList{}, foreign.Name),
			"all configurations are read":              account.List(ctx, &admissionv1.ValidatingWebhookConfigurationList{}),
			"another configuration is changed":         account.Patch(ctx, foreign.DeepCopy(), change),
			"the own configuration is deleted":         account.Delete(ctx, own.DeepCopy()),
			"another configuration is made":            account.Create(ctx, &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "new"}}),
			"the Secret of the certificate is deleted": account.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secret.Namespace, Name: secret.Name}}),
		} {
			Expect(err).To(Satisfy(apierrors.IsForbidden), sentence)
		}
	})

	It("have webhooks that judge at every moment, also while authority and certificate are made anew", func() {
		Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "plain"}})).To(Succeed())
		office := testkit.Office("shop", "plain", testkit.Delegates(0, testkit.Person("admin")), testkit.Giving("*"))
		Expect(admin.Create(ctx, office)).To(Succeed())
		Expect(admin.Create(ctx, testkit.User("ann", "plain"))).To(Succeed())
		Expect(admin.Create(ctx, testkit.Set("circle", "plain", testkit.Extends("circle")))).To(Satisfy(apierrors.IsInvalid), "by a rule of the webhook")
		was, now := &corev1.Secret{}, &corev1.Secret{}
		Expect(admin.Get(ctx, secret, was)).To(Succeed())
		Expect(admin.Delete(ctx, was.DeepCopy())).To(Succeed())
		asked := 0
		for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(often) { // a new certificate is served 5 s after its authority was told
			o := testkit.User(fmt.Sprintf("user-%d", asked), "plain")
			Expect(admin.Create(ctx, o, client.DryRunAll)).To(Succeed(), "request %d", asked)
			Expect(o.Annotations).To(HaveKey(v1alpha1.AnnotationAdmitted), "the webhook was asked")
			asked++
		}
		AddReportEntry("requests, none of them refused", asked)
		Expect(admin.Get(ctx, secret, now)).To(Succeed())
		Expect(now.Data[corev1.TLSCertKey]).NotTo(Equal(was.Data[corev1.TLSCertKey]))
		log, err := os.ReadFile(deployment.Pods()[0].Log)
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Count(string(log), "Serving a certificate of the webhooks")).To(Equal(2))
		Expect(string(log)).NotTo(ContainSubstring("PRIVATE"))
		for name, value := range now.Data {
			Expect(string(log)).NotTo(ContainSubstring(strings.Split(string(value), "\n")[1][:40]), name)
		}
	})

	It("lose nothing when they are deleted while there are users", func() {
		ann, password := &v1alpha1.BackOfficeUser{}, &corev1.Secret{}
		Eventually(func(g Gomega) {
			g.Expect(admin.Get(ctx, types.NamespacedName{Namespace: "plain", Name: "ann"}, ann)).To(Succeed())
			g.Expect(meta.IsStatusConditionTrue(ann.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "%v", ann.Status.Conditions)
		}, soon, often).Should(Succeed())
		Expect(admin.Get(ctx, types.NamespacedName{Namespace: "plain", Name: ann.Status.Binding.Name}, password)).To(Succeed())

		out, err := run(cluster.Kubectl, "delete", "-f", manifests, "--dry-run=server")
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("the operator still manages 1 BackOffice, 1 BackOfficeUser in the namespace plain"))
		out, err = run(cluster.Kubectl, "delete", "-f", manifests)
		Expect(err).To(HaveOccurred())
		Expect(strings.Count(out, "the operator still manages")).To(Equal(6), "four kinds, the namespace and the volume: %s", out)
		Eventually(deployment.Pods, soon, often).Should(BeEmpty())

		apply()
		again := &corev1.Secret{}
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(password), again)).To(Succeed())
		Expect(again.Data).To(Equal(password.Data))
	})

	It("can be deleted when there are none", func() {
		kubectl("delete", "backofficeusers.access.backoffice-operator.io,backoffices.access.backoffice-operator.io", "--all", "--all-namespaces")
		out, err := run(cluster.Kubectl, "delete", "-f", manifests, "--ignore-not-found")
		if err != nil { // the namespace was emptied, and its manager ended, before the volume's turn came; the webhooks are gone by now
			Expect(strings.Count(out, "Error from server")).To(Equal(1), out)
			Expect(out).To(ContainSubstring(`failed calling webhook "uninstall.access.backoffice-operator.io"`))
			kubectl("delete", "-f", manifests, "--ignore-not-found")
		}
		Expect(admin.Get(ctx, types.NamespacedName{Name: operatorNamespace}, &corev1.Namespace{})).To(Satisfy(apierrors.IsNotFound))
	})
})
