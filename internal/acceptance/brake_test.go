// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// confirmation finds the annotation in the text of the condition.
var confirmation = regexp.MustCompile(regexp.QuoteMeta(v1alpha1.AnnotationConfirmWithdrawal) + `=([^\s;,.]+)`)

var _ = Describe("The brake", func() {
	var (
		namespace string
		office    *v1alpha1.BackOffice
		owner     client.Client
		told      *ear
	)
	within := func(networks ...string) testkit.Mod {
		return testkit.IPPolicy(v1alpha1.IPPolicy{Within: networks})
	}
	name := func(i int) string { return fmt.Sprintf("user-%d", i) }
	lettingIn := func() int { return len(query(namespace, "SELECT login FROM active_users")) }
	// crew makes a back office with ten users, so many of whom log in from the network that stays.
	crew := func(staying int, mods ...testkit.Mod) {
		GinkgoHelper()
		namespace = shop(mods...)
		office = testkit.Office("shop", namespace)
		owner, told = listening("root", owners)
		var users []client.Object
		for i := range 10 {
			network := "198.51.100.7"
			if i < staying {
				network = "203.0.113.7"
			}
			users = append(users, testkit.User(name(i), namespace, testkit.IPs(network)))
		}
		given(append(users, testkit.Set("support", namespace, testkit.Permissions("orders")),
			testkit.Binding("support", namespace, testkit.ToSet("support"), testkit.ForUsers(name(0), name(9))))...)
		Expect(lettingIn()).To(Equal(10))
	}
	// held demands that the withdrawal from so many of ten waits, and returns what confirms it.
	held := func(lost int) string {
		GinkgoHelper()
		eventually(office, And(notReady(v1alpha1.ReasonWithdrawalHeld), saying(fmt.Sprintf("would withdraw access from %d of ", lost)), saying("withdrawalLimit")))
		value := confirmation.FindStringSubmatch(message(office))
		Expect(value).To(HaveLen(2), "the condition names what confirms: %s", message(office))
		return value[1]
	}

	It("holds a policy that would take access from eight of ten users: it warns, nobody loses anything, and a confirmation lets it happen", func() {
		crew(2)
		Expect(change(owner, office, within("203.0.113.0/24"))).To(Succeed())
		Expect(told.heard()).To(And(ContainSubstring("spec: this would withdraw access from 8 of 10 users"), ContainSubstring("held until confirmed")))
		cause := held(8)
		Consistently(lettingIn, 500*time.Millisecond, often).Should(Equal(10))
		Expect(permissions(namespace, name(9))).To(Equal(asViewer))

		By("which another confirmation does not")
		Expect(change(owner, office, annotate(v1alpha1.AnnotationConfirmWithdrawal, "yes"))).To(Succeed())
		Consistently(lettingIn, 300*time.Millisecond, often).Should(Equal(10))

		Expect(change(owner, office, annotate(v1alpha1.AnnotationConfirmWithdrawal, cause))).To(Succeed())
		Eventually(lettingIn, soon, often).Should(Equal(2))
		eventually(office, beReady())
		eventually(testkit.User(name(9), namespace), notReady(v1alpha1.ReasonPolicyViolated))
		eventually(testkit.User(name(0), namespace), beReady())
		Expect(permissions(namespace, name(9))).To(BeEmpty())

		By("which counts for that policy only")
		Expect(change(owner, office, within("203.0.113.0/24", "198.51.100.0/24"))).To(Succeed())
		Eventually(lettingIn, soon, often).Should(Equal(10))
		Expect(change(owner, office, within("192.0.2.0/24"))).To(Succeed())
		Expect(held(10)).NotTo(Equal(cause))
		Consistently(lettingIn, 300*time.Millisecond, often).Should(Equal(10))
	})

	It("lets explicit revocations pass while it holds: a block, a hold, a removed binding, a deletion", func() {
		crew(2)
		Expect(change(owner, office, within("203.0.113.0/24"))).To(Succeed())
		held(8)
		Expect(change(root(), testkit.User(name(7), namespace), testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Expect(change(root(), testkit.User(name(6), namespace), annotate(v1alpha1.AnnotationHold, "lost a laptop"))).To(Succeed())
		Expect(root().Delete(ctx, testkit.User(name(5), namespace))).To(Succeed())
		Expect(root().Delete(ctx, testkit.Binding("support", namespace))).To(Succeed())
		for _, i := range []int{7, 6, 5} {
			Eventually(func() bool { return active(namespace, name(i)) }, soon, often).Should(BeFalse(), name(i))
		}
		vanishes(testkit.User(name(5), namespace))
		Eventually(func() map[string]string { return permissions(namespace, name(9)) }, soon, often).Should(BeEmpty())
		Consistently(lettingIn, 300*time.Millisecond, often).Should(Equal(7))

		By("and admits nothing new that breaks the policy")
		Expect(root().Create(ctx, testkit.User("late", namespace, testkit.IPs("198.51.100.9")))).To(refuse("198.51.100.9 does not lie within 203.0.113.0/24"))
		Expect(change(root(), testkit.User(name(4), namespace), testkit.IPs("198.51.100.8"))).To(refuse("198.51.100.8 does not lie within 203.0.113.0/24"))
	})

	It("lets go when the policy is taken back: the condition ends, and nobody has noticed", func() {
		crew(2)
		verifiers := func() [][]string { return query(namespace, "SELECT login, verifier FROM active_users ORDER BY login") }
		before := verifiers()
		Expect(change(owner, office, within("203.0.113.0/24"))).To(Succeed())
		held(8)
		Expect(change(owner, office, testkit.IPPolicy(v1alpha1.IPPolicy{AllowAny: true}))).To(Succeed())
		eventually(office, beReady())
		Expect(verifiers()).To(Equal(before))
	})

	It("does not hold what is within the limit: it happens at once, with a warning", func() {
		crew(8)
		Expect(change(owner, office, within("203.0.113.0/24"))).To(Succeed())
		Expect(told.heard()).To(And(ContainSubstring("spec: this would withdraw access from 2 of 10 users"), Not(ContainSubstring("held"))))
		Eventually(lettingIn, soon, often).Should(Equal(8))
		eventually(office, beReady())
		eventually(testkit.User(name(9), namespace), notReady(v1alpha1.ReasonPolicyViolated))
	})

	It("follows the limit of the back office: one that permits everything never holds, and one that permits nothing holds one user", func() {
		crew(2, testkit.WithdrawalLimit(100, 0))
		Expect(change(owner, office, within("203.0.113.0/24"))).To(Succeed())
		Eventually(lettingIn, soon, often).Should(Equal(2))
		eventually(office, beReady())

		crew(9, testkit.WithdrawalLimit(0, 0))
		Expect(change(owner, office, within("203.0.113.0/24"))).To(Succeed())
		held(1)
		Consistently(lettingIn, 300*time.Millisecond, often).Should(Equal(10))
	})

	It("holds what the labels of a namespace would take away", func() {
		team := testkit.FreshNamespace(ctx, masters())
		labelNamespace(team, "trusted")
		namespace = shop(tier("trusted", nil))
		office = testkit.Office("shop", namespace)
		here := testkit.InOffice(namespace + "/shop")
		var users []client.Object
		for i := range 8 {
			users = append(users, testkit.User(name(i), team, here))
		}
		given(users...)
		labelNamespace(team, "")
		cause := held(8)
		Consistently(lettingIn, 300*time.Millisecond, often).Should(Equal(8))
		Expect(change(root(), office, annotate(v1alpha1.AnnotationConfirmWithdrawal, cause))).To(Succeed())
		Eventually(lettingIn, soon, often).Should(Equal(0))
	})

	It("holds what the catalogue would take away", func() {
		namespace = shop(testkit.Catalog("orders", "stock"))
		office = testkit.Office("shop", namespace)
		var objects []client.Object
		var everybody []string
		for i := range 8 {
			everybody = append(everybody, name(i))
			objects = append(objects, testkit.User(name(i), namespace))
		}
		given(append(objects, testkit.Set("support", namespace, testkit.Permissions("orders")),
			testkit.Binding("support", namespace, testkit.ToSet("support"), testkit.ForUsers(everybody...)))...)
		holders := func() int {
			return len(query(namespace, "SELECT login FROM effective_permissions WHERE path = 'orders' AND level = 'Read'"))
		}
		Eventually(holders, soon, often).Should(Equal(8))
		Expect(change(root(), office, testkit.Catalog("stock"))).To(Succeed())
		cause := held(8)
		Consistently(holders, 300*time.Millisecond, often).Should(Equal(8))
		Expect(change(root(), office, annotate(v1alpha1.AnnotationConfirmWithdrawal, cause))).To(Succeed())
		Eventually(holders, soon, often).Should(Equal(0))
		eventually(testkit.Set("support", namespace), notReady(v1alpha1.ReasonPermissionUnknown))
	})
})
