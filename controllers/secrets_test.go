// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The Secret of a user", func() {
	var (
		w    *world
		shop *v1alpha1.BackOffice
		ann  *v1alpha1.BackOfficeUser
	)

	BeforeEach(func() {
		w = newWorld()
		shop, ann = testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace,
			testkit.Login("Ann.Martin"), testkit.Labels("team", "support"), testkit.Annotations("example.com/note", "private"))
		w.settle(shop)
	})

	It("is a basic-auth Secret that belongs to the user and says nothing else", func() {
		w.settle(ann)
		secret := w.secret(ann)
		Expect(secret.Name).To(Equal("ann-credentials"))
		Expect(secret.Type).To(Equal(corev1.SecretTypeBasicAuth))
		Expect(secret.Data).To(And(HaveLen(4), HaveKeyWithValue("username", []byte("Ann.Martin")), HaveKey("password"),
			HaveKeyWithValue("type", []byte("backoffice")), HaveKeyWithValue("provider", []byte("backoffice-operator"))))
		Expect(metav1.IsControlledBy(secret, ann)).To(BeTrue())
		Expect(secret.OwnerReferences).To(HaveLen(1))
		Expect(secret.Labels).To(Equal(map[string]string{
			v1alpha1.LabelSecret: v1alpha1.SecretCredential, "app.kubernetes.io/managed-by": "backoffice-operator",
		}))
		Expect(secret.Annotations).To(Equal(map[string]string{
			v1alpha1.AnnotationVersion: "1", v1alpha1.AnnotationIssuedAt: ann.Status.Credential.IssuedAt.UTC().Format(time.RFC3339),
		}))
		Expect(secret.Finalizers).To(BeEmpty())
	})

	Describe("whose name is taken", func() {
		// foreign are Secrets of the wanted name that were not made for the user.
		foreign := map[string]func(*corev1.Secret){
			"without our label":  func(*corev1.Secret) {},
			"with our label":     func(s *corev1.Secret) { s.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential} },
			"that holds an URL":  func(s *corev1.Secret) { s.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL} },
			"of no controller":   func(s *corev1.Secret) { own(s, ann, ann.UID); s.OwnerReferences[0].Controller = nil },
			"without type label": func(s *corev1.Secret) { own(s, ann, ann.UID); s.Labels = nil },
			"of another user": func(s *corev1.Secret) {
				bob := testkit.User("bob", w.namespace)
				w.apply(bob)
				own(s, bob, bob.UID)
			},
			// The garbage collector wants to delete this one: it holds on to it no longer than to the spec.
			"of a former user": func(s *corev1.Secret) {
				own(s, ann, "3b0f7b1e-6d0c-4a36-9f3e-1f2a4c8d9e00")
				s.Finalizers = []string{"example.com/spec"}
			},
		}
		for kind, make := range foreign {
			It("by one "+kind+" leaves that alone, and gets a password when it has gone", func() {
				w.apply(ann)
				taken := &corev1.Secret{Data: map[string][]byte{"password": []byte("somebody else's")}}
				taken.Namespace, taken.Name = w.namespace, "ann-credentials"
				make(taken)
				w.apply(taken)
				if len(taken.Finalizers) > 0 {
					Eventually(func() *metav1.Time { return w.secret(ann).DeletionTimestamp }, soon).ShouldNot(BeNil())
					w.seeSecrets()
				}
				before := w.secret(ann)
				for range 3 {
					result := w.reconcile(ann)
					if len(taken.Finalizers) > 0 { // on its way out
						Expect(ann).To(waitFor(v1alpha1.ReasonSecretConflict))
					} else {
						Expect(ann).To(stallFor(v1alpha1.ReasonSecretConflict))
					}
					Expect(ann).To(testkit.HaveCondition(v1alpha1.ConditionCredentialsReady, metav1.ConditionFalse, v1alpha1.ReasonSecretConflict))
					Expect(message(ann)).To(ContainSubstring("Secret " + w.namespace + "/ann-credentials"))
					Expect(result.RequeueAfter).To(BeNumerically(">", 0), "no event tells of it")
				}
				Expect(w.secret(ann)).To(Equal(before))
				Expect(ann.Status.Binding).To(BeNil())
				Expect(w.accepts("Ann.Martin", "somebody else's")).To(BeFalse())

				w.lose(ann)
				w.converge(ann)
				Expect(w.logsIn(ann)).To(BeTrue())
			})
		}
	})

	It("is replaced, once, when it is lost", func() {
		w.settle(ann)
		w.seeSecrets()
		before := w.password(ann)
		w.lose(ann)
		w.spent()
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(delivered(w.spent().writes)).To(Equal(1))
		Expect(w.keeps(ann, before)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.letsIn(ann, before)).To(BeTrue(), "for the grace: somebody may have it")
		w.seeSecrets()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})

	DescribeTable("is given one new password when somebody changes it",
		func(change func(*corev1.Secret)) {
			w.settle(ann)
			w.seeSecrets()
			before, secret := w.password(ann), w.secret(ann)
			w.change(secret, func() { change(secret) })
			w.spent()
			w.reconcile(ann)
			Expect(ann).To(beReady())
			got := w.spent()
			Expect(delivered(got.writes)).To(Equal(1))
			Expect(got.changes).To(Equal(2), "the issue, and the record that it is done")
			Expect(w.logsIn(ann)).To(BeTrue())
			Expect(w.letsIn(ann, before)).To(BeTrue(), "for the grace")
			Expect(w.letsIn(ann, "guessed")).To(BeFalse())
			after := w.secret(ann)
			Expect(after.UID).To(Equal(secret.UID))
			Expect(after.Data).To(HaveKeyWithValue("username", []byte("Ann.Martin")))
			w.seeSecrets()
			w.reconcile(ann)
			Expect(w.spent()).To(Equal(cost{}))
		},
		Entry("to another one", func(s *corev1.Secret) { s.Data["password"] = []byte("guessed") }),
		Entry("to an empty one", func(s *corev1.Secret) { s.Data["password"] = nil }),
	)

	It("keeps its password when only its metadata change", func() {
		w.settle(ann)
		w.seeSecrets()
		before, secret := w.password(ann), w.secret(ann)
		w.change(secret, func() { secret.Labels["backup"] = "yes" })
		w.spent()
		w.reconcile(ann)
		Expect(ann).To(beReady())
		got := w.spent()
		Expect(got.writes).To(BeEmpty())
		Expect(got.reads).To(ConsistOf(HaveSuffix("/secrets/ann-credentials")))
		Expect([]int{got.applies, got.groups, got.changes}).To(Equal([]int{1, 1, 1}), "the record which Secret was verified")
		Expect(w.query("shop", "SELECT version, secret_resource_version FROM credentials")).To(Equal([][]string{{"1", secret.ResourceVersion}}))
		Expect(w.keeps(ann, before)).To(BeTrue())

		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})

	It("is no longer the user's once our label is taken from it", func() {
		w.settle(ann)
		w.seeSecrets()
		before, secret := w.password(ann), w.secret(ann)
		w.change(secret, func() { delete(secret.Labels, v1alpha1.LabelSecret); secret.Data["password"] = []byte("guessed") })
		marked := w.secret(ann)
		w.spent()
		for range 2 {
			w.reconcile(ann)
			Expect(ann).To(stallFor(v1alpha1.ReasonSecretConflict))
		}
		Expect(w.spent().applies).To(BeZero())
		Expect(w.secret(ann)).To(Equal(marked))
		Expect(w.accepts("Ann.Martin", before)).To(BeTrue(), "the access goes on")
		Expect(w.accepts("Ann.Martin", "guessed")).To(BeFalse())

		w.change(secret, func() {
			secret.Labels[v1alpha1.LabelSecret] = v1alpha1.SecretCredential
			secret.Data["password"] = []byte(before)
		})
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.keeps(ann, before)).To(BeTrue())
	})

	Describe("that somebody has made immutable", func() {
		var first string
		BeforeEach(func() {
			w.settle(ann)
			w.seeSecrets()
			secret := w.secret(ann)
			first = w.password(ann)
			w.change(secret, func() { secret.Immutable = new(true) })
		})
		stuck := func() {
			GinkgoHelper()
			for range 3 {
				_, _ = w.try(ann)
				Expect(ann).To(stallFor(v1alpha1.ReasonSecretConflict))
				Expect(message(ann)).To(ContainSubstring("made immutable: delete it"))
			}
		}

		It("keeps a password that works, and the condition says what to do", func() {
			w.askRotation(shop, ann)
			stuck()
			Expect(w.logsIn(ann)).To(BeTrue())
			Expect(w.version(ann)).To(Equal("1"))
			w.lose(ann)
			w.converge(ann)
			Expect(w.logsIn(ann)).To(BeTrue())
			Expect(w.letsIn(ann, first)).To(BeTrue(), "for the grace")
		})

		It("keeps no password alive that is reset", func() {
			w.askReset(shop, ann)
			stuck()
			Expect(w.letsIn(ann, first)).To(BeFalse())
			w.lose(ann)
			w.converge(ann)
			Expect(w.logsIn(ann)).To(BeTrue())
		})
	})

	It("gives its password back to a store that was lost", func() {
		bob := testkit.User("bob", w.namespace)
		w.settle(ann, bob)
		w.seeSecrets()
		passwords := map[*v1alpha1.BackOfficeUser]string{ann: w.password(ann), bob: w.password(bob)}
		w.loseStore()
		for _, o := range []client.Object{shop, ann, bob} {
			w.reconcile(o)
			Expect(o).To(beReady())
		}
		for u, password := range passwords {
			Expect(w.keeps(u, password)).To(BeTrue())
			Expect(w.logsIn(u)).To(BeTrue())
		}
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})
})

// loseStore deletes the file of the back office shop, and restarts the operator.
func (w *world) loseStore() {
	GinkgoHelper()
	Expect(w.connections.Close()).To(Succeed())
	files, err := filepath.Glob(w.file("shop") + "*")
	Expect(err).NotTo(HaveOccurred())
	for _, file := range files {
		Expect(os.Remove(file)).To(Succeed())
	}
	w.restart()
}

// own gives a Secret our label, and a user with this UID as its controller.
func own(s *corev1.Secret, user *v1alpha1.BackOfficeUser, uid types.UID) {
	s.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential}
	s.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(user, v1alpha1.GroupVersion.WithKind("BackOfficeUser"))}
	s.OwnerReferences[0].UID = uid
}
