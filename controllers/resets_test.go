// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"errors"
	"fmt"
	"math"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// issuedBefore asks for a reset of all.
func issuedBefore(at time.Time) testkit.Mod {
	return credentials(func(p *v1alpha1.CredentialPolicy) { t := metav1.NewTime(at); p.ResetIssuedBefore = &t })
}

// fromNow is a moment that lies later than all that has been issued by now, as the store keeps moments.
func fromNow(d time.Duration) time.Time { return time.Now().Add(d).UTC().Truncate(time.Second) }

// waitForPasswords is a BackOffice that has reset all, and tells how many have no new password.
func waitForPasswords(before time.Time, n int) OmegaMatcher {
	return HaveField("Status.Credentials.Reset", PointTo(MatchAllFields(Fields{
		"IssuedBefore": HaveField("Time", BeTemporally("==", before)), "Remaining": BeEquivalentTo(n),
	})))
}

var notReset = Or(HaveField("Status.Credentials", BeNil()), HaveField("Status.Credentials.Reset", BeNil()))

// passes lets time pass for all that the operator counts.
func (w *world) passes(d time.Duration) { w.clock.SetTime(w.clock.Now().Add(d)) }

// alive are those of these users whose password of old, by name, opens something.
func (w *world) alive(passwords map[string]string, users []*v1alpha1.BackOfficeUser) (names []string) {
	GinkgoHelper()
	for _, u := range users {
		if w.letsIn(u, passwords[u.Name]) {
			names = append(names, u.Name)
		}
	}
	return names
}

// refuseIf gives a verdict on the groups with such a change.
func (t *tap) refuseIf(verdict func(store.Change) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuse = func(g store.Group) error {
		for _, c := range g {
			if err := verdict(c); err != nil {
				return err
			}
		}
		return nil
	}
}

var _ = Describe("A reset of all passwords", func() {
	for name, made := range worlds {
		Context("in "+name, func() {
			var (
				w         *world
				shop      *v1alpha1.BackOffice
				users     []*v1alpha1.BackOfficeUser
				passwords map[string]string
				before    time.Time
			)

			BeforeEach(func() {
				w = made()
				shop, users, passwords = w.office("shop", testkit.Seats(20, 20)), nil, map[string]string{}
				w.settle(shop)
				for _, name := range []string{"ann", "bob", "cid", "dan"} {
					u := testkit.User(name, w.namespace)
					w.settle(u)
					users, passwords[name] = append(users, u), w.password(u)
				}
				w.seeSecrets()
				Expect(w.alive(passwords, users)).To(HaveLen(4))
				before = fromNow(2 * time.Second)
			})

			// again has all users get a new password.
			again := func(version string) {
				GinkgoHelper()
				for _, u := range users {
					w.converge(u)
					Expect(w.logsIn(u)).To(BeTrue())
					Expect(w.hasPassword(u, passwords[u.Name])).To(BeFalse())
					Expect(w.version(u)).To(Equal(version))
				}
				w.seeSecrets()
				Expect(w.alive(passwords, users)).To(BeEmpty())
			}

			It("ends them all by one change, before anybody has another one, and counts who waits", func() {
				Expect(shop).To(notReset)
				w.change(shop, func() { issuedBefore(before)(shop) })
				w.spent()
				woken := w.woken
				Expect(w.reconcile(shop).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
				Expect(w.spent().changes).To(Equal(2), "the reset, and the policy with its generation")
				Expect(w.woken).To(BeNumerically(">", woken))
				Expect(w.alive(passwords, users)).To(BeEmpty())
				Expect(shop).To(And(beReady(), waitForPasswords(before, 4)))

				By("counting every ten seconds at most")
				w.converge(users[0])
				w.passes(9 * time.Second)
				w.spent()
				Expect(w.reconcile(shop).RequeueAfter).To(Equal(time.Second))
				Expect(w.spent().writes).To(BeEmpty())
				w.passes(time.Second)
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 3))

				By("ending")
				again("2")
				w.passes(10 * time.Second)
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 0))
				w.spent()
				for range 3 {
					w.passes(time.Minute)
					Expect(w.reconcile(shop).RequeueAfter).To(Equal(30 * time.Second))
				}
				w.restart()
				w.reconcile(shop)
				for _, u := range users {
					w.reconcile(u)
				}
				got := w.spent()
				Expect(got.writes).To(BeEmpty())
				Expect(got.applies).To(BeZero())
				Expect(shop).To(waitForPasswords(before, 0))

				By("a password of old that turns up, such as one that is adopted")
				older := "0"
				if w.schema != "" {
					older = "to_timestamp(0)"
				}
				w.exec("shop", "UPDATE credentials SET issued_at = "+older)
				w.restart()
				w.spent()
				w.reconcile(shop)
				Expect(w.spent().writes).To(BeEmpty(), "it is over")
				again("3")
			})

			It("is finished by whoever comes next, when the operator is killed at any moment", func() {
				w.change(shop, func() { issuedBefore(before)(shop) })
				w.tap().cutAt(1, errors.New("killed before the store"))
				_, _ = w.try(shop)
				Expect(w.alive(passwords, users)).To(HaveLen(4))
				w.restart()
				w.tap().loseAnswerAt(1, errors.New("killed after the store"))
				_, _ = w.try(shop)
				Expect(w.alive(passwords, users)).To(BeEmpty())

				By("some who have a new one, and one whose issue was cut")
				w.restart()
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 4))
				w.converge(users[0])
				w.tap().cutAt(2, errors.New("killed before the Secret is recorded"))
				_, _ = w.try(users[1])
				w.restart()
				w.seeSecrets()
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 2))
				again("2")
				w.passes(10 * time.Second)
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 0))
			})

			It("is made again of a store that was restored from a backup, from before it", func() {
				w.change(shop, func() { issuedBefore(before)(shop) })
				w.reconcile(shop)
				again("2")
				w.passes(10 * time.Second)
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 0))
				w.exec("shop", "UPDATE owners SET credentials_reset_at = NULL")
				w.compared(shop)
				Expect(w.query("shop", "SELECT credentials_reset_at FROM owners")[0][0]).NotTo(BeEmpty())
			})

			It("waits for no brake that holds the policy which came with it", func() {
				w.change(shop, func() { testkit.WithdrawalLimit(1, 1)(shop); demanding(shop); issuedBefore(before)(shop) })
				w.reconcile(shop)
				Expect(shop).To(And(withdrawalHeld(4, 4), waitForPasswords(before, 4)))
				Expect(w.active()).To(HaveLen(4), "their access is held")
				Expect(w.alive(passwords, users)).To(BeEmpty())
				for _, u := range users {
					w.converge(u)
					Expect(w.logsIn(u)).To(BeTrue())
				}
			})

			It("is made while the BackOffice is being deleted", func() {
				w.remove(shop)
				w.change(shop, func() { issuedBefore(before)(shop) })
				w.reconcile(shop)
				Expect(shop).To(waitFor(v1alpha1.ReasonInUse))
				Expect(w.alive(passwords, users)).To(BeEmpty())
			})

			It("is none of a BackOffice behind which nobody stands", func() {
				w.behind().change(shop, func() { issuedBefore(before)(shop) })
				w.reconcile(shop)
				Expect(shop).To(And(stallFor(v1alpha1.ReasonNotAdmitted), notReset))
				for _, u := range users {
					w.reconcile(u)
				}
				Expect(w.alive(passwords, users)).To(HaveLen(4))
				w.readmit(shop)
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 4))
				Expect(w.alive(passwords, users)).To(BeEmpty())
			})

			It("that lies more than five minutes ahead is made when it no longer does, and keeps nothing else waiting", func() {
				before = fromNow(5*time.Minute + 4*time.Second)
				w.change(shop, func() { issuedBefore(before)(shop); testkit.Seats(7, 7)(shop) })
				w.spent()
				Expect(w.reconcile(shop).RequeueAfter).To(BeNumerically("<=", 4*time.Second))
				Expect(shop).To(And(waitFor(v1alpha1.ReasonResetAhead), notReset))
				Expect(message(shop)).To(ContainSubstring(before.Add(-5 * time.Minute).Format(time.RFC3339)))
				Expect(w.spent().changes).To(Equal(1), "the store is not asked for it")
				Expect(w.query("shop", "SELECT max_users FROM owners")).To(Equal([][]string{{"7"}}))
				for _, u := range users {
					w.reconcile(u)
				}
				Expect(w.alive(passwords, users)).To(HaveLen(4))

				Eventually(func() *v1alpha1.BackOffice { w.reconcile(shop); return shop }, soon, 200*time.Millisecond).Should(beReady())
				Expect(shop).To(waitForPasswords(before, 4))
				Expect(w.alive(passwords, users)).To(BeEmpty())
				again("2")
			})

			It("waits for the database's clock, whatever the operator takes for it", func() {
				ahead := true
				w.tap().refuseIf(func(c store.Change) error {
					if _, reset := c.(store.ResetCredentials); reset && ahead {
						return store.ErrAhead
					}
					return nil
				})
				w.change(shop, func() { issuedBefore(before)(shop) })
				Expect(w.reconcile(shop).RequeueAfter).To(Equal(time.Second))
				Expect(shop).To(waitFor(v1alpha1.ReasonResetAhead))
				Expect(w.alive(passwords, users)).To(HaveLen(4))
				ahead = false
				w.reconcile(shop)
				Expect(shop).To(And(beReady(), waitForPasswords(before, 4)))
			})

			It("counts nobody who gets no password", func() {
				gone := testkit.User("gone", w.namespace)
				w.settle(gone)
				w.change(gone, func() { testkit.State(v1alpha1.StateDeactivated)(gone) })
				w.reconcile(gone)
				held := testkit.User("held", w.namespace, testkit.State(v1alpha1.StateBlocked))
				w.settle(held, testkit.User("none", w.namespace, source(v1alpha1.CredentialNone)))
				before = fromNow(2 * time.Second)
				w.change(shop, func() { issuedBefore(before)(shop) })
				w.reconcile(shop)
				Expect(shop).To(waitForPasswords(before, 5), "the blocked one gets one, too")
			})
		})
	}
})

var _ = Describe("The entropy of generated passwords", func() {
	It("is told of the BackOffice, rounded down", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		w.settle(shop)
		expect := func() {
			GinkgoHelper()
			bits := credential.StructureOf(shop).Entropy()
			Expect(shop.Status.Credentials.EntropyBits).To(BeEquivalentTo(math.Floor(bits)))
		}
		expect()
		Expect(shop.Status.Credentials.EntropyBits).To(BeEquivalentTo(139))
		w.change(shop, func() {
			credentials(func(p *v1alpha1.CredentialPolicy) {
				p.Structure = &v1alpha1.PasswordStructure{Length: new(int32(64)), MinSymbols: new(int32(2))}
			})(shop)
		})
		w.reconcile(shop)
		expect()
		Expect(shop.Status.Credentials.EntropyBits).To(BeNumerically(">", 300))
		w.spent()
		w.reconcile(shop)
		Expect(w.spent().writes).To(BeEmpty())
	})
})

var _ = Describe("A running manager with a reset of all", func() {
	It("gives everybody another password and counts them down, and never again", func() {
		const n = 70 // more than go ahead at once
		m := newManaged()
		shop := testkit.Office("shop", m.namespace)
		m.apply(shop)
		comes(shop, beReady())
		var users []*v1alpha1.BackOfficeUser
		passwords := map[string]string{}
		for i := range n {
			users = append(users, testkit.User(fmt.Sprint("user-", i), m.namespace))
			m.apply(users[i])
		}
		for _, u := range users {
			comes(u, beReady())
			passwords[u.Name] = m.password(u)
		}
		before := fromNow(2 * time.Second)
		m.change(shop, func() { issuedBefore(before)(shop) })
		comes(shop, HaveField("Status.Credentials.Reset", Not(BeNil())))
		Expect(m.alive(passwords, users)).To(BeEmpty())
		Eventually(func() (*v1alpha1.BackOffice, error) {
			return shop, admin.Get(ctx, client.ObjectKeyFromObject(shop), shop)
		}, time.Minute).
			Should(waitForPasswords(before, 0))
		for _, u := range users {
			Expect(m.logsIn(u)).To(BeTrue())
			Expect(m.version(u)).To(Equal("2"))
		}
	})
})
