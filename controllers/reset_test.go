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

var _ = Describe("A reset of one user", func() {
	It("ends both passwords at once, and is made once for each value", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(0, grace))
		passwords := []string{w.password(ann)}
		w.askRotation(shop, ann)
		w.converge(ann)
		passwords = append(passwords, w.password(ann))
		w.askReset(shop, ann)
		w.reconcile(ann)
		got := w.spent()
		Expect(got.writes).To(ConsistOf(HaveSuffix("/secrets/ann-credentials"), HaveSuffix("/backofficeusers/ann/status")))
		Expect(got.calls).To(Equal([]string{"Apply", "Apply", "Apply"}), "the end, the record of the Secret, and the account's new generation")
		Expect(ann).To(beReady())
		for _, dead := range passwords {
			Expect(w.letsIn(ann, dead)).To(BeFalse())
		}
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(ann).To(haveCredential(HaveField("Version", int64(3))))
		Expect(ann.Status.Credential.IssuedAt.Time).NotTo(BeTemporally("<", ann.Spec.Credentials.Reset.Time))
		Expect(w.told()).To(ConsistOf(ContainSubstring("Normal PasswordReset")))

		w.seeSecrets()
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		Expect(w.told()).To(BeEmpty())
	})

	It("is the annotation's, too", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first := w.password(ann)
		w.age(shop, time.Minute)
		w.annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(-time.Second))
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("leaves a password alone that was issued later", func() {
		w := newWorld()
		_, ann := rotating(w)
		w.annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(-time.Hour))
		w.spent()
		w.reconcile(ann)
		Expect(w.version(ann)).To(Equal("1"))
		Expect(delivered(w.spent().writes)).To(BeZero())
	})

	It("waits where it lies ahead, and says so; one that is due is carried out nevertheless", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first := w.password(ann)
		w.annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(time.Hour))
		result := w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonResetAhead))
		Expect(ann).To(unreadyFor(v1alpha1.ReasonResetAhead))
		Expect(result.RequeueAfter).To(BeNumerically("~", 55*time.Minute, 10*time.Second))
		Expect(w.letsIn(ann, first)).To(BeTrue())
		w.askReset(shop, ann)
		w.reconcile(ann)
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(ann).To(waitFor(v1alpha1.ReasonResetAhead))
	})

	faults := map[string]func(*world){
		"before the verifier is stored":          func(w *world) { w.tap().cutAt(1, errCrash) },
		"as the verifier was stored, unheard":    func(w *world) { w.tap().loseAnswerAt(1, errCrash) },
		"between verifier and Secret":            func(w *world) { w.breakSecrets(faulty{update: always(errCrash)}) },
		"as the Secret was written, unheard":     func(w *world) { w.breakSecrets(faulty{updated: errCrash}) },
		"between Secret and its record":          func(w *world) { w.tap().cutAt(2, errCrash) },
		"between the record and the status":      func(w *world) { w.users.Client = faulty{Client: w.users.Client, status: errCrash} },
		"where the Secret cannot be read":        func(w *world) { w.breakSecrets(faulty{get: always(errCrash)}) },
		"where somebody else changes the Secret": func(w *world) { w.breakSecrets(faulty{update: conflicting}) },
	}
	for fault, inject := range faults {
		It("has the password dead before the status says so: a crash "+fault, func() {
			w := newWorld()
			shop, ann := rotating(w)
			first := w.password(ann)
			w.askReset(shop, ann)
			w.heed = func(o client.Object) {
				if is := ann.Status.Credential; is.Version > 1 {
					Expect(w.letsIn(ann, first)).To(BeFalse(), "as the status says")
				}
			}
			inject(w)
			_, _ = w.try(ann)
			if fault != "before the verifier is stored" {
				Expect(w.letsIn(ann, first)).To(BeFalse(), "whatever else happens")
			}
			w.seeSecrets()
			w.reopen(shop)
			w.converge(ann)
			Expect(w.letsIn(ann, first)).To(BeFalse())
			Expect(w.logsIn(ann)).To(BeTrue())
			w.seeSecrets()
			w.spent()
			w.reconcile(ann)
			Expect(w.spent()).To(Equal(cost{}), "idle")
		})
	}

	It("does not wait for a BackOffice that nobody stands behind", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(3*time.Hour, grace))
		first := w.password(ann)
		w.behind().change(shop, func() { rotates(2*time.Hour, brief)(shop) })
		w.reconcile(shop)
		Expect(shop).NotTo(beReady())
		w.age(shop, 3*time.Hour)
		_, _ = w.try(ann)
		Expect(w.version(ann)).To(Equal("1"), "whose policy does not count")
		w.askReset(shop, ann)
		_, _ = w.try(ann)
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("does not wait for the brake", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.WithdrawalLimit(1, 0))
		ann, bob := testkit.User("ann", w.namespace, testkit.IPs("203.0.113.7")), testkit.User("bob", w.namespace, testkit.IPs("203.0.113.7"))
		w.settle(shop, ann, bob)
		w.seeSecrets()
		w.change(shop, func() { testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"198.51.100.0/24"}})(shop) })
		w.reconcile(shop)
		Expect(shop).To(withdrawalHeld(2, 2))
		first := w.password(ann)
		w.age(shop, time.Minute)
		w.annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(-time.Second))
		_, _ = w.try(ann)
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.active()).To(ConsistOf("ann", "bob"))
	})

	It("comes before a block in the same change, and that before the new Secret", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first := w.password(ann)
		w.age(shop, time.Minute)
		w.tap().before(func() { Expect(w.row("ann")).To(HaveKeyWithValue("state", "Active")) })
		w.breakSecrets(faulty{update: func(client.Object) error {
			Expect(w.letsIn(ann, first)).To(BeFalse())
			Expect(w.row("ann")).To(HaveKeyWithValue("state", "Blocked"))
			return errCrash
		}})
		w.change(ann, func() {
			at := metav1.NewTime(time.Now().Add(-time.Second).Truncate(time.Second))
			ann.Spec.State, ann.Spec.Credentials = v1alpha1.StateBlocked, &v1alpha1.UserCredentials{Reset: &at}
		})
		_, err := w.try(ann)
		Expect(err).To(MatchError(errCrash))
		Expect(w.active()).To(BeEmpty())
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
	})

	It("does not wait for an e-mail address", func() {
		w := newWorld()
		shop, ann := rotating(w)
		bob := testkit.User("bob", w.namespace, testkit.Email("bob@shop.example"))
		w.settle(bob)
		w.change(ann, func() { testkit.Email("BOB@shop.example")(ann) })
		first := w.password(ann)
		w.askReset(shop, ann)
		w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonEmailTaken))
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("is not that of a user behind whom nobody stands: it is not in force, and its password stays", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first := w.password(ann)
		w.age(shop, time.Minute)
		w.behind().annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(-time.Second))
		_, _ = w.try(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonNotAdmitted))
		Expect(w.active()).To(BeEmpty())
		Expect(w.version(ann)).To(Equal("1"))
		w.readmit(ann)
		w.converge(ann)
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("kills the password although the name of its Secret was taken, and gives another one when that is free", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first, secret := w.password(ann), w.secret(ann)
		w.change(secret, func() { secret.OwnerReferences, secret.Labels = nil, nil })
		w.askReset(shop, ann)
		_, _ = w.try(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonSecretConflict))
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.keeps(ann, first)).To(BeTrue(), "in a Secret that is nobody's")
		w.lose(ann)
		w.converge(ann)
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.letsIn(ann, first)).To(BeFalse())
	})

	It("comes before the Secret that nobody controls is taken over, which it is with the new password", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first, secret := w.password(ann), w.secret(ann)
		w.change(secret, func() { secret.OwnerReferences = nil })
		w.askReset(shop, ann)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(metav1.IsControlledBy(w.secret(ann), ann)).To(BeTrue())
	})

	It("waits for a deactivated account until it is active again", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first := w.password(ann)
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateDeactivated })
		w.reconcile(ann)
		w.askReset(shop, ann)
		w.reconcile(ann)
		Expect(w.version(ann)).To(Equal("1"))
		w.tap().before(func() { Expect(w.active()).To(BeEmpty()) }) // the reset comes first
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateActive })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})

var _ = Describe("A reset of all, for one user", func() {
	It("is another password, once", func() {
		w := newWorld()
		shop, ann := rotating(w)
		first := w.password(ann)
		w.age(shop, time.Minute)
		w.change(shop, func() {
			credentials(func(p *v1alpha1.CredentialPolicy) {
				at := metav1.NewTime(time.Now().Add(-time.Second).Truncate(time.Second))
				p.ResetIssuedBefore = &at
			})(shop)
		})
		w.reconcile(shop)
		Expect(w.letsIn(ann, first)).To(BeFalse(), "from the transaction of the BackOffice on")
		w.converge(ann)
		Expect(w.version(ann)).To(Equal("2"))
		Expect(w.logsIn(ann)).To(BeTrue())
		w.seeSecrets()
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
	})
})

var _ = Describe("The Secret after the store was lost", func() {
	It("tells when its password was issued, and that is not reset a second time", func() {
		w := newWorld()
		shop, ann := rotating(w)
		w.askReset(shop, ann)
		w.converge(ann)
		password, issued := w.password(ann), ann.Status.Credential.IssuedAt
		w.seeSecrets()
		w.loseStore()
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.keeps(ann, password)).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(ann.Status.Credential.IssuedAt.Equal(issued)).To(BeTrue())
		Expect(ann).To(haveCredential(HaveField("Version", int64(1))))
	})

	DescribeTable("is not believed where it says", func(says string) {
		w := newWorld()
		shop, ann := rotating(w)
		secret := w.secret(ann)
		w.change(secret, func() { secret.Annotations[v1alpha1.AnnotationIssuedAt] = says })
		w.loseStore()
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(ann.Status.Credential.IssuedAt.Time).To(And(BeTemporally("~", time.Now(), 30*time.Second), BeTemporally("<=", time.Now())))
		Expect(string(w.secret(ann).Data[corev1.BasicAuthPasswordKey])).NotTo(BeEmpty())
	},
		Entry("something in the future", "2999-01-01T00:00:00Z"),
		Entry("nothing that is a time", "yesterday"),
	)
})
