// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// Passwords that an administrator supplies.
const (
	supplied = "Correct-Horse-Battery-1"
	another  = "Staple-Tree-Mountain-22"
	weak     = "hunter2"
)

var _ = Describe("A password that the administrator supplies", func() {
	var (
		w    *world
		shop *v1alpha1.BackOffice
		ann  *v1alpha1.BackOfficeUser
	)

	BeforeEach(func() {
		w = newWorld()
		shop, ann = testkit.Office("shop", w.namespace, rotates(2*time.Hour, grace)), testkit.User("ann", w.namespace, source(v1alpha1.CredentialSecretRef))
		w.settle(shop)
	})

	It("is taken with one transaction and one read, is not rotated, and costs nothing after that", func() {
		w.supply(supplied)
		ann.Finalizers = []string{v1alpha1.Finalizer}
		w.apply(ann)
		w.spent()
		w.reconcile(ann)
		got := w.spent()
		Expect(ann).To(beReady())
		Expect(got.writes).To(ConsistOf(HaveSuffix("/backofficeusers/ann/status")))
		Expect(got.reads).To(ConsistOf(HaveSuffix("/secrets/supplied")))
		Expect(got.calls).To(Equal([]string{"Observe", "Apply"}))
		Expect(w.letsIn(ann, supplied)).To(BeTrue())
		Expect(ann).To(haveCredential(And(HaveField("Source", "SecretRef"), HaveField("NextRotationTime", BeNil()))))
		Expect(ann.Status.Binding).To(BeNil())
		Expect(w.passwords(ann)).To(BeEmpty(), "in Secrets of ours")
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})

	It("is replaced when the Secret has another one, with grace, and not when it has other labels", func() {
		secret := w.supply(supplied)
		w.settle(ann)
		w.change(secret, func() { secret.Data["password"] = []byte(another) })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, another)).To(BeTrue())
		Expect(w.letsIn(ann, supplied)).To(BeTrue(), "for the grace")
		Expect(w.version(ann)).To(Equal("2"))
		w.change(secret, func() { secret.Labels["backup"] = "yes" })
		w.reconcile(ann)
		Expect(w.version(ann)).To(Equal("2"))
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})

	It("is another one under another key of the same Secret", func() {
		secret := w.supply(supplied)
		w.change(secret, func() { secret.Data["next"] = []byte(another) })
		w.settle(ann)
		w.change(ann, func() { ann.Spec.Credentials.SecretRef.Key = "next" })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, another)).To(BeTrue())
		Expect(w.version(ann)).To(Equal("2"))
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})

	// Whatever happens to the Secret, the password that is in force goes on.
	obstacles := map[string]struct {
		make   func(secret *corev1.Secret)
		reason string
		says   []string
	}{
		"lost its label": {
			func(s *corev1.Secret) { s.Labels, s.Data["password"] = nil, []byte(another) },
			v1alpha1.ReasonSecretNotPermitted,
			[]string{"access.backoffice-operator.io/secret=password"},
		},
		"has the label of another purpose": {
			func(s *corev1.Secret) {
				s.Labels[v1alpha1.LabelSecret], s.Data["password"] = v1alpha1.SecretStoreURL, []byte(another)
			}, v1alpha1.ReasonSecretNotPermitted, []string{"access.backoffice-operator.io/secret=password"},
		},
		"lacks the key": {
			func(s *corev1.Secret) { s.Data = map[string][]byte{"pass": []byte(another)} },
			v1alpha1.ReasonReferenceNotFound,
			[]string{`under key "password"`},
		},
		"holds an empty one": {
			func(s *corev1.Secret) { s.Data["password"] = nil },
			v1alpha1.ReasonReferenceNotFound,
			[]string{`under key "password"`},
		},
		"holds one that breaks the structure": {
			func(s *corev1.Secret) { s.Data["password"] = []byte(weak) },
			v1alpha1.ReasonPasswordRefused,
			[]string{"at least 15 characters", "A-Z"},
		},
		"holds one with a line break": {
			func(s *corev1.Secret) { s.Data["password"] = []byte(another + "\n") },
			v1alpha1.ReasonPasswordRefused,
			[]string{"line break"},
		},
	}
	for what, c := range obstacles {
		It("goes on where the Secret "+what+", and the condition says what to do", func() {
			secret := w.supply(supplied)
			w.settle(ann)
			w.change(secret, func() { c.make(secret) })
			for range 2 {
				_, _ = w.try(ann)
				Expect(ann).To(testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, c.reason))
				Expect(ann).To(unreadyFor(c.reason))
			}
			for _, text := range append(c.says, "supplied", "the password that is in force goes on") {
				Expect(message(ann)).To(ContainSubstring(text))
			}
			for _, value := range []string{supplied, another, weak} {
				Expect(message(ann)).NotTo(ContainSubstring(value))
			}
			Expect(w.letsIn(ann, supplied)).To(BeTrue())
			Expect(w.letsIn(ann, another)).To(BeFalse())
			Expect(w.letsIn(ann, weak)).To(BeFalse())
			Expect(w.version(ann)).To(Equal("1"))
			w.change(secret, func() {
				secret.Labels, secret.Data = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretPassword}, map[string][]byte{"password": []byte(supplied)}
			})
			w.converge(ann)
			Expect(w.version(ann)).To(Equal("1"))
		})
	}

	for fault, inject := range map[string]func(){
		"before it is stored":             func() { w.tap().cutAt(1, errCrash) },
		"as it was stored, unheard":       func() { w.tap().loseAnswerAt(1, errCrash) },
		"before what is stored is read":   func() { w.tap().blindfold(errCrash) },
		"before the status is written":    func() { w.users.Client = faulty{Client: w.users.Client, status: errCrash} },
		"where the Secret is not there":   func() { w.breakSecrets(faulty{get: always(errCrash)}) },
		"where the store does not answer": func() { w.tap().cutAt(1, store.ErrUnavailable) },
	} {
		It("works at every instant, the former or the new one, although the operator crashed "+fault, func() {
			secret := w.supply(supplied)
			w.settle(ann)
			w.change(secret, func() { secret.Data["password"] = []byte(another) })
			inject()
			_, _ = w.try(ann)
			Expect(w.letsIn(ann, supplied)).To(BeTrue())
			w.tap().blindfold(nil)
			w.reopen(shop)
			w.converge(ann)
			Expect(w.letsIn(ann, another)).To(BeTrue())
			Expect(w.letsIn(ann, supplied)).To(BeTrue(), "for the grace")
			Expect(w.version(ann)).To(Equal("2"))
			w.spent()
			w.reconcile(ann)
			Expect(w.spent()).To(Equal(cost{}))
		})
	}

	It("goes on where the Secret is deleted, and where it cannot be read", func() {
		secret := w.supply(supplied)
		w.settle(ann)
		w.change(secret, func() { secret.Data["password"] = []byte(another) })
		live := w.users.Live
		w.breakSecrets(faulty{get: always(errCrash)})
		_, err := w.try(ann)
		Expect(err).To(MatchError(errCrash))
		Expect(w.letsIn(ann, supplied)).To(BeTrue())
		w.users.Live = live
		w.remove(secret)
		Eventually(func() error {
			return operator.GetCache().Get(ctx, client.ObjectKeyFromObject(secret), secretMetadata())
		}, soon).ShouldNot(Succeed())
		w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(w.letsIn(ann, supplied)).To(BeTrue())
		w.supply(another)
		w.converge(ann)
		Expect(w.letsIn(ann, another)).To(BeTrue())
	})

	It("is waited for by a new user, who is there without a password, and blocked meanwhile like any other", func() {
		w.settle(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(message(ann)).To(ContainSubstring("no password until then"))
		w.hold(ann)
		_, _ = w.try(ann)
		Expect(w.row("ann")).To(HaveKeyWithValue("held", "1"))
	})

	It("is not taken again after a reset, until it is another one", func() {
		secret := w.supply(supplied)
		w.settle(ann)
		w.askReset(shop, ann)
		_, _ = w.try(ann)
		for range 2 {
			Expect(w.letsIn(ann, supplied)).To(BeFalse())
			Expect(ann).To(stallFor(v1alpha1.ReasonPasswordRefused))
			Expect(message(ann)).To(ContainSubstring("is the one that a reset has ended"))
			w.reopen(shop)
			_, _ = w.try(ann)
		}
		w.change(secret, func() { secret.Labels["touched"] = "yes" })
		_, _ = w.try(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonPasswordRefused))
		Expect(w.letsIn(ann, supplied)).To(BeFalse())
		w.change(secret, func() { secret.Data["password"] = []byte(another) })
		w.converge(ann)
		Expect(w.letsIn(ann, another)).To(BeTrue())
		Expect(w.letsIn(ann, supplied)).To(BeFalse())
	})

	It("takes the place of a generated one with grace, whose Secret loses it, and gives place likewise", func() {
		bob := testkit.User("bob", w.namespace)
		w.settle(bob)
		w.seeSecrets()
		generated := w.password(bob)
		w.change(bob, func() { source(v1alpha1.CredentialSecretRef)(bob) })
		w.reconcile(bob)
		Expect(bob).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(w.keeps(bob, generated)).To(BeTrue(), "while there is no other")
		w.supply(supplied)
		w.converge(bob)
		Expect(w.letsIn(bob, supplied)).To(BeTrue())
		Expect(w.letsIn(bob, generated)).To(BeTrue(), "for the grace")
		Expect(w.secret(bob).Data).NotTo(HaveKey("password"))
		w.seeSecrets()
		w.reconcile(bob)
		w.spent()
		w.reconcile(bob)
		Expect(w.spent()).To(Equal(cost{}))

		w.change(bob, func() { source(v1alpha1.CredentialGenerated)(bob) })
		w.converge(bob)
		Expect(w.logsIn(bob)).To(BeTrue())
		Expect(w.letsIn(bob, supplied)).To(BeTrue(), "for the grace")
		Expect(bob.Status.Binding).NotTo(BeNil())
	})

	It("comes back to a store that was lost", func() {
		w.supply(supplied)
		w.settle(ann)
		w.loseStore()
		w.reconcile(shop)
		w.converge(ann)
		Expect(w.letsIn(ann, supplied)).To(BeTrue())
	})

	It("is never read from a Secret without the label", func() {
		w.supply(supplied, v1alpha1.SecretStoreURL)
		private := w.secretNamed("private", nil)
		ann.Spec.Credentials.SecretRef.Name = private.Name
		var read []string
		w.breakSecrets(faulty{get: func(o client.Object) error {
			if secret, full := o.(*corev1.Secret); full {
				read = append(read, secret.Name)
			}
			return nil
		}})
		w.settle(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonSecretNotPermitted))
		Expect(read).To(BeEmpty())
	})

	It("tells of a refusal in an event once", func() {
		w.supply(weak)
		w.settle(ann)
		for range 2 {
			_, _ = w.try(ann)
		}
		told := w.told()
		Expect(told).To(ConsistOf(ContainSubstring("Warning PasswordRefused")))
		Expect(strings.Join(told, " ")).NotTo(ContainSubstring(weak))
	})
})

var _ = Describe("A running manager", func() {
	It("sees what becomes of the Secret that supplies a password", func() {
		m := newManaged()
		ann := testkit.User("ann", m.namespace, source(v1alpha1.CredentialSecretRef))
		m.apply(testkit.Office("shop", m.namespace), ann)
		comes(ann, waitFor(v1alpha1.ReasonReferenceNotFound))
		secret := &corev1.Secret{Data: map[string][]byte{"password": []byte(supplied)}}
		secret.Namespace, secret.Name, secret.Labels = m.namespace, "supplied", map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretPassword}
		m.apply(secret)
		comes(ann, beReady())
		m.change(secret, func() { secret.Data["password"] = []byte(another) })
		comes(ann, haveCredential(HaveField("Version", int64(2))))
		m.change(secret, func() { secret.Labels[v1alpha1.LabelSecret] = v1alpha1.SecretStoreURL })
		comes(ann, stallFor(v1alpha1.ReasonSecretNotPermitted))
		m.change(secret, func() { secret.Labels[v1alpha1.LabelSecret] = v1alpha1.SecretPassword })
		comes(ann, beReady())
		m.change(secret, func() { secret.Labels = nil })
		comes(ann, stallFor(v1alpha1.ReasonSecretNotPermitted))
		m.change(secret, func() { secret.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretPassword} })
		comes(ann, beReady())
		leaves(secret)
		comes(ann, waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(m.letsIn(ann, another)).To(BeTrue())
	})
})

var _ = Describe("A user without a password", func() {
	It("never had one, or loses it at once, and its Secret with it", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace, source(v1alpha1.CredentialNone))
		bob := testkit.User("bob", w.namespace)
		w.settle(shop, ann, bob)
		w.seeSecrets()
		Expect(ann).To(beReady())
		Expect(ann.Status.Credential).To(BeNil())
		Expect(w.active()).To(ConsistOf("ann", "bob"))
		first := w.password(bob)
		w.change(bob, func() { source(v1alpha1.CredentialNone)(bob) })
		w.reconcile(bob)
		Expect(bob).To(beReady())
		Expect(w.letsIn(bob, first)).To(BeFalse())
		Expect(w.secret(bob).Data).NotTo(HaveKey("password"))
		Expect(bob.Status.Binding).To(BeNil())
		w.seeSecrets()
		w.spent()
		w.reconcile(bob)
		Expect(w.spent()).To(Equal(cost{}))
		w.change(bob, func() { source(v1alpha1.CredentialGenerated)(bob) })
		w.converge(bob)
		Expect(w.logsIn(bob)).To(BeTrue())
		Expect(w.letsIn(bob, first)).To(BeFalse())
	})
})

// secretNamed writes a Secret of somebody.
func (w *world) secretNamed(name string, labels map[string]string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{Data: map[string][]byte{"password": []byte(supplied)}}
	secret.Namespace, secret.Name, secret.Labels = w.namespace, name, labels
	Expect(admin.Create(ctx, secret)).To(Succeed())
	w.seen(secret)
	return secret
}
