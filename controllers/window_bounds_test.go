// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// applyUntil creates a binding that ends at a time as a manifest has it: some cannot be told by the API type.
func (w *world) applyUntil(b *v1alpha1.RoleBinding, expiresAt string) {
	GinkgoHelper()
	b.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("RoleBinding"))
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(b)
	Expect(err).NotTo(HaveOccurred())
	Expect(unstructured.SetNestedField(content, expiresAt, "spec", "expiresAt")).To(Succeed())
	Expect(admin.Create(ctx, &unstructured.Unstructured{Object: content})).To(Succeed())
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(b), b)).To(Succeed())
	w.readmit(b)
}

var _ = DescribeTable("A binding that ends at the edge of what the schema admits",
	func(expiresAt string, permissions map[string]string) {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")))
		ann := testkit.User("ann", w.namespace)
		binding := testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.applyUntil(binding, expiresAt)
		w.settle(ann)
		w.reconcile(binding)
		Expect(binding).To(beReady())
		Expect(ann).To(beReady())
		Expect(w.permissions("ann")).To(Equal(permissions))
	},
	Entry("in the year 10000 of UTC, is in force", "9999-12-31T23:59:59-12:00", map[string]string{"orders": "Read"}),
	Entry("at the zero time, is not", "0001-01-01T00:00:00Z", map[string]string{}),
	Entry("before the year 0 of UTC, is not", "0000-01-01T00:00:00+14:00", map[string]string{}),
)
