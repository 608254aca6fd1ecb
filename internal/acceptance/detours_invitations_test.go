// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// invitedTo sends a user a token to this address.
func invitedTo(address string) testkit.Mod {
	return func(o client.Object) {
		credentials(v1alpha1.UserCredentials{Source: v1alpha1.CredentialInvitation})(o)
		testkit.Email(address)(o)
	}
}

// invitation matches a user whose invitation is in that state.
func invitation(state v1alpha1.InvitationState) gomegatypes.GomegaMatcher {
	return HaveField("Status.Credential", And(Not(BeNil()), HaveField("Invitation", And(Not(BeNil()), HaveField("State", state)))))
}

// invites waits for the token that the mailer finds for a login.
func (h *house) invites(login string) (token string) {
	GinkgoHelper()
	Eventually(func() string { token = tokenFor(h.namespace, login); return token }, soon, often).ShouldNot(BeEmpty())
	return token
}

var _ = Describe("Who tries to use somebody's invitation", func() {
	It("by changing the address of somebody stronger is refused, and a token that was sent to another address is dead", func() {
		h := furnished()
		Expect(change(root(), h.boss, invitedTo("boss@shop.example"))).To(Succeed())
		token := h.invites("boss")
		Expect(change(lea(), h.boss, testkit.Email("lea@shop.example"))).To(beyond("lea"))
		Expect(query(h.namespace, "SELECT email FROM outbox_mail WHERE login = 'boss'")).To(Equal([][]string{{"boss@shop.example"}}))

		By("as by whoever may change it: nothing is sent to the new address unless a reset asks for it")
		Expect(change(root(), h.boss, testkit.Email("chief@shop.example"))).To(Succeed())
		eventually(h.boss, invitation(v1alpha1.InvitationExpired))
		Expect(tokenFor(h.namespace, "boss")).To(BeEmpty())
		Expect(redeem(h.namespace, token, verifierOf(thiefs))).To(BeEmpty())
		h.keepsOut("boss", thiefs)
		nextSecond()
		Expect(merged(root(), h.boss, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
		fresh := h.invites("boss")
		Expect(fresh).NotTo(Equal(token))
		Expect(redeem(h.namespace, token, verifierOf(thiefs))).To(BeEmpty())
		Expect(redeem(h.namespace, fresh, verifierOf("what the boss chose"))).NotTo(BeEmpty())
		h.keepsOut("boss", thiefs)
		h.letsIn("boss", "what the boss chose")
	})

	It("by redeeming a token twice, one that is over, that of a blocked account or of another back office sets no password", func() {
		h := furnished()
		invited := func(name string) *v1alpha1.BackOfficeUser { return h.user(name, invitedTo(name+"@shop.example")) }
		twice, late, blocked, held := invited("twice"), invited("late"), invited("blocked"), invited("held")
		given(twice, late, blocked, held)
		tokens := map[string]string{}
		for _, name := range []string{"twice", "late", "blocked", "held"} {
			tokens[name] = h.invites(name)
		}
		Expect(redeem(furnished().namespace, tokens["twice"], verifierOf(thiefs))).To(BeEmpty())
		Expect(redeem(h.namespace, tokens["twice"], verifierOf("what was chosen first"))).NotTo(BeEmpty())
		Expect(change(root(), blocked, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Expect(change(root(), held, annotate(v1alpha1.AnnotationHold, "on leave"))).To(Succeed())
		for _, u := range []*v1alpha1.BackOfficeUser{blocked, held} {
			eventually(u, And(beReady(), HaveField("Status.State", v1alpha1.StateBlocked)))
		}
		alter(h.namespace, "UPDATE credentials SET token_expires_at = 1 WHERE user_id = (SELECT id FROM users WHERE login = 'late')")
		for name, token := range tokens {
			Expect(redeem(h.namespace, token, verifierOf(thiefs))).To(BeEmpty(), name)
		}
		Expect(query(h.namespace, "SELECT login FROM outbox_mail")).To(BeEmpty(), "the mailer sees no token that does not work")
		for _, u := range []*v1alpha1.BackOfficeUser{blocked, held} {
			Expect(change(root(), u, testkit.State(v1alpha1.StateActive), func(o client.Object) {
				annotations := o.GetAnnotations()
				delete(annotations, v1alpha1.AnnotationHold)
				o.SetAnnotations(annotations)
			})).To(Succeed())
			eventually(u, And(beReady(), HaveField("Status.State", v1alpha1.StateActive)))
		}
		for name := range tokens {
			h.keepsOut(name, thiefs)
		}
		h.letsIn("twice", "what was chosen first")
	})

	It("by a token from before a reset, of one or of all, sets no password", func() {
		h := furnished()
		one, all := h.user("one", invitedTo("one@shop.example")), h.user("all", invitedTo("all@shop.example"))
		given(one, all)
		ofOne, ofAll := h.invites("one"), h.invites("all")
		nextSecond()
		Expect(merged(root(), one, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
		Eventually(func() string { return tokenFor(h.namespace, "one") }, soon, often).ShouldNot(Or(BeEmpty(), Equal(ofOne)))
		Expect(redeem(h.namespace, ofOne, verifierOf(thiefs))).To(BeEmpty())
		Expect(merged(root(), testkit.Office("shop", h.namespace), inCredentials(map[string]any{"resetIssuedBefore": moment(0)}))).To(Succeed())
		Eventually(func() string { return tokenFor(h.namespace, "all") }, soon, often).ShouldNot(Or(BeEmpty(), Equal(ofAll)))
		Expect(redeem(h.namespace, ofAll, verifierOf(thiefs))).To(BeEmpty())
		h.keepsOut("one", thiefs)
		h.keepsOut("all", thiefs)
	})
})
