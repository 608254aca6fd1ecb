// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func adopts(p v1alpha1.AdoptionPolicy) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store.Adoption = p })
}

// imported is an account that somebody has put into the store, with its password.
func (w *world) imported(login, password string) {
	GinkgoHelper()
	verifier, err := credential.Hash(credential.NewPassword(password), 0, v1alpha1.HashAuto)
	Expect(err).NotTo(HaveOccurred())
	w.exec("shop", "INSERT INTO users (back_office, login, login_folded, account_type, state) VALUES ('shop', $1, $1, 'Staff', 'Active')", login)
	w.exec("shop", "INSERT INTO credentials (user_id, verifier) SELECT id, $2 FROM users WHERE login = $1", login, verifier)
}

var _ = Describe("An account that is there already", func() {
	const old = "the one from before"

	DescribeTable("is left alone where the BackOffice does not adopt", func(policy v1alpha1.AdoptionPolicy) {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace, adopts(policy)), testkit.User("ann", w.namespace)
		w.settle(shop)
		w.imported("ann", old)
		w.settle(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonForeignAccount))
		Expect(w.passwords(ann)).To(BeEmpty())
	},
		Entry("by default", v1alpha1.AdoptionPolicy("")),
		Entry("ever", v1alpha1.AdoptionNever),
	)

	It("is adopted with its password, which nothing replaces before the first rotation", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, adopts(v1alpha1.AdoptionIfUnowned), rotates(3*time.Hour, grace))
		ann := testkit.User("ann", w.namespace)
		w.settle(shop)
		w.imported("ann", old)
		id := w.query("shop", "SELECT id FROM users")[0][0]
		w.apply(ann)
		w.converge(ann)
		Expect(ann).To(unreadyFor(v1alpha1.ReasonAdopted))
		Expect(ann).To(haveCredential(HaveField("Source", "Adopted")))
		Expect(ann.Status.Credential.NextRotationTime).NotTo(BeNil())
		Expect(ann.Status.Binding).To(BeNil())
		Expect(w.passwords(ann)).To(BeEmpty())
		Expect(w.letsIn(ann, old)).To(BeTrue())
		Expect(w.row("ann")).To(HaveKeyWithValue("id", id))
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))

		w.age(shop, 3*time.Hour)
		w.converge(ann)
		Expect(carries(ann, v1alpha1.ConditionCredentialsReady)).To(BeFalse())
		Expect(ann).To(haveCredential(HaveField("Source", "Generated")))
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.letsIn(ann, old)).To(BeTrue(), "for the grace")
		Expect(ann.Status.Binding).NotTo(BeNil())
	})

	It("is adopted, and its password dies with a reset", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace, adopts(v1alpha1.AdoptionIfUnowned)), testkit.User("ann", w.namespace)
		w.settle(shop)
		w.imported("ann", old)
		w.apply(ann)
		w.converge(ann)
		w.askReset(shop, ann)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, old)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("is adopted without its password where it is to have none", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, adopts(v1alpha1.AdoptionIfUnowned))
		ann := testkit.User("ann", w.namespace, source(v1alpha1.CredentialNone))
		w.settle(shop)
		w.imported("ann", old)
		w.apply(ann)
		w.converge(ann)
		Expect(w.active()).To(ConsistOf("ann"))
		Expect(w.letsIn(ann, old)).To(BeFalse())
	})

	It("is adopted with its password by a user who is to be invited, or waits for a Secret", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, adopts(v1alpha1.AdoptionIfUnowned))
		ann := testkit.User("ann", w.namespace, source(v1alpha1.CredentialInvitation), testkit.Email("ann@shop.example"))
		bob := testkit.User("bob", w.namespace, source(v1alpha1.CredentialSecretRef))
		w.settle(shop)
		w.imported("ann", old)
		w.imported("bob", old)
		w.apply(ann, bob)
		w.converge(ann)
		Expect(ann).To(unreadyFor(v1alpha1.ReasonAdopted))
		for range 2 {
			w.reconcile(bob)
		}
		Expect(bob).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(bob).To(haveCredential(HaveField("Source", "Adopted")))
		w.supply(supplied)
		w.converge(bob)
		for _, u := range []*v1alpha1.BackOfficeUser{ann, bob} {
			Expect(w.letsIn(u, old)).To(BeTrue())
		}
		Expect(w.letsIn(bob, supplied)).To(BeTrue())
	})

	It("that was orphaned comes back with the Secret that nobody controls", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, adopts(v1alpha1.AdoptionIfUnowned))
		ann := testkit.User("ann", w.namespace, deletionPolicy(v1alpha1.DeletionOrphan))
		w.settle(shop, ann)
		w.seeSecrets()
		password := w.password(ann)
		w.end(ann)
		w.seeSecrets()
		again := testkit.User("ann", w.namespace)
		w.apply(again)
		w.converge(again)
		Expect(w.keeps(again, password)).To(BeTrue())
		Expect(w.logsIn(again)).To(BeTrue())
		Expect(carries(again, v1alpha1.ConditionCredentialsReady)).To(BeFalse())
		Expect(w.secret(again).OwnerReferences).To(ConsistOf(HaveField("UID", again.UID)))
		Expect(again.Status.Binding).NotTo(BeNil())
		w.seeSecrets()
		w.reconcile(again)
		w.spent()
		w.reconcile(again)
		Expect(w.spent()).To(Equal(cost{}))
	})

	It("does not take over a Secret that nobody controls and that does not know its password", func() {
		w := newWorld()
		shop, ann := rotating(w)
		w.seeSecrets()
		secret := w.secret(ann)
		w.change(secret, func() { secret.OwnerReferences, secret.Data["password"] = nil, []byte("planted by somebody") })
		_, _ = w.try(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonSecretConflict))
		Expect(w.secret(ann).OwnerReferences).To(BeEmpty())
		Expect(w.letsIn(ann, "planted by somebody")).To(BeFalse())
		w.reconcile(shop)
	})
})

var _ = Describe("A user whose object was lost and made anew", func() {
	// rebuilt lets object and Secret go without a word to the store, as when a cluster is rebuilt, and applies the object again.
	rebuilt := func(w *world, ann *v1alpha1.BackOfficeUser) *v1alpha1.BackOfficeUser {
		GinkgoHelper()
		before := ann.DeepCopy()
		ann.Finalizers = nil
		Expect(admin.Patch(ctx, ann, client.MergeFrom(before))).To(Succeed())
		w.remove(ann)
		w.gone(ann)
		w.collected(before)
		again := testkit.User("ann", w.namespace)
		again.Spec = before.Spec
		w.apply(again)
		return again
	}

	It("has the account with the password for the grace, and one new Secret", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(0, grace))
		password, id := w.password(ann), w.row("ann")["id"]
		again := rebuilt(w, ann)
		w.reopen(shop)
		w.converge(again)
		Expect(w.row("ann")).To(And(HaveKeyWithValue("id", id), HaveKeyWithValue("uid", string(again.UID))))
		Expect(w.letsIn(again, password)).To(BeTrue(), "for the grace")
		Expect(w.logsIn(again)).To(BeTrue())
		Expect(w.keeps(again, password)).To(BeFalse())
		Expect(w.version(again)).To(Equal("2"))
		w.seeSecrets()
		w.spent()
		w.reconcile(again)
		Expect(w.spent()).To(Equal(cost{}))
	})

	It("has the account as it is where the password was supplied", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace, source(v1alpha1.CredentialSecretRef))
		w.supply(supplied)
		w.settle(shop, ann)
		Expect(ann).To(beReady())
		before := ann.DeepCopy()
		ann.Finalizers = nil
		Expect(admin.Patch(ctx, ann, client.MergeFrom(before))).To(Succeed())
		w.remove(ann)
		w.gone(ann)
		again := testkit.User("ann", w.namespace, source(v1alpha1.CredentialSecretRef))
		w.apply(again)
		w.reopen(shop)
		w.converge(again)
		Expect(w.letsIn(again, supplied)).To(BeTrue())
		Expect(w.version(again)).To(Equal("1"))
	})

	for fault, inject := range map[string]func(*world){
		"before the account is stored":            func(w *world) { w.tap().cutAt(1, errCrash) },
		"before the account is stored alone":      func(w *world) { w.tap().cutAt(2, errCrash) },
		"as the account was stored, unheard":      func(w *world) { w.tap().loseAnswerAt(2, errCrash) },
		"before what it has is read":              func(w *world) { w.tap().blindfold(errCrash) },
		"before the new verifier is stored":       func(w *world) { w.tap().cutAt(3, errCrash) },
		"between the new verifier and its Secret": func(w *world) { w.breakSecrets(faulty{create: always(errCrash)}) },
		"as the Secret was created, unheard":      func(w *world) { w.breakSecrets(faulty{created: errCrash}) },
	} {
		It("keeps the password for the grace although the operator crashed "+fault, func() {
			w := newWorld()
			shop, ann := rotating(w, rotates(0, grace))
			password := w.password(ann)
			again := rebuilt(w, ann)
			w.reopen(shop)
			inject(w)
			for range 3 {
				_, _ = w.try(again)
				Expect(w.letsIn(again, password)).To(BeTrue())
			}
			w.tap().blindfold(nil)
			w.seeSecrets()
			w.reopen(shop)
			w.converge(again)
			Expect(w.letsIn(again, password)).To(BeTrue(), "for the grace")
			Expect(w.logsIn(again)).To(BeTrue())
		})
	}
})

var _ = Describe("Many passwords that are due at once", func() {
	It("are replaced a few at a time, and what else their users need does not wait", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, rotates(3*time.Hour, grace))
		w.settle(shop)
		users := w.crowd(150)
		w.age(shop, 3*time.Hour)
		for _, u := range users {
			w.hold(u)
		}
		w.atOnce(users...)
		waiting := slices.DeleteFunc(slices.Clone(users), func(u *v1alpha1.BackOfficeUser) bool { return u.Status.Credential.Version > 1 })
		Expect(waiting).NotTo(BeEmpty())
		Expect(len(waiting)).To(BeNumerically("<", len(users)))
		for _, u := range users {
			Expect(u).To(beReady())
			Expect(u.Status.State).To(Equal(v1alpha1.StateBlocked))
		}
		Eventually(func(g Gomega) {
			for _, u := range users {
				Expect(w.reconcile(u).RequeueAfter).To(BeNumerically(">", 0))
				g.Expect(u.Status.Credential.Version).To(Equal(int64(2)))
			}
		}, soon, 500*time.Millisecond).Should(Succeed())
		var secrets corev1.SecretList
		Expect(admin.List(ctx, &secrets, client.InNamespace(w.namespace))).To(Succeed())
		for _, s := range secrets.Items {
			Expect(s.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationVersion, "2"))
		}
	})
})
