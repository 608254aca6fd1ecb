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
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// members are the objects of our kinds in the namespace.
func (w *world) members() (all []client.Object) {
	GinkgoHelper()
	var (
		offices  v1alpha1.BackOfficeList
		sets     v1alpha1.PermissionSetList
		bindings v1alpha1.RoleBindingList
		users    v1alpha1.BackOfficeUserList
	)
	for _, list := range []client.ObjectList{&offices, &sets, &bindings, &users} {
		Expect(admin.List(ctx, list, client.InNamespace(w.namespace))).To(Succeed())
	}
	for i := range offices.Items {
		all = append(all, &offices.Items[i])
	}
	for i := range sets.Items {
		all = append(all, &sets.Items[i])
	}
	for i := range bindings.Items {
		all = append(all, &bindings.Items[i])
	}
	for i := range users.Items {
		all = append(all, &users.Items[i])
	}
	return all
}

var _ = Describe("A namespace that is deleted with everything in it", func() {
	disposed := func(p v1alpha1.DeletionPolicy) testkit.Mod {
		return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.DeletionPolicy = p })
	}
	It("ends, and the accounts with it, each as its policy says", func() {
		worlds := []*world{newWorld(), newPostgresWorld()} // together: the namespace controller takes its time
		for _, w := range worlds {
			team := testkit.Labels("team", "support")
			w.settle(
				w.office("shop"), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")),
				testkit.User("ann", w.namespace, team), testkit.User("bob", w.namespace, team, disposed(v1alpha1.DeletionDelete)),
				testkit.User("cid", w.namespace, team, disposed(v1alpha1.DeletionOrphan)),
				testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")),
			)
			for _, o := range w.members() {
				w.reconcile(o)
				Expect(o).To(beReady())
			}
			Expect(admin.Delete(ctx, w.itsNamespace())).To(Succeed())
		}
		for _, w := range worlds {
			Eventually(func(g Gomega) {
				g.Expect(w.members()).To(HaveEach(HaveField("ObjectMeta.DeletionTimestamp", Not(BeNil()))))
			}, soon).Should(Succeed())
			w.restart() // what is left has to be enough to find the store again
		}
		Eventually(func(g Gomega) {
			for _, w := range worlds {
				for _, o := range w.members() {
					_, _ = w.try(o) // no Secret can be made in this namespace any more
				}
			}
			for _, w := range worlds {
				g.Expect(gone(w.itsNamespace())).To(BeTrue())
			}
		}, time.Minute, 100*time.Millisecond).Should(Succeed())
		for _, w := range worlds {
			Expect(w.query("shop", "SELECT login, state, owner IS NULL FROM users ORDER BY login")).To(ConsistOf(
				HaveExactElements("ann", "Deactivated", Or(Equal("0"), Equal("false"))),
				HaveExactElements("cid", "Active", Or(Equal("1"), Equal("true"))),
			))
			Expect(w.query("shop", "SELECT login FROM active_users")).To(Equal([][]string{{"cid"}}))
			Expect(w.query("shop", "SELECT used_by FROM owners")).To(Equal([][]string{{""}}), "the owner is free")
		}
	})
})

func (w *world) itsNamespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
}
