// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// objects are users as objects.
func objects(users []*v1alpha1.BackOfficeUser) (all []client.Object) {
	for _, u := range users {
		all = append(all, u)
	}
	return all
}

var _ = Describe("Seats of a hosting panel", func() {
	It("are three for administrators, however many come at once, and more on request", Label("H-02"), func() {
		namespace := shop(testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Quotas = officeOf("hosting").Spec.Quotas }))
		administrators := func() int {
			return len(query(namespace, "SELECT login FROM users WHERE account_type = 'Administrator' AND state <> 'Deactivated'"))
		}
		staff := numbered(6, "staff", namespace)
		given(objects(staff)...)

		By("twelve are created and six promoted at the same moment, while somebody counts")
		exceeded := make(chan int, 1)
		done := make(chan struct{})
		finish := sync.OnceFunc(func() { close(done) })
		defer finish()
		go func() {
			defer GinkgoRecover()
			defer close(exceeded)
			for most := 0; ; {
				most = max(most, administrators())
				select {
				case <-done:
					exceeded <- most
					return
				case <-time.After(often):
				}
			}
		}()
		newcomers := numbered(12, "new", namespace, isAdministrator())
		for _, err := range simultaneously(len(newcomers)+len(staff), func(i int) error {
			if i < len(newcomers) {
				return root().Create(ctx, newcomers[i])
			}
			patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"accountType":"Administrator"}}`))
			return root().Patch(ctx, staff[i-len(newcomers)], patch)
		}) {
			Expect(err).NotTo(HaveOccurred())
		}
		all := append(newcomers, staff...)
		Eventually(func() map[string]int { return reasons(all) }, soon, often).Should(Equal(map[string]int{"": 3, v1alpha1.ReasonQuotaExceeded: 15}))
		finish()
		Expect(<-exceeded).To(Equal(3))
		Expect(query(namespace, "SELECT login FROM active_users WHERE account_type = 'Administrator'")).To(HaveLen(3))

		By("a fourth seat lets one more in, and one that is given up another one")
		c, warnings := listening("root", owners)
		late := testkit.User("late", namespace, isAdministrator())
		Expect(c.Create(ctx, late)).To(Succeed())
		all = append(all, late)
		Expect(warnings.heard()).To(ContainSubstring("spec.quotas.administrators of BackOffice %s/shop looks full", namespace))
		Expect(change(root(), testkit.Office("shop", namespace), testkit.OnOffice(func(o *v1alpha1.BackOffice) { *o.Spec.Quotas.Administrators++ }))).To(Succeed())
		Eventually(func() map[string]int { return reasons(all) }, soon, often).Should(Equal(map[string]int{"": 4, v1alpha1.ReasonQuotaExceeded: 15}))
		for _, u := range all {
			if ready, _ := beReady().Match(u); ready {
				Expect(change(root(), u, testkit.State(v1alpha1.StateDeactivated))).To(Succeed())
				break
			}
		}
		Eventually(func() map[string]int { return reasons(all) }, soon, often).Should(Equal(map[string]int{"": 5, v1alpha1.ReasonQuotaExceeded: 14}))
		Expect(administrators()).To(Equal(4))
	})

	It("are without a limit for users, where nothing says one", Label("H-03"), func() {
		namespace := shop(testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Quotas = officeOf("hosting").Spec.Quotas
			*o.Spec.Quotas.Administrators = 0
		}))
		users := numbered(150, "user", namespace)
		c, warnings := listening("root", owners)
		for _, err := range simultaneously(len(users), func(i int) error { return c.Create(ctx, users[i]) }) {
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(warnings.heard()).To(BeEmpty())
		Eventually(func() map[string]int { return reasons(users) }, 3*soon, "200ms").Should(Equal(map[string]int{"": 150}))
		Expect(query(namespace, "SELECT login FROM active_users WHERE back_office = 'shop'")).To(HaveLen(150))
		ada := testkit.User("ada", namespace, isAdministrator())
		Expect(root().Create(ctx, ada)).To(Succeed())
		eventually(ada, notReady(v1alpha1.ReasonQuotaExceeded)) // which is another limit
	})
})
