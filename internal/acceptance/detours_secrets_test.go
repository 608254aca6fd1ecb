// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// planted creates a Secret of somebody who may write Secrets.
func (h *house) planted(name, password string, mods ...testkit.Mod) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name}, Type: corev1.SecretTypeBasicAuth,
		Data: map[string][]byte{corev1.BasicAuthPasswordKey: []byte(password)},
	}
	for _, mod := range mods {
		mod(s)
	}
	Expect(masters().Create(ctx, s)).To(Succeed())
	return s
}

// looksOurs is what the operator puts on the Secrets that it makes, but for their owner.
func looksOurs(o client.Object) {
	o.SetLabels(map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential})
	o.SetAnnotations(map[string]string{v1alpha1.AnnotationVersion: "1", v1alpha1.AnnotationIssuedAt: "2026-11-21T09:30:00Z"})
}

// controlledBy makes a user the owner of a Secret, as it is of the one that the operator makes.
func controlledBy(u *v1alpha1.BackOfficeUser) testkit.Mod {
	return func(o client.Object) {
		o.SetOwnerReferences([]metav1.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "BackOfficeUser", Name: u.Name, UID: u.UID, Controller: new(true),
		}})
	}
}

// isUntouched demands that a Secret is as it was, for a moment.
func isUntouched(before *corev1.Secret) {
	GinkgoHelper()
	Consistently(func() *corev1.Secret { return secret(before.Namespace, before.Name) }, while, often).Should(
		And(HaveField("ResourceVersion", before.ResourceVersion), HaveField("Data", before.Data)))
}

// withoutPassword matches a user whose password is not as spec wants it, for that reason.
func withoutPassword(reason string) gomegatypes.GomegaMatcher {
	return testkit.HaveCondition(v1alpha1.ConditionCredentialsReady, metav1.ConditionFalse, reason)
}

var _ = Describe("Who tries to have an account take a password that is not its own", func() {
	It("by pointing at somebody's Secret gets neither the password nor a word of it: generated, of a store, without label, of another namespace", func() {
		h := furnished()
		bosses := passwordOf(h.boss)
		elsewhere := testkit.FreshNamespace(ctx, masters())
		suppliedSecret(elsewhere, "elsewhere", thiefs)
		labelled := func(value string) testkit.Mod { return testkit.Labels(v1alpha1.LabelSecret, value) }
		h.planted("store", thiefs, labelled(v1alpha1.SecretStoreURL))
		h.planted("plain", thiefs)
		h.planted("odd", thiefs, labelled("Password"))
		for _, c := range []struct{ name, target, reason string }{
			{"mole-1", "boss-credentials", v1alpha1.ReasonSecretNotPermitted},
			{"mole-2", "store", v1alpha1.ReasonSecretNotPermitted},
			{"mole-3", "plain", v1alpha1.ReasonSecretNotPermitted},
			{"mole-4", "odd", v1alpha1.ReasonSecretNotPermitted},
			{"mole-5", "elsewhere", v1alpha1.ReasonReferenceNotFound},
		} {
			var before *corev1.Secret
			if c.reason == v1alpha1.ReasonSecretNotPermitted {
				before = secret(h.namespace, c.target)
			}
			mole := h.user(c.name, suppliedBy(c.target))
			Expect(lea().Create(ctx, mole)).To(Succeed(), c.target)
			eventually(mole, And(withoutPassword(c.reason), Not(saying(bosses)), Not(saying(thiefs))))
			h.keepsOut(c.name, bosses)
			h.keepsOut(c.name, thiefs)
			if before != nil {
				isUntouched(before)
			}
		}
		there := map[string]any{"source": "SecretRef", "secretRef": map[string]any{"name": "elsewhere", "namespace": elsewhere}}
		Expect(merged(lea(), h.bob, inCredentials(there), client.FieldValidation(metav1.FieldValidationStrict))).To(
			MatchError(ContainSubstring(`unknown field "spec.credentials.secretRef.namespace"`)))
		h.letsIn("boss", bosses)
	})

	It("by changing its Secret changes no password: what was written lets nobody in, and is replaced", func() {
		h := furnished()
		before := passwordOf(h.boss)
		edited := secretOf(h.boss)
		edited.Data[corev1.BasicAuthPasswordKey] = []byte(thiefs)
		Expect(masters().Update(ctx, edited)).To(Succeed())
		Eventually(func() string { return passwordOf(h.boss) }, soon, often).ShouldNot(Equal(thiefs))
		h.keepsOut("boss", thiefs)
		h.letsIn("boss", before)
		h.letsIn("boss", passwordOf(h.boss))

		By("nor by replacing it by one that looks like the operator's, to its owner")
		eventually(h.boss, And(beReady(), Satisfy(versioned(2))))
		stop()
		Expect(masters().Delete(ctx, secretOf(h.boss))).To(Succeed())
		h.planted("boss-credentials", thiefs, looksOurs, controlledBy(h.boss))
		start()
		Eventually(func() string { return passwordOf(h.boss) }, soon, often).ShouldNot(Equal(thiefs))
		h.keepsOut("boss", thiefs)
		eventually(h.boss, beReady())
		h.letsIn("boss", passwordOf(h.boss))
	})

	It("by a Secret that is there before the user does not choose its password, however it is labelled, and whosever it says it is", func() {
		h := furnished()
		for i, mods := range [][]testkit.Mod{{}, {looksOurs}, {looksOurs, controlledBy(h.boss)}, {testkit.Labels(v1alpha1.LabelSecret, v1alpha1.SecretPassword)}} {
			name := fmt.Sprintf("new-%d", i)
			before := h.planted(name+"-credentials", thiefs, mods...)
			u := h.user(name)
			Expect(lea().Create(ctx, u)).To(Succeed())
			eventually(u, And(notReady(v1alpha1.ReasonSecretConflict), Not(saying(thiefs))))
			h.keepsOut(name, thiefs)
			isUntouched(before)
		}

		By("nor by one that looks like the operator's, to its owner, before that ever had a password")
		waiting := h.user("waiting", testkit.State(v1alpha1.StateDeactivated))
		given(waiting)
		h.planted("waiting-credentials", thiefs, looksOurs, controlledBy(waiting))
		Expect(change(root(), waiting, testkit.State(v1alpha1.StateActive))).To(Succeed())
		Eventually(func() string { return passwordOf(waiting) }, soon, often).ShouldNot(Equal(thiefs))
		eventually(waiting, beReady())
		h.keepsOut("waiting", thiefs)
		h.letsIn("waiting", passwordOf(waiting))
	})

	It("by a copy of somebody's Secret under the name of their own has it neither taken over nor let in by it", func() {
		h := furnished()
		bosses := secretOf(h.boss)
		before := h.planted("mole-credentials", string(bosses.Data[corev1.BasicAuthPasswordKey]), looksOurs)
		mole := h.user("mole")
		Expect(lea().Create(ctx, mole)).To(Succeed())
		eventually(mole, notReady(v1alpha1.ReasonSecretConflict))
		h.keepsOut("mole", string(bosses.Data[corev1.BasicAuthPasswordKey]))
		isUntouched(before)
		isUntouched(bosses)
		Expect(secret(h.namespace, "mole-credentials").OwnerReferences).To(BeEmpty())
	})

	It("by labels that make a foreign Secret look like the operator's has it neither overwritten nor believed", func() {
		h := furnished()
		foreign := h.planted("database", thiefs, looksOurs, func(o client.Object) { o.(*corev1.Secret).Type = corev1.SecretTypeOpaque })
		thief := h.user("thief", secretName("database"))
		Expect(lea().Create(ctx, thief)).To(Succeed())
		eventually(thief, notReady(v1alpha1.ReasonSecretConflict))
		h.keepsOut("thief", thiefs)
		isUntouched(foreign)
	})
})

var _ = Describe("Who tries to have a password live longer than it should", func() {
	It("by a Secret from before a reset does not bring the password back", func() {
		h := furnished()
		before := passwordOf(h.boss)
		nextSecond()
		Expect(merged(root(), h.boss, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
		eventually(h.boss, And(beReady(), Satisfy(versioned(2))))
		h.keepsOut("boss", before)
		restored := secretOf(h.boss)
		restored.Data[corev1.BasicAuthPasswordKey] = []byte(before)
		Expect(masters().Update(ctx, restored)).To(Succeed())
		Eventually(func() string { return passwordOf(h.boss) }, soon, often).ShouldNot(Equal(before))
		h.keepsOut("boss", before)
		eventually(h.boss, beReady())
		h.letsIn("boss", passwordOf(h.boss))

		By("nor does the administrator's own, which is not taken a second time")
		supplied := suppliedSecret(h.namespace, "supplied", thiefs)
		u := h.user("supplied", suppliedBy("supplied"))
		given(u)
		h.letsIn("supplied", thiefs)
		nextSecond()
		Expect(merged(root(), u, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
		eventually(u, And(withoutPassword(v1alpha1.ReasonPasswordRefused), Not(saying(thiefs))))
		h.keepsOut("supplied", thiefs)
		Expect(change(masters(), supplied, annotate("touched", "yes"))).To(Succeed())
		Expect(asked(root(), u)).To(Succeed())
		h.keepsOut("supplied", thiefs)
		supply(supplied, thiefs+"-no-longer")
		eventually(u, beReady())
		h.letsIn("supplied", thiefs+"-no-longer")
		supply(supplied, thiefs)
		Eventually(func() bool { return letsIn(h.namespace, "supplied", thiefs) }, soon, often).Should(BeTrue(), "what the administrator sets anew is set")
	})

	It("by making its Secret immutable, or putting another one in its place, does not keep it from being reset", func() {
		h := furnished()
		before := map[string]string{"boss": passwordOf(h.boss), "ann": passwordOf(h.ann)}
		Expect(change(masters(), secretOf(h.boss), func(o client.Object) { o.(*corev1.Secret).Immutable = new(true) })).To(Succeed())
		stop()
		Expect(masters().Delete(ctx, secretOf(h.ann))).To(Succeed())
		foreign := h.planted("ann-credentials", before["ann"])
		start()
		eventually(h.ann, notReady(v1alpha1.ReasonSecretConflict))
		h.letsIn("ann", before["ann"])
		nextSecond()
		for _, u := range []*v1alpha1.BackOfficeUser{h.boss, h.ann} {
			Expect(merged(root(), u, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
			Eventually(func() bool { return letsIn(h.namespace, u.Name, before[u.Name]) }, soon, often).Should(BeFalse())
		}
		isUntouched(foreign)

		By("and there is another one when nothing is in the way any more")
		Expect(masters().Delete(ctx, foreign)).To(Succeed())
		Expect(masters().Delete(ctx, secretOf(h.boss))).To(Succeed())
		for _, u := range []*v1alpha1.BackOfficeUser{h.boss, h.ann} {
			Expect(asked(root(), u)).To(Succeed())
			Eventually(func(g Gomega) {
				made := &corev1.Secret{}
				g.Expect(masters().Get(ctx, types.NamespacedName{Namespace: u.Namespace, Name: u.SecretName()}, made)).To(Succeed())
				g.Expect(letsIn(h.namespace, u.Name, string(made.Data[corev1.BasicAuthPasswordKey]))).To(BeTrue())
			}, soon, often).Should(Succeed())
			eventually(u, beReady())
			h.keepsOut(u.Name, before[u.Name])
		}
	})

	It("by an account that was reset while it was deactivated, blocked or held does not find it alive when the account is brought back", func() {
		h := furnished()
		users := []*v1alpha1.BackOfficeUser{h.boss, h.ann, h.bob}
		before := map[string]string{}
		for _, u := range users {
			before[u.Name] = passwordOf(u)
		}
		Expect(change(root(), h.boss, testkit.State(v1alpha1.StateDeactivated))).To(Succeed())
		Expect(change(root(), h.ann, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Expect(change(root(), h.bob, annotate(v1alpha1.AnnotationHold, "on leave"))).To(Succeed())
		nextSecond()
		for _, u := range users {
			eventually(u, Not(HaveField("Status.State", v1alpha1.StateActive)))
			Expect(merged(root(), u, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
			eventually(u, HaveField("Status.ObservedGeneration", u.Generation))
		}
		for _, u := range users {
			Expect(change(root(), u, testkit.State(v1alpha1.StateActive), func(o client.Object) {
				annotations := o.GetAnnotations()
				delete(annotations, v1alpha1.AnnotationHold)
				o.SetAnnotations(annotations)
			})).To(Succeed())
			Consistently(func() bool { return letsIn(h.namespace, u.Name, before[u.Name]) }, 5*while, time.Millisecond).Should(BeFalse(), u.Name)
			eventually(u, And(beReady(), HaveField("Status.State", v1alpha1.StateActive)))
			h.letsIn(u.Name, passwordOf(u))
			h.keepsOut(u.Name, before[u.Name])
		}
	})

	It("by acknowledging somebody's password needs to write Secrets: on the user the annotation means nothing", func() {
		h := furnished(rules(v1alpha1.CredentialPolicy{Delivery: &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime}}))
		before := secretOf(h.boss)
		Expect(before.Data).To(HaveKey(corev1.BasicAuthPasswordKey))
		acknowledgement := map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationAcknowledged: "yes"}}}
		for _, who := range []client.Client{root(), lea(), eve()} {
			Expect(merged(who, before, acknowledgement)).To(Satisfy(apierrors.IsForbidden))
		}
		Expect(merged(lea(), h.boss, acknowledgement)).To(beyond("lea"))
		Expect(merged(root(), h.boss, acknowledgement)).To(Succeed())
		eventually(h.boss, beReady())
		isUntouched(before)
	})

	It("by labels and annotations of a user puts none on its Secret, but for those that the back office lets through, which are never the operator's", func() {
		h := furnished(rules(v1alpha1.CredentialPolicy{Delivery: &v1alpha1.CredentialDelivery{Labels: []string{"team"}, Annotations: []string{"note"}}}))
		marked := h.user("marked", func(o client.Object) {
			o.SetLabels(map[string]string{"team": "x", "argocd.argoproj.io/instance": "shop", v1alpha1.LabelSecret: v1alpha1.SecretStoreURL})
			o.SetAnnotations(map[string]string{"note": "y", v1alpha1.AnnotationAcknowledged: "yes", v1alpha1.AnnotationIssuedAt: "2030-01-01T00:00:00Z", "other": "z"})
		})
		create(lea(), marked)
		eventually(marked, beReady())
		s := secretOf(marked)
		Expect(s.Labels).To(And(HaveKeyWithValue("team", "x"), HaveKeyWithValue(v1alpha1.LabelSecret, v1alpha1.SecretCredential), Not(HaveKey("argocd.argoproj.io/instance"))))
		Expect(s.Annotations).To(And(HaveKeyWithValue("note", "y"), Not(HaveKey(v1alpha1.AnnotationAcknowledged)), Not(HaveKey("other")),
			HaveKeyWithValue(v1alpha1.AnnotationIssuedAt, Not(HavePrefix("2030")))))

		office := testkit.Office("shop", h.namespace)
		for list, key := range map[string]string{"labels": v1alpha1.LabelSecret, "annotations": v1alpha1.AnnotationAcknowledged} {
			Expect(merged(root(), office, inCredentials(map[string]any{"delivery": map[string]any{list: []string{key}}}))).To(refuse("may not name " + list + " of the operator"))
		}
	})
})
