// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// rules are the rules for passwords of a back office.
func rules(policy v1alpha1.CredentialPolicy) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Credentials = &policy })
}

// credentials say how a user gets the password.
func credentials(c v1alpha1.UserCredentials) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Credentials = &c })
}

// suppliedBy takes the password from a Secret of the administrator.
func suppliedBy(secret string) testkit.Mod {
	return credentials(v1alpha1.UserCredentials{Source: v1alpha1.CredentialSecretRef, SecretRef: &v1alpha1.PasswordReference{Name: secret}})
}

// every rotates passwords at this interval.
func every(interval, grace time.Duration) *v1alpha1.RotationPolicy {
	return &v1alpha1.RotationPolicy{Interval: &metav1.Duration{Duration: interval}, Grace: &metav1.Duration{Duration: grace}}
}

// now is a moment as people write it.
func now() *metav1.Time { return new(metav1.NewTime(time.Now().Truncate(time.Second))) }

// versioned matches a user whose password has this version.
func versioned(version int64) func(*v1alpha1.BackOfficeUser) bool {
	return func(u *v1alpha1.BackOfficeUser) bool {
		return u.Status.Credential != nil && u.Status.Credential.Version == version
	}
}

var _ = Describe("Passwords", func() {
	It("are shown once: login and password together, and later no more, though they work", Label("T-10"), func() {
		namespace := shop(rules(v1alpha1.CredentialPolicy{Delivery: &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime}}))
		seen, forgotten := testkit.User("ines", namespace, testkit.Login("ines.es")), testkit.User("ruben", namespace)
		given(seen, forgotten)
		first, unseen := passwordOf(seen), passwordOf(forgotten)
		shown := secretOf(seen)
		Expect(string(shown.Data[corev1.BasicAuthUsernameKey])).To(Equal("ines.es"))
		Expect(letsIn(namespace, "ines.es", first)).To(BeTrue())

		By("once it has been acknowledged")
		Expect(change(masters(), shown, annotate(v1alpha1.AnnotationAcknowledged, "yes"))).To(Succeed())
		Eventually(func() map[string][]byte { return secretOf(seen).Data }, soon, often).
			Should(And(HaveKey(corev1.BasicAuthUsernameKey), Not(HaveKey(corev1.BasicAuthPasswordKey))))
		eventually(seen, WithTransform(func(u *v1alpha1.BackOfficeUser) bool { return u.Status.Credential.Delivered }, BeTrue()))
		Expect(seen.Status.Credential.NextRotationTime).To(BeNil())
		Expect(seen.Status.Binding).To(BeNil(), "no Secret holds it any more")

		By("or when its time is over")
		Expect(passwordOf(forgotten)).To(Equal(unseen))
		stop()
		alter(namespace, "UPDATE credentials SET issued_at = issued_at - 86400 WHERE user_id = (SELECT id FROM users WHERE login = 'ruben')")
		start()
		Eventually(func() map[string][]byte { return secretOf(forgotten).Data }, soon, often).ShouldNot(HaveKey(corev1.BasicAuthPasswordKey))

		By("and both go on working, and are nowhere to be read")
		Expect(letsIn(namespace, "ines.es", first)).To(BeTrue())
		Expect(letsIn(namespace, "ruben", unseen)).To(BeTrue())
		for _, arguments := range [][]string{{"get", "-o", "yaml"}, {"describe"}} {
			out := kubectl("vic", "", append(arguments, "-n", namespace, "backofficeusers")...)
			Expect(out).To(And(ContainSubstring("ines.es"), Not(ContainSubstring(first)), Not(ContainSubstring(unseen))))
		}
	})

	It("keep their structure when they are changed, whoever changes them", Label("T-11"), func() {
		structure := v1alpha1.PasswordStructure{Length: new(int32(20)), MinDigits: new(int32(3)), MinSymbols: new(int32(2))}
		namespace := shop(rules(v1alpha1.CredentialPolicy{Structure: &structure}))
		kept := And(HaveLen(20), MatchRegexp(`[A-Z]`), MatchRegexp(`[a-z]`), MatchRegexp(`([0-9].*){3}`), MatchRegexp(`([^A-Za-z0-9].*){2}`))
		u := testkit.User("ines", namespace)
		given(u)
		first := passwordOf(u)
		Expect(first).To(kept)
		time.Sleep(time.Until(u.Status.Credential.IssuedAt.Add(time.Second)))
		Expect(change(root(), u, annotate(v1alpha1.AnnotationRotationRequestedAt, now().Format(time.RFC3339)))).To(Succeed())
		eventually(u, Satisfy(versioned(2)))
		Expect(passwordOf(u)).To(And(kept, Not(Equal(first))))

		By("one that somebody supplies is refused if it breaks the structure: the rule is named, the password is not, and the one before works")
		secret := suppliedSecret(namespace, "ines-own", "Short1!")
		before := passwordOf(u)
		Expect(change(root(), u, suppliedBy("ines-own"))).To(Succeed())
		for password, rule := range map[string]string{
			"Short1!+234":               "at least 20 characters",
			"no-upper-case-letter-123":  "of the letters A-Z",
			"NO-LOWER-CASE-LETTER-123":  "of the letters a-z",
			"No-Digits-But-Two-Here-12": "at least 3 of the digits 0-9",
			"NoSymbolsInThisOne1234567": "at least 2 characters that are neither",
		} {
			supply(secret, password)
			eventually(u, And(notReady(v1alpha1.ReasonPasswordRefused), saying(rule), Not(saying(password))))
			Expect(letsIn(namespace, "ines", password)).To(BeFalse())
			Expect(letsIn(namespace, "ines", before)).To(BeTrue())
		}
		supply(secret, "Twenty-characters-1234")
		eventually(u, beReady())
		Expect(letsIn(namespace, "ines", "Twenty-characters-1234")).To(BeTrue())
	})

	It("of one user can be reset: the current one stops working at once, and the user chooses a new one", Label("A-09"), func() {
		namespace := shop()
		machine := testkit.User("machine", namespace)
		person := testkit.User("paula", namespace, testkit.Email("paula@example.com"), credentials(v1alpha1.UserCredentials{Source: v1alpha1.CredentialInvitation}))
		given(machine, person)
		chosen := "a sentence that Paula chose"
		Expect(redeem(namespace, tokenFor(namespace, "paula"), verifierOf(chosen))).NotTo(BeEmpty())
		Expect(letsIn(namespace, "paula", chosen)).To(BeTrue())
		old := passwordOf(machine)
		began := sessionsOf(namespace, "paula")
		time.Sleep(1100 * time.Millisecond)

		reset := now()
		for _, u := range []*v1alpha1.BackOfficeUser{machine, person} {
			Expect(change(root(), u, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
				if u.Spec.Credentials == nil {
					u.Spec.Credentials = &v1alpha1.UserCredentials{}
				}
				u.Spec.Credentials.Reset = reset
			}))).To(Succeed())
		}
		eventually(machine, Satisfy(versioned(2)))
		Expect(letsIn(namespace, "machine", old)).To(BeFalse())
		Expect(letsIn(namespace, "machine", passwordOf(machine))).To(BeTrue())

		Eventually(func() bool { return letsIn(namespace, "paula", chosen) }, soon, often).Should(BeFalse())
		Eventually(func() string { return tokenFor(namespace, "paula") }, soon, often).ShouldNot(BeEmpty())
		Expect(sessionsOf(namespace, "paula")).To(BeNumerically(">", began))
		Expect(redeem(namespace, tokenFor(namespace, "paula"), verifierOf("another sentence"))).NotTo(BeEmpty())
		Expect(letsIn(namespace, "paula", "another sentence")).To(BeTrue())
		Expect(letsIn(namespace, "paula", chosen)).To(BeFalse())

		By("and the same moment resets nothing again")
		stop()
		start()
		Consistently(func() bool { return letsIn(namespace, "paula", "another sentence") }, while, often).Should(BeTrue())
		eventually(machine, Satisfy(versioned(2)))
	})

	It("of all active accounts can be reset at once: all are dead by one row, new ones follow, and status counts", Label("A-10"), func() {
		namespace := shop()
		var users []*v1alpha1.BackOfficeUser
		var objects []client.Object
		for i := range 70 { // more than are changed in a second
			u := testkit.User(fmt.Sprintf("user-%02d", i), namespace)
			users, objects = append(users, u), append(objects, u)
		}
		asleep := testkit.User("asleep", namespace)
		given(append(objects, asleep)...)
		old := map[string]string{}
		for _, u := range append(users, asleep) {
			old[u.Name] = passwordOf(u)
		}
		Expect(change(root(), asleep, testkit.State(v1alpha1.StateDeactivated))).To(Succeed())
		eventually(asleep, beReady())
		time.Sleep(1100 * time.Millisecond)

		office := testkit.Office("shop", namespace)
		Expect(change(root(), office, rules(v1alpha1.CredentialPolicy{ResetIssuedBefore: now()}))).To(Succeed())
		Eventually(func() bool { return letsIn(namespace, users[0].Name, old[users[0].Name]) }, soon, often).Should(BeFalse())
		for _, u := range users {
			Expect(letsIn(namespace, u.Name, old[u.Name])).To(BeFalse(), u.Name)
		}
		Expect(operator.Signal(syscall.SIGKILL)).To(Succeed()) // on the way
		<-operator.Done()
		start()
		eventually(office, WithTransform(func(o *v1alpha1.BackOffice) *v1alpha1.ResetStatus { return o.Status.Credentials.Reset },
			And(Not(BeNil()), HaveField("Remaining", BeZero()))))
		for _, u := range users {
			eventually(u, And(beReady(), Not(Satisfy(versioned(1))))) // one that was on the way when the manager was killed has two new ones
			Expect(letsIn(namespace, u.Name, passwordOf(u))).To(BeTrue(), u.Name)
		}

		By("and an account that is brought back later gets a new one, too")
		Expect(change(root(), asleep, testkit.State(v1alpha1.StateActive))).To(Succeed())
		eventually(asleep, And(beReady(), Satisfy(versioned(2))))
		Expect(letsIn(namespace, "asleep", old["asleep"])).To(BeFalse())
		Expect(letsIn(namespace, "asleep", passwordOf(asleep))).To(BeTrue())
	})

	It("are changed every few months, and the old one works until everybody has the new one", Label("A-11"), func() {
		const quarter, grace = 2160 * time.Hour, 3 * time.Second
		namespace := shop(rules(v1alpha1.CredentialPolicy{Rotation: every(quarter, grace)}))
		due, young := testkit.User("due", namespace), testkit.User("young", namespace)
		given(due, young)
		for _, u := range []*v1alpha1.BackOfficeUser{due, young} {
			Expect(u.Status.Credential.NextRotationTime.Time).To(And(
				BeTemporally(">=", u.Status.Credential.IssuedAt.Add(quarter*9/10)), BeTemporally("<=", u.Status.Credential.IssuedAt.Add(quarter))))
		}
		old, kept := passwordOf(due), passwordOf(young)
		stop()
		alter(namespace, "UPDATE credentials SET issued_at = issued_at - 2160 * 3600 WHERE user_id = (SELECT id FROM users WHERE login = 'due')")
		alter(namespace, "UPDATE credentials SET issued_at = issued_at - 1900 * 3600 WHERE user_id = (SELECT id FROM users WHERE login = 'young')")
		start()
		eventually(due, And(beReady(), Satisfy(versioned(2))))
		Expect(passwordOf(due)).NotTo(Equal(old))
		Expect(letsIn(namespace, "due", passwordOf(due))).To(BeTrue())
		Expect(letsIn(namespace, "due", old)).To(BeTrue())
		Eventually(func() bool { return letsIn(namespace, "due", old) }, soon, often).Should(BeFalse())
		Expect(letsIn(namespace, "due", passwordOf(due))).To(BeTrue())
		eventually(young, Satisfy(versioned(1)))
		Expect(passwordOf(young)).To(Equal(kept))
	})

	It("are chosen by users who are invited, and status says who has accepted and who was too late", Label("H-05"), func() {
		namespace := shop()
		invited := func(name string) *v1alpha1.BackOfficeUser {
			return testkit.User(name, namespace, testkit.Email(name+"@example.com"), credentials(v1alpha1.UserCredentials{Source: v1alpha1.CredentialInvitation}))
		}
		state := func(s v1alpha1.InvitationState) func(*v1alpha1.BackOfficeUser) bool {
			return func(u *v1alpha1.BackOfficeUser) bool {
				return u.Status.Credential != nil && u.Status.Credential.Invitation != nil && u.Status.Credential.Invitation.State == s
			}
		}
		prompt, late := invited("prompt"), invited("late")
		given(prompt, late)
		for _, u := range []*v1alpha1.BackOfficeUser{prompt, late} {
			eventually(u, Satisfy(state(v1alpha1.InvitationPending)))
			Expect(letsIn(namespace, u.Name, "")).To(BeFalse())
		}
		Expect(query(namespace, "SELECT login, email FROM outbox_mail ORDER BY login")).To(Equal([][]string{
			{"late", "late@example.com"}, {"prompt", "prompt@example.com"},
		}))
		token, stale := tokenFor(namespace, "prompt"), tokenFor(namespace, "late")
		Expect(redeem(namespace, token, verifierOf("what prompt chose"))).NotTo(BeEmpty())
		Expect(letsIn(namespace, "prompt", "what prompt chose")).To(BeTrue())
		Expect(redeem(namespace, token, verifierOf("what a thief chose"))).To(BeEmpty(), "it works once")

		alter(namespace, "UPDATE credentials SET token_expires_at = issued_at WHERE token_hash IS NOT NULL AND token_hash <> ''")
		Expect(redeem(namespace, stale, verifierOf("too late"))).To(BeEmpty())
		stop()
		start()
		eventually(prompt, Satisfy(state(v1alpha1.InvitationAccepted)))
		eventually(late, Satisfy(state(v1alpha1.InvitationExpired)))
		wide := kubectl("vic", "", "get", "backofficeusers", "-n", namespace, "-o", "wide")
		Expect(wide).To(And(ContainSubstring("Accepted"), ContainSubstring("Expired")))

		By("a reset invites anew")
		Expect(change(root(), late, annotate(v1alpha1.AnnotationResetRequestedAt, time.Now().Add(2*time.Second).UTC().Format(time.RFC3339)))).To(Succeed())
		eventually(late, Satisfy(state(v1alpha1.InvitationPending)))
		Expect(redeem(namespace, stale, verifierOf("too late"))).To(BeEmpty())
		Expect(redeem(namespace, tokenFor(namespace, "late"), verifierOf("in time"))).NotTo(BeEmpty())
		Expect(letsIn(namespace, "late", "in time")).To(BeTrue())
	})

	It("are set by the administrator, in a Secret that is theirs, and changed there", Label("M-04"), func() {
		namespace := shop()
		const first, second = "The-first-Password-1", "The-second-Password-2"
		secret := suppliedSecret(namespace, "marta-own", first)
		u := testkit.User("marta", namespace, suppliedBy("marta-own"))
		given(u)
		Expect(u.Status.Binding).To(BeNil(), "it is no Secret of the operator's")
		Expect(letsIn(namespace, "marta", first)).To(BeTrue())
		supply(secret, second)
		Eventually(func() bool { return letsIn(namespace, "marta", second) }, soon, often).Should(BeTrue())
		Expect(letsIn(namespace, "marta", first)).To(BeTrue(), "who has not heard of it yet goes on for the grace")
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		Expect(secret.OwnerReferences).To(BeEmpty())
		Expect(string(secret.Data["password"])).To(Equal(second))

		By("and neither its end nor an end of its label takes the access away")
		Expect(masters().Delete(ctx, secret)).To(Succeed())
		eventually(u, notReady(v1alpha1.ReasonReferenceNotFound))
		Expect(letsIn(namespace, "marta", second)).To(BeTrue())
		unlabelled := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "marta-own"}, StringData: map[string]string{"password": strings.ToUpper(first)}}
		Expect(masters().Create(ctx, unlabelled)).To(Succeed())
		Expect(change(root(), u, annotate(v1alpha1.AnnotationReconcileRequestedAt, "1"))).To(Succeed())
		eventually(u, notReady(v1alpha1.ReasonSecretNotPermitted))
		Expect(letsIn(namespace, "marta", second)).To(BeTrue())
		Expect(letsIn(namespace, "marta", strings.ToUpper(first))).To(BeFalse())
	})
})
