// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const managerUser = "system:serviceaccount:" + operatorNamespace + ":" + operatorName

// managerAccount acts as the manager's service account.
func managerAccount() client.Client {
	return testkit.As(cluster.Admin, managerUser, "system:serviceaccounts", "system:serviceaccounts:"+operatorNamespace, "system:authenticated")
}

var _ = Describe("an installation in some namespaces alone", func() {
	It("works there, and has no power elsewhere", func() {
		watched := []string{testkit.FreshNamespace(ctx, admin), testkit.FreshNamespace(ctx, admin)}
		elsewhere := testkit.FreshNamespace(ctx, admin)
		installOperator("--values", values("{rbac: {namespaced: true}, watchNamespaces: ["+strings.Join(watched, ", ")+"]}"))
		for _, namespace := range watched {
			populate(namespace, "shop")
		}

		By("leaving alone what is elsewhere")
		office := testkit.Office("shop", elsewhere)
		Expect(admin.Create(ctx, office)).To(Succeed(), "no webhook of ours is asked")
		Consistently(func(g Gomega) {
			g.Expect(admin.Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
			g.Expect(office.Finalizers).To(BeEmpty())
			g.Expect(office.Status.Conditions).To(BeEmpty())
		}, "1s", often).Should(Succeed())

		By("being refused whatever it would try there")
		self := managerAccount()
		for _, list := range []client.ObjectList{
			&corev1.SecretList{}, &v1alpha1.BackOfficeList{}, &v1alpha1.BackOfficeUserList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.RoleBindingList{},
		} {
			Expect(self.List(ctx, list, client.InNamespace(watched[0]))).To(Succeed())
			Expect(self.List(ctx, list, client.InNamespace(elsewhere))).To(Satisfy(apierrors.IsForbidden))
			Expect(self.List(ctx, list)).To(Satisfy(apierrors.IsForbidden))
		}
		Expect(self.List(ctx, &corev1.NamespaceList{})).To(Satisfy(apierrors.IsForbidden))
		Expect(self.Get(ctx, client.ObjectKey{Name: watched[0]}, &corev1.Namespace{})).To(Succeed())
		Expect(self.Get(ctx, client.ObjectKey{Name: elsewhere}, &corev1.Namespace{})).To(Satisfy(apierrors.IsForbidden))

		By("upgrading without a write")
		before := versions()
		upgradeOperator("--reuse-values")
		Expect(versions()).To(Equal(before))
	})
})

var _ = Describe("an installation with cert-manager and prometheus-operator", func() {
	It("has objects that their kinds accept, and works with the certificate that it is given", func() {
		inAll := []string{"--set-json", "watchNamespaces=[]"}
		foreignKinds()
		out, err := render(helm4, everything, inAll...)
		Expect(err).NotTo(HaveOccurred())
		Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}})).To(Succeed())
		printed := kubectl("apply", "--dry-run=server", "--validate=strict", "--server-side", "--filename", values(out))
		Expect(printed).To(And(
			ContainSubstring("certificate.cert-manager.io/"), ContainSubstring("issuer.cert-manager.io/"), ContainSubstring("networkpolicy.networking.k8s.io/"),
			ContainSubstring("servicemonitor.monitoring.coreos.com/"), ContainSubstring("prometheusrule.monitoring.coreos.com/")))
		Expect(printed).NotTo(ContainSubstring("Warning"))

		issued := make(chan struct{})
		go func() { defer close(issued); defer GinkgoRecover(); issue() }()
		installOperator(append(inAll, "--values", values(everything))...)
		Eventually(issued, soon).Should(BeClosed())
		populated("shop")
		before := versions()
		upgradeOperator("--reuse-values")
		Expect(versions()).To(Equal(before))
	})
})

// foreignKinds installs those kinds of others that our manifests use, until the spec has ended.
func foreignKinds() {
	GinkgoHelper()
	fetch := exec.CommandContext(ctx, filepath.Join(root, "hack", "tools", "crds.sh"))
	fetch.Stderr = GinkgoWriter
	folder, err := fetch.Output()
	Expect(err).NotTo(HaveOccurred())
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(folder)), "*.yaml"))
	Expect(err).NotTo(HaveOccurred())
	Expect(files).To(HaveLen(4))
	for _, file := range files {
		content, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		for _, o := range documents(string(content)) {
			Expect(admin.Create(ctx, o)).To(Succeed())
			DeferCleanup(func() { Expect(admin.Delete(ctx, o)).To(Succeed()) })
			Eventually(func(g Gomega) {
				g.Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
				g.Expect(o.Object["status"]).To(HaveKeyWithValue("conditions", ContainElement(And(
					HaveKeyWithValue("type", "Established"), HaveKeyWithValue("status", "True")))))
			}, soon, often).Should(Succeed())
		}
	}
}

// issue does once what cert-manager does: it issues what the Certificate asks for, and brings the authority to the webhooks that name it.
func issue() {
	certificate := &unstructured.Unstructured{}
	certificate.SetGroupVersionKind(schema.GroupVersionKind{Group: "cert-manager.io", Version: "v1", Kind: "Certificate"})
	key := client.ObjectKey{Namespace: operatorNamespace, Name: "backoffice-operator-serving-cert"}
	Eventually(func() error { return admin.Get(ctx, key, certificate) }, soon, often).Should(Succeed())
	names, _, err := unstructured.NestedStringSlice(certificate.Object, "spec", "dnsNames")
	Expect(err).NotTo(HaveOccurred())
	secret, _, err := unstructured.NestedString(certificate.Object, "spec", "secretName")
	Expect(err).NotTo(HaveOccurred())
	pair, private, err := cert.GenerateSelfSignedCertKey(names[0], nil, names[1:])
	Expect(err).NotTo(HaveOccurred())
	Expect(admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: secret},
		Type:       corev1.SecretTypeTLS,
		Data:       map[string][]byte{corev1.TLSCertKey: pair, corev1.TLSPrivateKeyKey: private},
	})).To(Succeed())
	mutating, validating := &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}
	Eventually(func(g Gomega) {
		g.Expect(admin.Get(ctx, client.ObjectKey{Name: "backoffice-operator-mutating-webhook-configuration"}, mutating)).To(Succeed())
		g.Expect(admin.Get(ctx, client.ObjectKey{Name: "backoffice-operator-validating-webhook-configuration"}, validating)).To(Succeed())
		for _, o := range []client.Object{mutating, validating} {
			g.Expect(o.GetAnnotations()).To(HaveKeyWithValue("cert-manager.io/inject-ca-from", key.String()))
		}
		for i := range mutating.Webhooks {
			mutating.Webhooks[i].ClientConfig.CABundle = pair
		}
		for i := range validating.Webhooks {
			validating.Webhooks[i].ClientConfig.CABundle = pair
		}
		g.Expect(admin.Update(ctx, mutating)).To(Succeed())
		g.Expect(admin.Update(ctx, validating)).To(Succeed())
	}, soon, often).Should(Succeed())
	now := metav1.Now().UTC().Format("2006-01-02T15:04:05Z")
	for _, o := range []*unstructured.Unstructured{certificate, issuerOf(certificate)} {
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		o.Object["status"] = map[string]any{"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "Issued", "message": "", "lastTransitionTime": now, "observedGeneration": o.GetGeneration(),
		}}}
		Expect(admin.Status().Update(ctx, o)).To(Succeed())
	}
}

func issuerOf(certificate *unstructured.Unstructured) *unstructured.Unstructured {
	GinkgoHelper()
	name, _, err := unstructured.NestedString(certificate.Object, "spec", "issuerRef", "name")
	Expect(err).NotTo(HaveOccurred())
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(schema.GroupVersionKind{Group: "cert-manager.io", Version: "v1", Kind: "Issuer"})
	o.SetNamespace(operatorNamespace)
	o.SetName(name)
	return o
}

var _ = Describe("the pods of an installation", func() {
	DescribeTable("may run where the Pod Security Standard is restricted", func(content string) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			GenerateName: "spec-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
		}}
		Expect(admin.Create(ctx, namespace)).To(Succeed())
		out, err := render(helm4, content)
		Expect(err).NotTo(HaveOccurred())
		found := 0
		for _, o := range documents(out) {
			if o.GetKind() != "Deployment" {
				continue
			}
			found++
			deployment := &appsv1.Deployment{}
			Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, deployment)).To(Succeed())
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "pod", Labels: deployment.Spec.Template.Labels},
				Spec:       deployment.Spec.Template.Spec,
			}
			Expect(admin.Create(ctx, pod.DeepCopy(), client.DryRunAll)).To(Succeed())
			pod.Spec.Containers[0].SecurityContext = nil
			Expect(admin.Create(ctx, pod, client.DryRunAll)).To(MatchError(ContainSubstring("violates PodSecurity")), "the standard is enforced")
		}
		Expect(found).To(Equal(1))
	},
		Entry("with default values", ""),
		Entry("with all that is optional", everything),
		Entry("with two managers", replicated),
	)
})
