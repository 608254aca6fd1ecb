// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// patient is how long the controllers of Kubernetes may take, which come back after some seconds where something is left.
const patient = 45 * time.Second

var _ = Describe("Kubernetes deletes", func() {
	It("a namespace with its back office in it, and one that belongs to another's, to the end", func() {
		member := testkit.FreshNamespace(ctx, masters())
		with, stays := furnished(), furnished(testkit.Admits(member))
		here := testkit.InOffice(stays.namespace + "/shop")
		given(
			testkit.User("mia", member, here, testkit.Labels("team", "support")),
			testkit.Set("local", member, here, testkit.Permissions("orders")),
			testkit.Binding("local", member, here, testkit.ToSet("local"), testkit.ForLabels("team", "support")),
			testkit.Binding("chiefs", member, here, testkit.ToSet(stays.namespace+"/chief"), testkit.ForUsers("mia")),
		)
		stays.gets("mia", asChief)

		namespaces := []*corev1.Namespace{}
		for _, name := range []string{with.namespace, member} {
			n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
			Expect(masters().Delete(ctx, n)).To(Succeed())
			namespaces = append(namespaces, n)
		}
		for _, n := range namespaces {
			Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(n), n) }, patient, often).Should(Satisfy(apierrors.IsNotFound), n.Name)
		}
		stays.isAsBefore()
		Expect(query(with.namespace, "SELECT login FROM active_users")).To(BeEmpty())
		Expect(query(stays.namespace, "SELECT login FROM active_users WHERE login = 'mia'")).To(BeEmpty())
	})

	for name, propagation := range map[string]metav1.DeletionPropagation{
		"in the background": metav1.DeletePropagationBackground, "in the foreground": metav1.DeletePropagationForeground,
	} {
		It("what belongs to an owner that is deleted "+name, func() {
			h := furnished()
			owner := configMap(h.namespace, "release")
			owned := []client.Object{
				h.user("temp", ownedBy(owner), testkit.Labels("team", "hq")),
				h.set("temp", ownedBy(owner), testkit.Permissions("stock")),
				h.binding("temp", ownedBy(owner), testkit.ToSet("temp"), testkit.ForUsers("temp")),
			}
			given(owned...)
			h.gets("temp", map[string]string{"users": "Write", "payments": "Write", "orders": "Write", "stock": "Read"})
			Expect(masters().Delete(ctx, owner, client.PropagationPolicy(propagation))).To(Succeed())
			for _, o := range owned {
				Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(o), o) }, patient, often).Should(Satisfy(apierrors.IsNotFound))
			}
			Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(owner), owner) }, patient, often).Should(Satisfy(apierrors.IsNotFound))
			Expect(active(h.namespace, "temp")).To(BeFalse())
			h.isAsBefore()
		})
	}

	It("nothing that has another owner left: the garbage collector takes the reference out, and the stamp still fits", func() {
		h := furnished()
		first, second := configMap(h.namespace, "first"), configMap(h.namespace, "second")
		temp := h.user("temp", ownedBy(first, second), testkit.Labels("team", "hq"))
		given(temp)
		before := stampOf(temp)
		Expect(masters().Delete(ctx, first)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(masters().Get(ctx, client.ObjectKeyFromObject(temp), temp)).To(Succeed())
			g.Expect(temp.OwnerReferences).To(HaveLen(1))
		}, patient, often).Should(Succeed())
		Expect(temp.OwnerReferences[0].UID).To(Equal(second.UID))
		after := stampOf(temp)
		Expect(after.User).To(Equal("root"))
		before.Hash = after.Hash
		Expect(after).To(Equal(before))
		eventually(temp, beReady())
		h.gets("temp", asChief)

		By("and then the last owner goes")
		Expect(masters().Delete(ctx, second)).To(Succeed())
		Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(temp), temp) }, patient, often).Should(Satisfy(apierrors.IsNotFound))
		h.isAsBefore()
	})

	It("nothing because somebody without the power named an owner that does not exist", func() {
		h := furnished()
		gone := configMap(h.namespace, "gone")
		Expect(masters().Delete(ctx, gone)).To(Succeed())
		Expect(change(lea(), h.boss, ownedBy(gone))).To(beyond("lea", "user "+h.namespace+"/boss has binding"))
		Expect(change(lea(), h.chief, ownedBy(gone))).To(beyond("lea"))
		Expect(change(eve(), h.viewers, ownedBy(gone))).To(refuse(`matches "eve"`))
		h.isAsBefore()

		By("and with the power it is a deletion like any other")
		Expect(change(lea(), h.bob, ownedBy(gone))).To(Succeed())
		Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(h.bob), h.bob) }, patient, often).Should(Satisfy(apierrors.IsNotFound))
		Expect(active(h.namespace, "bob")).To(BeFalse())
	})

	It("nothing in the name of its controllers: an account of that name elsewhere has no power", func() {
		h := furnished()
		for _, name := range []string{"namespace-controller", "generic-garbage-collector"} {
			impostor := serviceAccount(h.namespace, name)
			Expect(impostor.Delete(ctx, h.bob)).To(refuse(`matches "system:serviceaccount:` + h.namespace + ":" + name))
		}
		controller := serviceAccount("kube-system", "namespace-controller")
		Expect(controller.Delete(ctx, h.bob)).To(refuse(`matches "system:serviceaccount:kube-system:namespace-controller"`), "the namespace is not going")
		collector := serviceAccount("kube-system", "generic-garbage-collector")
		Expect(collector.Delete(ctx, h.bob)).To(refuse(`matches "system:serviceaccount:kube-system:generic-garbage-collector"`), "bob has no owner")
		Expect(change(collector, h.bob, testkit.Labels("team", "hq"))).To(refuse(`matches "system:serviceaccount:kube-system:generic-garbage-collector"`))
		h.isAsBefore()
		var users v1alpha1.BackOfficeUserList
		Expect(masters().List(ctx, &users, client.InNamespace(h.namespace))).To(Succeed())
		Expect(users.Items).To(HaveLen(3))
	})
})
