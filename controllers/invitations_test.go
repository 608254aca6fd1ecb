// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// wakes notes which users the BackOffice wakes; "all" stands for all objects.
func (w *world) wakes() (woken func() []string) {
	var names []string
	w.offices.Wake = func(_ *v1alpha1.BackOffice, objects ...store.Record) {
		if len(objects) == 0 {
			names = append(names, "all")
		}
		for _, o := range objects {
			if u, ok := o.(store.User); ok {
				names = append(names, u.Name)
			}
		}
	}
	return func() []string {
		slices.Sort(names)
		was := names
		names = nil
		return was
	}
}

// acceptance is what the status of a user tells of its invitation.
func acceptance(state v1alpha1.InvitationState) OmegaMatcher {
	return haveCredential(HaveField("Invitation", HaveField("State", state)))
}

var _ = Describe("Answers to invitations", func() {
	var (
		w     *world
		shop  *v1alpha1.BackOffice
		users []*v1alpha1.BackOfficeUser
		set   func(time.Duration)
	)
	invited := func(name string) *v1alpha1.BackOfficeUser {
		return testkit.User(name, w.namespace, testkit.Email(name+"@shop.example"), source(v1alpha1.CredentialInvitation))
	}
	// pinged has the store probed in its time, and returns what it was asked.
	pinged := func() []string {
		GinkgoHelper()
		w.passes(30 * time.Second)
		w.spent()
		w.reconcile(shop)
		return w.spent().calls
	}
	asked, notAsked := []string{"Ping", "Observe"}, []string{"Ping"}

	BeforeEach(func() {
		w = newWorld()
		set = w.skew(0)
		shop, users = testkit.Office("shop", w.namespace), nil
		w.settle(shop, testkit.User("dan", w.namespace))
		Expect(pinged()).To(Equal(notAsked), "nobody is invited")
		for _, name := range []string{"ann", "bob", "cid"} {
			u := invited(name)
			w.settle(u)
			Expect(u).To(And(beReady(), acceptance(v1alpha1.InvitationPending)))
			users = append(users, u)
		}
	})

	It("are looked for by one question for all, while somebody is invited, and wake who has given one", func() {
		woken := w.wakes()
		w.reconcile(shop)
		Expect(pinged()).To(Equal(asked))
		Expect(woken()).To(BeEmpty())
		w.spent()
		w.reconcile(shop)
		Expect(w.spent().calls).To(Equal(notAsked), "it is too early")

		w.redeem(users[0], "the password of ann")
		Expect(pinged()).To(Equal(asked))
		Expect(woken()).To(Equal([]string{"ann"}))
		w.reconcile(users[0])
		Expect(users[0]).To(acceptance(v1alpha1.InvitationAccepted))

		By("a restart, which reads all anyway")
		w.restart()
		w.spent()
		w.reconcile(shop)
		Expect(w.spent().calls).To(Equal([]string{"Open", "Observe", "Ping"}))
		woken = w.wakes()
		w.redeem(users[1], "the password of bob")
		w.redeem(users[2], "the password of cid")
		Expect(pinged()).To(Equal(asked))
		Expect(woken()).To(Equal([]string{"bob", "cid"}))
		Expect(pinged()).To(Equal(notAsked), "all have answered")
	})

	It("are looked for once more when the time is over, and then no longer", func() {
		woken := w.wakes()
		set(73 * time.Hour)
		w.redeem(users[1], "at the last second")
		Expect(pinged()).To(Equal(asked))
		Expect(woken()).To(Equal([]string{"bob"}))
		Expect(pinged()).To(Equal(notAsked))
		w.passes(11 * time.Minute)
		Expect(pinged()).To(Equal(asked), "the whole store is read")
		Expect(pinged()).To(Equal(notAsked))
		w.restart()
		w.reconcile(shop)
		Expect(pinged()).To(Equal(notAsked))
	})

	It("are looked for again after a store that did not answer, and of accounts that are gone no longer", func() {
		woken := w.wakes()
		w.redeem(users[0], "the password of ann")
		w.tap().blindfold(store.ErrUnavailable)
		Expect(pinged()).To(Equal(asked))
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		Expect(w.probed).To(Equal(1), "or nobody would look again")
		w.tap().blindfold(nil)
		Expect(pinged()).To(Equal(asked))
		Expect(woken()).To(ContainElement("ann"))
		for _, u := range users[1:] {
			w.end(u)
		}
		Expect(pinged()).To(Equal(asked))
		Expect(pinged()).To(Equal(notAsked))
	})
})

var _ = Describe("A password that the application has changed", func() {
	It("is no drift where the user was to choose it, and wakes the user for its status", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		ann := testkit.User("ann", w.namespace, testkit.Email("ann@shop.example"), source(v1alpha1.CredentialInvitation))
		w.settle(shop, ann)
		ears, woken := w.listen(), w.wakes()
		for i, change := range []func(){
			func() { w.redeem(ann, "what ann has chosen") },
			func() { w.exec("shop", "UPDATE credentials SET verifier = '$other', version = version + 1") },
			func() { w.exec("shop", "UPDATE credentials SET issued_at = issued_at + 1") },
		} {
			change()
			w.compared(shop)
			Expect(woken()).To(Equal([]string{"ann"}), "change %d", i)
			Expect(string(ears.logs.Contents())).NotTo(ContainSubstring("Found drift"))
			w.reconcile(ann)
			Expect(ann).To(And(beReady(), acceptance(v1alpha1.InvitationAccepted)))
		}

		By("a change of the account with it, which is drift")
		w.exec("shop", "UPDATE credentials SET version = version + 1")
		w.exec("shop", "UPDATE users SET full_name = 'X'")
		w.compared(shop)
		Expect(ears.logs).To(gbytes.Say("Found drift"))
		Expect(woken()).To(Equal([]string{"ann"}))
	})

	It("is drift where nobody was to choose one", func() {
		w := newWorld()
		shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		ears, woken := w.listen(), w.wakes()
		w.redeem(ann, "what somebody has chosen")
		w.compared(shop)
		Expect(ears.logs).To(gbytes.Say("Found drift"))
		Expect(woken()).To(Equal([]string{"ann"}))
	})
})

var _ = Describe("Records that the store does not have any more", func() {
	It("are missed where their object is there, and not where it was made anew", func() {
		w := newWorld()
		shop, ann, bob := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(shop, ann, bob)
		w.vanish(ann)
		w.collected(ann)
		ann = testkit.User("ann", w.namespace)
		w.settle(ann)
		ears, woken := w.listen(), w.wakes()
		w.compared(shop)
		Expect(string(ears.logs.Contents())).NotTo(ContainSubstring("Found drift"), "the row has its new object's UID")
		Expect(woken()).To(BeEmpty())

		w.exec("shop", "DELETE FROM users WHERE login = 'bob'")
		w.compared(shop)
		Expect(ears.logs).To(gbytes.Say("Found drift"))
		Expect(woken()).To(Equal([]string{"all"}))
		w.reconcile(bob)
		Expect(w.active()).To(ConsistOf("ann", "bob"))
	})
})
