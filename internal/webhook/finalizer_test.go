// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The webhook for finalizers", func() {
	It("gives every new object our finalizer, beside those that it has", func(ctx SpecContext) {
		namespace := testkit.FreshNamespace(ctx, env.Client())
		others := testkit.User("others", namespace)
		others.Finalizers = []string{"example.org/other"}
		already := testkit.User("already", namespace)
		already.Finalizers = []string{v1alpha1.Finalizer}
		office, set, user := shop(namespace), testkit.Set("viewer", namespace), testkit.User("ann", namespace)
		binding := testkit.Binding("viewers", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		given(ctx, office, set, user, others, already, binding)
		for _, o := range []client.Object{office, set, binding, user, already} {
			Expect(o.GetFinalizers()).To(Equal([]string{v1alpha1.Finalizer}), "%T", o)
		}
		Expect(others.Finalizers).To(Equal([]string{"example.org/other", v1alpha1.Finalizer}))
	})

	It("adds one that server-side apply leaves alone", func(ctx SpecContext) {
		namespace := testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace))
		user := testkit.User("ann", namespace)
		user.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BackOfficeUser"))
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(user)
		Expect(err).NotTo(HaveOccurred())
		delete(content, "status")
		for range 2 {
			manifest := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(content)}
			Expect(root().Apply(ctx, client.ApplyConfigurationFromUnstructured(manifest), client.FieldOwner("gitops"), client.ForceOwnership)).To(Succeed())
			stored := &v1alpha1.BackOfficeUser{}
			Expect(env.Client().Get(ctx, client.ObjectKeyFromObject(user), stored)).To(Succeed())
			Expect(stored.Finalizers).To(Equal([]string{v1alpha1.Finalizer}))
			known(ctx, stored)
		}
	})
})
