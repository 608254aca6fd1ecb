// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("the life of an installation", func() {
	inRelease := []string{"--namespace", operatorNamespace}

	It("begins with default values, and an upgrade with the same values writes nothing", func() {
		installOperator()
		populated("shop")
		before := versions()
		upgradeOperator()
		Expect(versions()).To(Equal(before))
	})

	It("does not end while there are users: uninstalling is refused with the ways out, and nothing happens", func() {
		installOperator()
		populated("shop")
		before := versions()
		out := refused(append([]string{"uninstall", operatorRelease}, inRelease...)...)
		Expect(out).To(And(
			ContainSubstring("2 BackOfficeUsers"), ContainSubstring("1 BackOffice"), ContainSubstring("kubectl delete"), ContainSubstring("--no-hooks")))
		Expect(versions()).To(Equal(before))

		By("going on, as if nobody had tried")
		upgradeOperator()
		Expect(versions()).To(Equal(before))
	})

	It("ends when there are no users: kinds and volume are kept, and nothing else is", func() {
		before := versions()
		installOperator()
		populated("shop")
		removeObjects()
		helm(append([]string{"uninstall", operatorRelease, "--wait"}, inRelease...)...)
		Eventually(func() (left []string) {
			for name := range versions() {
				// The namespace of the users is the spec's, and the API server makes an APIService for a group.
				if _, was := before[name]; !was && !strings.HasPrefix(name, "Namespace /spec-") && !strings.HasPrefix(name, "APIService ") {
					left = append(left, name)
				}
			}
			return left
		}, collected, often).Should(ConsistOf(
			"CustomResourceDefinition /backoffices.access.backoffice-operator.io",
			"CustomResourceDefinition /backofficeusers.access.backoffice-operator.io",
			"CustomResourceDefinition /permissionsets.access.backoffice-operator.io",
			"CustomResourceDefinition /rolebindings.access.backoffice-operator.io",
			"PersistentVolumeClaim "+operatorNamespace+"/backoffice-operator-sqlite",
			"Namespace /"+operatorNamespace,
		), "the certificate's Secret goes with the webhooks")
	})

	It("goes on after an interruption that was meant: the same users, and their passwords", func() {
		deployment := installOperator()
		namespace := populated("shop")
		here := accounts{namespace: namespace, store: sqliteStore(deployment, namespace)}
		Expect(here.whoLogIn()).To(ConsistOf("ann", "bob"))
		before := passwords(namespace)

		helm(append([]string{"uninstall", operatorRelease, "--no-hooks", "--wait"}, inRelease...)...)
		Eventually(deployment.Pods, soon, often).Should(BeEmpty())
		Expect(here.users()).To(HaveLen(2))
		Expect(here.whoLogIn()).To(ConsistOf("ann", "bob"), "the store is there, and the application reads it")

		helm(append([]string{"install", operatorRelease, chart("backoffice-operator"), "--wait", "--timeout=60s"}, inRelease...)...)
		Expect(passwords(namespace)).To(Equal(before))
		create(testkit.User("cleo", namespace))
		eventuallyReady(namespace)
		Expect(here.whoLogIn()).To(ConsistOf("ann", "bob", "cleo"))
		Expect(passwords(namespace)).To(And(HaveLen(3), HaveKeyWithValue("ann", before["ann"]), HaveKeyWithValue("bob", before["bob"])))
	})

	It("begins with Helm 3, and goes on with Helm 4", func() {
		runOperator()
		helm3To := func(verb string, arguments ...string) (string, error) {
			return run(helm3, append(append([]string{verb, operatorRelease}, arguments...), inRelease...)...)
		}
		// Helm 3 waits for ReplicaSets, and here are none.
		Expect(helm3To("install", chart("backoffice-operator"), "--create-namespace")).Error().NotTo(HaveOccurred())
		kubectl(append([]string{"rollout", "status", "deployment/" + operatorName, "--timeout=60s"}, inRelease...)...)
		namespace := populated("shop")
		before := versions()
		Expect(helm3To("upgrade", chart("backoffice-operator"))).Error().NotTo(HaveOccurred())
		Expect(versions()).To(Equal(before))
		out, err := helm3To("uninstall")
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("2 BackOfficeUsers"))
		Expect(versions()).To(Equal(before))

		upgradeOperator()
		Expect(versions()).To(Equal(before))
		create(testkit.User("cleo", namespace))
		eventuallyReady(namespace)
	})

	It("survives a roll-back", func() {
		deployment := installOperator()
		namespace := populated("shop")
		upgradeOperator("--set", "log.level=debug")
		Expect(deployment.Pods()[0].Arguments).To(ContainElement("--zap-log-level=debug"))
		helm(append([]string{"rollback", operatorRelease, "1", "--wait", "--timeout=60s"}, inRelease...)...)
		Expect(deployment.Pods()[0].Arguments).To(ContainElement("--zap-log-level=info"))
		create(testkit.User("cleo", namespace))
		eventuallyReady(namespace)
	})
})

// populated makes a back office in a namespace of its own, with the users ann and bob, and waits until all of it is in force.
func populated(office string) (namespace string) {
	GinkgoHelper()
	namespace = testkit.FreshNamespace(ctx, admin)
	populate(namespace, office)
	return namespace
}

func populate(namespace, office string) {
	GinkgoHelper()
	create(testkit.Office(office, namespace, testkit.Delegates(0, testkit.Group("system:masters")), testkit.Giving("*")))
	eventuallyReady(namespace)
	for _, name := range []string{"ann", "bob"} {
		create(testkit.User(name, namespace, testkit.InOffice(office)))
	}
	eventuallyReady(namespace)
}

// create creates an object. What the webhooks' cache does not know yet may be refused for a moment: this waits for it.
func create(o client.Object) {
	GinkgoHelper()
	Eventually(func() error { return admin.Create(ctx, o) }, soon, often).Should(Succeed())
}

// eventuallyReady waits until all back offices and users of a namespace are in force as they are.
func eventuallyReady(namespace string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		offices, users := &v1alpha1.BackOfficeList{}, &v1alpha1.BackOfficeUserList{}
		g.Expect(admin.List(ctx, offices, client.InNamespace(namespace))).To(Succeed())
		g.Expect(admin.List(ctx, users, client.InNamespace(namespace))).To(Succeed())
		for _, o := range append(items(offices), items(users)...) {
			conditions := *o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions()
			ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
			g.Expect(ready).To(HaveValue(And(HaveField("Status", metav1.ConditionTrue), HaveField("ObservedGeneration", o.GetGeneration()))), o.GetName())
		}
	}, soon, often).Should(Succeed())
}

// passwords are those of the users of a namespace, by name.
func passwords(namespace string) map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	for _, u := range (accounts{namespace: namespace}).users() {
		secret := &corev1.Secret{}
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: u.SecretName()}, secret)).To(Succeed())
		found[u.Name] = string(secret.Data[corev1.BasicAuthPasswordKey])
		Expect(found[u.Name]).NotTo(BeEmpty())
	}
	return found
}
