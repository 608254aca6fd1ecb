// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// chosen is a password that users choose.
const chosen = "my own secret, 7 words"

var _ = Describe("An invitation", func() {
	var (
		w    *world
		shop *v1alpha1.BackOffice
		ann  *v1alpha1.BackOfficeUser
	)

	BeforeEach(func() {
		w = newWorld()
		shop = testkit.Office("shop", w.namespace, rotates(2*time.Hour, grace), credentials(func(p *v1alpha1.CredentialPolicy) {
			p.Invitation = &v1alpha1.InvitationPolicy{TTL: duration(2 * time.Hour)}
		}))
		ann = testkit.User("ann", w.namespace, testkit.Email("ann@shop.example"), source(v1alpha1.CredentialInvitation))
		w.settle(shop)
	})

	// mail is what the mailer reads: address and token.
	mail := func() [][]string {
		GinkgoHelper()
		return w.query("shop", "SELECT email, token FROM outbox_mail WHERE back_office = 'shop'")
	}
	// invite brings the user, who is invited.
	invite := func() (token string) {
		GinkgoHelper()
		w.settle(ann)
		Expect(ann).To(beReady())
		Expect(mail()).To(HaveLen(1))
		return mail()[0][1]
	}
	learn := func() { // as the BackOffice does from time to time
		GinkgoHelper()
		w.reopen(shop)
		w.reconcile(ann)
	}

	It("is one transaction and one write of the status, and its token is in the outbox alone", func() {
		ann.Finalizers = []string{v1alpha1.Finalizer}
		w.apply(ann)
		w.spent()
		result := w.reconcile(ann)
		got := w.spent()
		Expect(ann).To(beReady())
		Expect(got.writes).To(ConsistOf(HaveSuffix("/backofficeusers/ann/status")))
		Expect(got.calls).To(Equal([]string{"Apply"}))
		Expect(got.reads).To(BeEmpty())
		Expect(mail()).To(HaveLen(1))
		Expect(mail()[0][0]).To(Equal("ann@shop.example"))
		token := mail()[0][1]
		sum := sha256.Sum256([]byte(token))
		Expect(w.query("shop", "SELECT token_hash FROM credentials")).To(Equal([][]string{{hex.EncodeToString(sum[:])}}))
		Expect(ann).To(unreadyFor(v1alpha1.ReasonInvitationPending))
		Expect(ann.Status.Credential.Invitation.State).To(Equal(v1alpha1.InvitationPending))
		Expect(ann.Status.Credential.Invitation.ExpiresAt.Time).To(BeTemporally("~", time.Now().Add(2*time.Hour), time.Minute))
		Expect(result.RequeueAfter).To(BeNumerically("~", 2*time.Hour, time.Minute))
		Expect(ann.Status.Binding).To(BeNil())
		Expect(w.passwords(ann)).To(BeEmpty())
		told := w.told()
		Expect(told).To(ConsistOf(ContainSubstring("Normal Invited")))
		Expect(told[0]).NotTo(ContainSubstring(token))
		expectUntold(ann, token)
		Expect(CurrentSpecReport().CapturedGinkgoWriterOutput).NotTo(ContainSubstring(token))

		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		Expect(mail()[0][1]).To(Equal(token))
	})

	It("is over when the user has chosen a password, which is the user's: no rotation, and no drift", func() {
		invite()
		w.redeem(ann, chosen)
		learn()
		Expect(ann).To(beReady())
		Expect(ann).To(haveCredential(And(HaveField("Source", "Invitation"), HaveField("NextRotationTime", BeNil()))))
		Expect(ann.Status.Credential.Invitation.State).To(Equal(v1alpha1.InvitationAccepted))
		Expect(carries(ann, v1alpha1.ConditionCredentialsReady)).To(BeFalse())
		w.age(shop, 24*time.Hour)
		w.reconcile(ann)
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		Expect(w.letsIn(ann, chosen)).To(BeTrue())
	})

	It("expires, which a reset mends: it invites anew", func() {
		token := invite()
		w.exec("shop", "UPDATE credentials SET token_expires_at = unixepoch() - 1, issued_at = issued_at - 8000")
		learn()
		Expect(ann).To(beReady())
		Expect(ann).To(unreadyFor(v1alpha1.ReasonInvitationExpired))
		Expect(ann.Status.Credential.Invitation.State).To(Equal(v1alpha1.InvitationExpired))
		Expect(mail()).To(BeEmpty())
		w.annotate(ann, v1alpha1.AnnotationResetRequestedAt, moment(-time.Second))
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(ann).To(unreadyFor(v1alpha1.ReasonInvitationPending))
		Expect(mail()).To(HaveLen(1))
		Expect(mail()[0][1]).NotTo(Equal(token))
	})

	It("is made anew by a reset, which kills what the user chose at once", func() {
		invite()
		w.redeem(ann, chosen)
		learn()
		w.askReset(shop, ann)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.letsIn(ann, chosen)).To(BeFalse())
		Expect(mail()).To(HaveLen(1))
		Expect(ann).To(unreadyFor(v1alpha1.ReasonInvitationPending))
		Expect(w.told()).To(ContainElement(ContainSubstring("PasswordReset")))
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}), "once")
	})

	It("ends with the address that it went to", func() {
		invite()
		w.change(ann, func() { testkit.Email("mallory@shop.example")(ann) })
		w.reconcile(ann)
		Expect(mail()).To(BeEmpty())
		Expect(ann).To(unreadyFor(v1alpha1.ReasonInvitationExpired))
		Expect(ann.Status.Credential.Invitation.State).To(Equal(v1alpha1.InvitationExpired))
	})

	It("leaves a generated password in force, and in its Secret, until the user has chosen another one", func() {
		bob := testkit.User("bob", w.namespace, testkit.Email("bob@shop.example"))
		w.settle(bob)
		w.seeSecrets()
		generated := w.password(bob)
		w.change(bob, func() { source(v1alpha1.CredentialInvitation)(bob) })
		w.reconcile(bob)
		Expect(bob).To(beReady())
		Expect(bob).To(unreadyFor(v1alpha1.ReasonInvitationPending))
		Expect(w.logsIn(bob)).To(BeTrue())
		w.redeem(bob, chosen)
		w.reopen(shop)
		w.reconcile(bob)
		Expect(w.letsIn(bob, chosen)).To(BeTrue())
		Expect(w.letsIn(bob, generated)).To(BeFalse())
		Expect(w.secret(bob).Data).NotTo(HaveKey("password"))
		Expect(bob.Status.Binding).To(BeNil())
	})

	DescribeTable("is one, and works, although the operator crashed", func(crash func()) {
		w.apply(ann)
		crash()
		_, _ = w.try(ann)
		w.tap().cut(nil)
		w.reopen(shop)
		w.converge(ann)
		Expect(mail()).To(HaveLen(1))
		Expect(w.version(ann)).To(Equal("1"))
	},
		Entry("before it was stored", func() { w.tap().cutAt(1, errCrash) }),
		Entry("as it was stored, unheard", func() { w.tap().loseAnswerAt(1, errCrash) }),
		Entry("before the status was written", func() { w.users.Client = faulty{Client: w.users.Client, status: errCrash} }),
	)
})

// carries tells whether an object carries a condition.
func carries(u *v1alpha1.BackOfficeUser, condition string) bool {
	for _, c := range u.Status.Conditions {
		if c.Type == condition {
			return true
		}
	}
	return false
}
