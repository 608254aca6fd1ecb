// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// labelledNamespace is a namespace with a label, which the operator has seen.
func labelledNamespace(key, value string) string {
	GinkgoHelper()
	name := testkit.FreshNamespace(ctx, admin)
	relabel(name, key, value)
	return name
}

// relabel sets a label of a namespace, and waits until the operator sees it.
func relabel(name, key, value string) {
	GinkgoHelper()
	namespace := &corev1.Namespace{}
	Expect(admin.Get(ctx, client.ObjectKey{Name: name}, namespace)).To(Succeed())
	before := namespace.DeepCopy()
	namespace.Labels[key] = value
	Expect(admin.Patch(ctx, namespace, client.MergeFrom(before))).To(Succeed())
	Eventually(func(g Gomega) {
		m := gather.NamespaceMetadata()
		g.Expect(operator.GetCache().Get(ctx, client.ObjectKey{Name: name}, m)).To(Succeed())
		g.Expect(m.Labels).To(HaveKeyWithValue(key, value))
	}, soon, time.Millisecond).Should(Succeed())
}

// selectedBy admits the namespaces with a label.
func selectedBy(key, value string) v1alpha1.NamespaceAdmission {
	return v1alpha1.NamespaceAdmission{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}}
}
