// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A BackOffice", func() {
	const needsVerb = `metadata.name: Forbidden: creating, changing and deleting a BackOffice takes the RBAC verb "escalate" on it, because it says who may hand out access; `
	var (
		namespace string
		office    *v1alpha1.BackOffice
	)
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office = shop(namespace, testkit.Delegates(0, testkit.Person("lea")))
		given(ctx, office)
	})

	It("takes the verb escalate, which no delegation replaces", func(ctx SpecContext) {
		lea := as("lea")
		Expect(lea.Create(ctx, testkit.Office("mine", namespace))).To(beRefused(needsVerb + `"lea" lacks it`))
		Expect(lea.Update(ctx, changed(office, testkit.Delegates(0, testkit.Person("eve"))))).To(beRefused(needsVerb))
		Expect(lea.Update(ctx, changed(office, testkit.Labels("x", "y")))).To(beRefused(needsVerb))
		Expect(lea.Delete(ctx, office)).To(beRefused(needsVerb))
	})

	It("is written by who has the verb", func(ctx SpecContext) {
		Expect(as("adm", testkit.Escalators).Update(ctx, changed(office, testkit.Admits("team")))).To(Succeed())
		Expect(as("adm", testkit.Escalators).Delete(ctx, office)).To(Succeed())
	})

	It("may leave its name to the API server", func(ctx SpecContext) {
		unnamed := func() *v1alpha1.BackOffice {
			return testkit.Office("", namespace, func(o client.Object) { o.SetGenerateName("made-up-") })
		}
		Expect(as("lea").Create(ctx, unnamed())).To(beRefused(`BackOffice.access.backoffice-operator.io "made-up-`, needsVerb, "resourceNames: [made-up-"))
		Expect(root().Create(ctx, unnamed())).To(Succeed())
	})

	It("does not let the verb stand in for a delegation", func(ctx SpecContext) {
		Expect(as("adm", testkit.Escalators).Create(ctx, testkit.User("ann", namespace))).To(beRefused("needs a delegation of any rank"))
	})

	It("may get a finalizer and status from the manager", func(ctx SpecContext) {
		manager := testkit.As(env.Admin, devcluster.ManagerUser)
		patch := client.MergeFrom(office.DeepCopy())
		office.SetFinalizers([]string{v1alpha1.Finalizer})
		Expect(manager.Patch(ctx, office, patch)).To(Succeed())
		patch = client.MergeFrom(office.DeepCopy())
		office.Status.StoreKind = v1alpha1.StoreSQLite
		Expect(manager.Status().Patch(ctx, office, patch)).To(Succeed())
	})
})

var _ = Describe("A namespace that is deleted", func() {
	var (
		namespace string
		ann       *v1alpha1.BackOfficeUser
		office    *v1alpha1.BackOffice
	)
	controller := func() client.Client { return as("system:serviceaccount:kube-system:namespace-controller") }

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office, ann = shop(namespace), testkit.User("ann", namespace)
		given(ctx, office, ann)
	})

	It("is emptied by its controller, and by nobody else", func(ctx SpecContext) {
		Expect(env.Client().Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		Expect(as("eve").Delete(ctx, ann)).To(beRefused("needs a delegation"))
		Expect(as("system:serviceaccount:kube-system:generic-garbage-collector").Delete(ctx, ann)).To(beRefused("needs a delegation"))
		Expect(controller().DeleteAllOf(ctx, &v1alpha1.BackOfficeUser{}, client.InNamespace(namespace))).To(Succeed())
		Expect(controller().Delete(ctx, office)).To(Succeed())
	})

	It("is not emptied before", func(ctx SpecContext) {
		Expect(controller().Delete(ctx, ann)).To(beRefused("needs a delegation"))
		Expect(controller().Delete(ctx, office)).To(beRefused("takes the RBAC verb"))
	})
})
