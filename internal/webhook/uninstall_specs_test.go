// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("An installation with objects that have to be withdrawn", func() {
	const label = "access.backoffice-operator.io/uninstall"
	var (
		namespace string
		admin     client.Client
		protects  = map[string]string{label: "backoffice-operator"}
	)
	volume := func(name string, labels map[string]string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels}, Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		}}
	}
	refused := And(Satisfy(apierrors.IsForbidden), WithTransform(error.Error, And(
		ContainSubstring(`admission webhook "uninstall.access.backoffice-operator.io" denied the request: the operator still manages `),
		ContainSubstring("BackOfficeUser"), ContainSubstring("kubectl delete rolebindings.access"), ContainSubstring("helm uninstall --no-hooks"))))

	BeforeEach(func(ctx SpecContext) {
		scheme := runtime.NewScheme()
		Expect(corev1.AddToScheme(scheme)).To(Succeed())
		Expect(apiextensionsv1.AddToScheme(scheme)).To(Succeed())
		var err error
		admin, err = client.New(env.Admin, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace), testkit.User("ann", namespace))
	})

	It("is not taken away: who asks by an object of this label is refused, with the reason", func(ctx SpecContext) {
		question := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "uninstall", Namespace: namespace, Labels: protects}}
		Expect(admin.Create(ctx, question)).To(refused)
		Expect(admin.Create(ctx, question, client.DryRunAll)).To(refused)
		question.Labels = map[string]string{label: "another-installation"}
		Expect(admin.Create(ctx, question)).To(Succeed())
		Expect(admin.Delete(ctx, question)).To(Succeed())
	})

	It("keeps its namespace and its volume", func(ctx SpecContext) {
		home := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "home-", Labels: protects}}
		Expect(admin.Create(ctx, home)).To(Succeed())
		Expect(admin.Delete(ctx, home)).To(refused)
		Expect(admin.Delete(ctx, home, client.DryRunAll)).To(refused)

		kept, free := volume("sqlite", protects), volume("foreign", nil)
		Expect(admin.Create(ctx, kept)).To(Succeed())
		Expect(admin.Create(ctx, free)).To(Succeed())
		Expect(admin.Delete(ctx, kept)).To(refused)
		Expect(admin.DeleteAllOf(ctx, &corev1.PersistentVolumeClaim{}, client.InNamespace(namespace), client.MatchingLabels(protects))).To(refused)
		Expect(admin.Delete(ctx, free)).To(Succeed())
		Expect(as("system:serviceaccount:kube-system:namespace-controller", "system:masters").Delete(ctx, kept)).To(Succeed(), "else a namespace that is going would never be gone")
	})

	It("keeps its kinds", func(ctx SpecContext) {
		kind := &apiextensionsv1.CustomResourceDefinition{
			ObjectMeta: metav1.ObjectMeta{Name: "protecteds.example.com", Labels: protects},
			Spec: apiextensionsv1.CustomResourceDefinitionSpec{
				Group: "example.com", Scope: apiextensionsv1.NamespaceScoped,
				Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "protecteds", Singular: "protected", Kind: "Protected", ListKind: "ProtectedList"},
				Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
					Name: "v1", Served: true, Storage: true,
					Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object"}},
				}},
			},
		}
		Expect(admin.Create(ctx, kind)).To(Succeed())
		Expect(admin.Delete(ctx, kind)).To(refused)
		kind.Labels = nil
		Expect(admin.Patch(ctx, kind, patch(`{"metadata": {"labels": null}}`))).To(Succeed())
		Expect(admin.Delete(ctx, kind)).To(Succeed())
	})
})
