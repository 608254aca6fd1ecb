// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const (
	noFinalizers = `{"metadata": {"finalizers": null}}`
	oneOwner     = `{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}]}}`
	noOwners     = `{"metadata": {"ownerReferences": null}}`
)

// A user of rank 1 and one of rank 4; lea has rank 4, eve nothing.
var _ = Describe("To remove an object", func() {
	var (
		namespace          string
		office             *v1alpha1.BackOffice
		boss, ann          *v1alpha1.BackOfficeUser
		lea, eve           client.Client
		collector, emptier client.Client
	)
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office = shop(namespace, testkit.Delegates(4, testkit.Person("lea")))
		boss, ann = testkit.User("boss", namespace), testkit.User("ann", namespace)
		given(ctx, office, testkit.Set("headquarters", namespace, testkit.Rank(1)), testkit.Set("support", namespace, testkit.Rank(4)), boss, ann,
			testkit.Binding("hq", namespace, testkit.ToSet("headquarters"), testkit.ForUsers("boss")),
			testkit.Binding("support", namespace, testkit.ToSet("support"), testkit.ForUsers("ann")))
		lea, eve = as("lea"), as("eve")
		collector, emptier = as("system:serviceaccount:kube-system:generic-garbage-collector"), as("system:serviceaccount:kube-system:namespace-controller")
	})

	Describe("by its finalizer", func() {
		It("takes nothing, and does nothing, while it is not being deleted", func(ctx SpecContext) {
			Expect(eve.Patch(ctx, ann, patch(noFinalizers))).To(Succeed())
			Expect(ann.Finalizers).To(Equal([]string{v1alpha1.Finalizer}))
			Expect(eve.Patch(ctx, ann, patch(`{"metadata": {"finalizers": ["a/b"]}}`))).To(Succeed())
			Expect(ann.Finalizers).To(Equal([]string{"a/b", v1alpha1.Finalizer}))
		})

		It("takes the power to delete it while it is: else the account would stay behind", func(ctx SpecContext) {
			for _, o := range []client.Object{boss, ann, office} {
				Expect(root().Delete(ctx, o)).To(Succeed())
				Expect(root().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
				known(ctx, o)
			}
			Expect(eve.Patch(ctx, ann, patch(noFinalizers))).To(beRefused("no delegation"))
			Expect(eve.Patch(ctx, office, patch(noFinalizers))).To(beRefused("takes the RBAC verb"))
			Expect(lea.Patch(ctx, boss, patch(noFinalizers))).To(beRefused("needs rank 1"))
			Expect(lea.Patch(ctx, boss, patch(`{"metadata": {"finalizers": null, "labels": {"a": "b"}}}`))).To(beRefused("needs rank 1"))
			Expect(collector.Patch(ctx, ann, patch(noFinalizers))).To(beRefused("no delegation"))
			Expect(lea.Patch(ctx, ann, patch(noFinalizers))).To(Succeed())
			Expect(root().Patch(ctx, boss, patch(noFinalizers))).To(Succeed())
			Expect(behind().Patch(ctx, office, patch(noFinalizers))).To(Succeed(), "the operator releases what it has withdrawn")
		})
	})

	Describe("by owner references", func() {
		It("takes the power to delete it", func(ctx SpecContext) {
			Expect(eve.Patch(ctx, ann, patch(oneOwner))).To(beRefused("no delegation"))
			Expect(lea.Patch(ctx, boss, patch(oneOwner))).To(beRefused("needs rank 1"))
			Expect(eve.Patch(ctx, office, patch(oneOwner))).To(beRefused("takes the RBAC verb"))
			Expect(lea.Patch(ctx, ann, patch(oneOwner))).To(Succeed())
			Expect(eve.Patch(ctx, ann, patch(noOwners))).To(beRefused("no delegation"))
		})

		It("takes the power to give back what it denies", func(ctx SpecContext) {
			narrow := testkit.Binding("narrow", namespace, testkit.ToSet("support"), testkit.ForUsers("ann"), testkit.Denies("orders"))
			denying := testkit.Set("denying", namespace, testkit.Deny("orders"))
			given(ctx, narrow, denying)
			for _, o := range []client.Object{narrow, denying} {
				Expect(lea.Delete(ctx, o)).To(beRefused("orders"))
				Expect(lea.Patch(ctx, o, patch(oneOwner))).To(beRefused("orders"))
				Expect(root().Patch(ctx, o, patch(oneOwner))).To(Succeed())
				Expect(root().Delete(ctx, o)).To(Succeed())
				Expect(lea.Patch(ctx, o, patch(`{"metadata": {"finalizers": null, "labels": {"a": "b"}}}`))).To(beRefused("orders"))
			}
		})

		It("is for the garbage collector where somebody with power has written them", func(ctx SpecContext) {
			Expect(collector.Delete(ctx, ann)).To(beRefused("no delegation"))
			Expect(lea.Patch(ctx, ann, patch(oneOwner))).To(Succeed())
			known(ctx, ann)
			Expect(eve.Delete(ctx, ann)).To(beRefused("no delegation"))
			Expect(collector.Delete(ctx, ann)).To(Succeed())
		})

		It("is not for the garbage collector where they came past the webhooks", func(ctx SpecContext) {
			Expect(behind().Patch(ctx, ann, patch(oneOwner))).To(Succeed())
			Expect(collector.Delete(ctx, ann)).To(beRefused("no delegation"))
			Expect(collector.Patch(ctx, ann, patch(noOwners))).To(Succeed(), "to take them away heals")
			stampOf(ann)
		})
	})

	Describe("from its owners", func() {
		const two = `{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}, {"apiVersion": "v1", "kind": "ConfigMap", "name": "y", "uid": "y", "blockOwnerDeletion": true}]}}`

		It("is for the garbage collector, and leaves the author as it is", func(ctx SpecContext) {
			Expect(lea.Patch(ctx, ann, patch(two))).To(Succeed())
			was := stampOf(ann)
			Expect(collector.Patch(ctx, ann, patch(strings.ReplaceAll(two, "true", "false")))).To(Succeed())
			Expect(collector.Patch(ctx, ann, patch(oneOwner))).To(Succeed())
			got := stampOf(ann)
			was.Hash = got.Hash
			Expect(got).To(Equal(was))
			Expect(collector.Patch(ctx, ann, patch(`{"metadata": {"ownerReferences": null, "labels": {"a": "b"}}}`))).To(beRefused("no delegation"))
			Expect(collector.Patch(ctx, ann, patch(two))).To(beRefused("no delegation"))
			Expect(collector.Patch(ctx, ann, patch(noOwners))).To(Succeed())
			Expect(stampOf(ann)).To(And(HaveField("ID", was.ID), HaveField("User", "lea")))
		})
	})

	It("is for the namespace controller where the namespace is going, stamps or not", func(ctx SpecContext) {
		past := &v1alpha1.BackOfficeUser{}
		past.Name, past.Namespace, past.Spec.BackOfficeRef.Name = "past", namespace, "shop"
		Expect(behind().Create(ctx, past)).To(Succeed())
		Expect(emptier.Delete(ctx, past)).To(beRefused("no delegation"))
		ns := &unstructured.Unstructured{}
		ns.SetAPIVersion("v1")
		ns.SetKind("Namespace")
		ns.SetName(namespace)
		Expect(env.Client().Delete(ctx, ns)).To(Succeed())
		Expect(emptier.Delete(ctx, past)).To(Succeed())
		Expect(emptier.Delete(ctx, boss)).To(Succeed())
		Expect(emptier.Patch(ctx, boss, patch(noFinalizers))).To(beRefused("no delegation"), "to delete is not to release")
	})
})
