// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// deliveredOnce has passwords removed from their Secrets.
func deliveredOnce(ttl time.Duration) testkit.Mod {
	return credentials(func(p *v1alpha1.CredentialPolicy) {
		p.Delivery = &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime, TTL: duration(ttl)}
	})
}

var _ = Describe("A password that is delivered once", func() {
	var (
		w     *world
		shop  *v1alpha1.BackOffice
		ann   *v1alpha1.BackOfficeUser
		first string
	)

	BeforeEach(func() {
		w = newWorld()
		shop, ann = rotating(w, deliveredOnce(3*time.Hour), rotates(2*time.Hour, grace))
		first = w.password(ann)
		Expect(ann).To(haveCredential(And(HaveField("Delivered", false), HaveField("NextRotationTime", BeNil()))))
	})

	acknowledge := func() {
		GinkgoHelper()
		secret := w.secret(ann)
		w.change(secret, func() { secret.Annotations[v1alpha1.AnnotationAcknowledged] = "yes" })
	}
	// expectDelivered checks that the Secret has no password, and that the account goes on with it, for ever and at no cost.
	expectDelivered := func() {
		GinkgoHelper()
		Expect(ann).To(beReady())
		Expect(ann).To(haveCredential(And(HaveField("Delivered", true), HaveField("NextRotationTime", BeNil()))))
		Expect(w.letsIn(ann, first)).To(BeTrue())
		w.seeSecrets()
		w.age(shop, 24*time.Hour)
		w.reconcile(ann) // whose status tells another time, since it was aged
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		Expect(w.letsIn(ann, first)).To(BeTrue())
		Expect(w.version(ann)).To(Equal("1"))
	}

	It("leaves its Secret when somebody acknowledges it, and nothing else does", func() {
		acknowledge()
		w.reconcile(ann)
		secret := w.secret(ann)
		Expect(secret.Data).NotTo(HaveKey("password"))
		Expect(secret.Data).To(HaveKeyWithValue("username", []byte("ann")))
		expectDelivered()
	})

	It("leaves its Secret when its time is over", func() {
		Expect(w.reconcile(ann).RequeueAfter).To(BeNumerically("~", 3*time.Hour, time.Minute))
		w.age(shop, 2*time.Hour)
		w.reconcile(ann)
		Expect(w.keeps(ann, first)).To(BeTrue())
		w.age(shop, 2*time.Hour)
		w.reconcile(ann)
		Expect(w.secret(ann).Data).NotTo(HaveKey("password"))
		expectDelivered()
	})

	It("leaves its Secret when its time is over although nobody knows yet that it was written", func() {
		bob := testkit.User("bob", w.namespace)
		w.apply(bob)
		w.tap().cutAt(2, errCrash)
		_, _ = w.try(bob)
		second := w.password(bob)
		w.age(shop, 4*time.Hour)
		Expect(w.reconcile(bob).RequeueAfter).To(And(BeNumerically(">", 0), BeNumerically("<", time.Second)), "the Secret is recorded first")
		Expect(w.keeps(bob, second)).To(BeTrue())
		w.reconcile(bob)
		Expect(w.secret(bob).Data).NotTo(HaveKey("password"))
		Expect(w.letsIn(bob, second)).To(BeTrue())
		Expect(w.version(bob)).To(Equal("1"))
	})

	It("is taken where somebody empties the Secret", func() {
		secret := w.secret(ann)
		w.change(secret, func() { delete(secret.Data, "password") })
		w.reconcile(ann)
		expectDelivered()
	})

	It("is taken where somebody deletes the Secret", func() {
		w.lose(ann)
		w.reconcile(ann)
		expectDelivered()
	})

	It("does not come back into the Secret from a backup", func() {
		acknowledge()
		w.reconcile(ann)
		w.seeSecrets()
		secret := w.secret(ann)
		w.change(secret, func() { secret.Data["password"] = []byte(first) })
		w.reconcile(ann)
		Expect(w.secret(ann).Data).NotTo(HaveKey("password"))
		expectDelivered()
	})

	for how, ask := range map[string]func(){
		"a rotation that is asked for": func() { w.askRotation(shop, ann) },
		"a reset":                      func() { w.askReset(shop, ann) },
	} {
		It("is another one after "+how+", and is delivered once again", func() {
			acknowledge()
			w.reconcile(ann)
			w.seeSecrets()
			ask()
			w.converge(ann)
			Expect(w.version(ann)).To(Equal("2"))
			Expect(w.secret(ann).Annotations).NotTo(HaveKey(v1alpha1.AnnotationAcknowledged), "of the former one")
			Expect(w.logsIn(ann)).To(BeTrue())
			Expect(ann).To(haveCredential(HaveField("Delivered", false)))
			second := w.password(ann)
			w.seeSecrets()
			w.reconcile(ann)
			Expect(w.keeps(ann, second)).To(BeTrue())
			acknowledge()
			w.reconcile(ann)
			Expect(w.secret(ann).Data).NotTo(HaveKey(corev1.BasicAuthPasswordKey))
			Expect(w.letsIn(ann, second)).To(BeTrue())
		})
	}

	for step, fault := range map[string]func(){
		"before the Secret is written":           func() { w.breakSecrets(faulty{update: always(errCrash)}) },
		"as the Secret was written, unheard":     func() { w.breakSecrets(faulty{updated: errCrash}) },
		"between the Secret and its record":      func() { w.tap().cutAt(1, errCrash) },
		"as that was recorded, unheard":          func() { w.tap().loseAnswerAt(1, errCrash) },
		"where somebody else changes the Secret": func() { w.breakSecrets(faulty{update: conflicting}) },
	} {
		It("is delivered, and works, although the operator crashed "+step, func() {
			acknowledge()
			fault()
			_, _ = w.try(ann)
			Expect(w.letsIn(ann, first)).To(BeTrue())
			w.seeSecrets()
			w.reopen(shop)
			w.reconcile(ann)
			Expect(w.secret(ann).Data).NotTo(HaveKey("password"))
			expectDelivered()
		})
	}
})

var _ = Describe("The labels and annotations of a user", func() {
	It("reach its Secret where the BackOffice names them, and go with the user's; other people's stay", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, credentials(func(p *v1alpha1.CredentialPolicy) {
			p.Delivery = &v1alpha1.CredentialDelivery{Labels: []string{"team", "tier"}, Annotations: []string{"example.com/note"}}
		}))
		ann := testkit.User("ann", w.namespace, testkit.Labels("team", "support", "private", "yes"), testkit.Annotations("example.com/note", "n", "example.com/other", "o"))
		w.settle(shop, ann)
		secret := w.secret(ann)
		Expect(secret.Labels).To(And(HaveKeyWithValue("team", "support"), Not(HaveKey("private"))))
		Expect(secret.Annotations).To(And(HaveKeyWithValue("example.com/note", "n"), Not(HaveKey("example.com/other"))))
		password := w.password(ann)
		w.change(secret, func() { secret.Labels["backup"] = "yes" })
		w.reconcile(ann)
		w.seeSecrets()

		By("with one write that reads nothing, and leaves the password")
		w.change(ann, func() { ann.Labels = map[string]string{"team": "sales"} })
		w.spent()
		w.reconcile(ann)
		got := w.spent()
		Expect(got.writes).To(ContainElement(Equal("PATCH /api/v1/namespaces/" + w.namespace + "/secrets/ann-credentials")))
		Expect(got.reads).To(BeEmpty())
		secret = w.secret(ann)
		Expect(secret.Labels).To(And(HaveKeyWithValue("team", "sales"), HaveKeyWithValue("backup", "yes"),
			HaveKeyWithValue(v1alpha1.LabelSecret, v1alpha1.SecretCredential)))
		w.change(ann, func() { ann.Labels = nil; delete(ann.Annotations, "example.com/note") })
		w.seeSecrets()
		w.reconcile(ann)
		Expect(w.secret(ann).Labels).To(And(Not(HaveKey("team")), HaveKey("backup")))
		Expect(w.secret(ann).Annotations).To(And(Not(HaveKey("example.com/note")), HaveKey(v1alpha1.AnnotationVersion)))
		Expect(w.keeps(ann, password)).To(BeTrue())
		w.seeSecrets()
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})
})
