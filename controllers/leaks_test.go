// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// What nobody may find outside of spec, Secret and store.
const (
	canaryName = "Geheimrat Canary"
	canaryText = "canary-in-a-coal-mine"
)

// canaryProfile is personal data, of which the user has an e-mail address of its own.
func canaryProfile(email string) *v1alpha1.Profile {
	return &v1alpha1.Profile{
		FullName: canaryName, FirstName: "Cyprian", LastName: "Kanarek", Email: email, Phone: "+48999888777",
		Language: "fy-Latn-NL", Gender: v1alpha1.GenderOther, PictureURL: "https://pictures.example/kanarek-portrait.png",
	}
}

// canaries are what it may not tell, and settings neither.
var canaries = map[string]string{
	"full name": canaryName, "first name": "Cyprian", "last name": "Kanarek", "e-mail address": "kanarek@", "folded e-mail address": "KANAREK@",
	"phone": "999888777", "language": "fy-Latn-NL", "picture": "kanarek-portrait", "setting": "kanarek-setting", "description": canaryText,
}

// private are the passwords and verifiers of now, on top of those of before.
func (w *world) private(before map[string]string, users ...*v1alpha1.BackOfficeUser) map[string]string {
	GinkgoHelper()
	for _, u := range users {
		before[fmt.Sprintf("password %d of %s", len(before), u.Name)] = w.password(u)
	}
	for _, row := range w.query("shop", "SELECT verifier FROM credentials WHERE verifier <> ''") {
		hash := row[0][strings.LastIndexByte(row[0], '$')+1:]
		before[fmt.Sprintf("verifier %d", len(before))] = hash
	}
	return before
}

var _ = Describe("What the operator says", func() {
	for name, made := range map[string]func() *world{"SQLite": newWorld, "PostgreSQL": newPostgresWorld} {
		It("holds no password, verifier, URL or personal data, whatever happens, with a store in "+name, Label("T-05"), func() {
			w := made()
			ears := w.listen()
			person := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
				u.Spec.Profile, u.Spec.Description = canaryProfile(u.Name+".kanarek@shop.example"), canaryText
				testkit.Setting("note", "kanarek-setting")(u)
			})
			shop := w.office("shop", testkit.IPPolicy(v1alpha1.IPPolicy{Required: true}), neverAgain, testkit.Rules(func(p *v1alpha1.Policy) {
				p.Email = &v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example"}, Required: true}
				p.TwoFactor = v1alpha1.DemandRequired
			}))
			ann := testkit.User("ann", w.namespace, person, testkit.IPs("203.0.113.7"), testkit.Login("Ann.Martin"))
			twin := testkit.User("twin", w.namespace, person, testkit.IPs("203.0.113.7"), testkit.Login("ann.martin"))
			refused, bob := testkit.User("refused", w.namespace, person), testkit.User("bob", w.namespace, person, testkit.IPs("203.0.113.8"))
			w.settle(shop, ann)
			w.settle(twin, refused, bob)
			Expect(twin).To(waitFor(v1alpha1.ReasonLoginTaken))
			Expect(refused).To(stallFor(v1alpha1.ReasonPolicyViolated))
			w.seeSecrets()
			secrets := w.private(maps.Clone(canaries), ann, bob)

			By("an e-mail address that is taken, of a new account and of one that is there, a forbidden one and a retired one")
			rival := testkit.User("rival", w.namespace, person, testkit.IPs("203.0.113.9"), testkit.Email("ANN.KANAREK@shop.example"))
			w.settle(rival)
			Expect(rival).To(withoutEmail())
			for _, address := range []string{"ann.kanarek@shop.example", "bob.kanarek@elsewhere.example"} {
				w.change(bob, func() { testkit.Email(address)(bob) })
				w.reconcile(bob)
				Expect(bob).NotTo(beReady())
			}
			former := testkit.User("former", w.namespace, person, testkit.IPs("203.0.113.9"), deletionPolicy(v1alpha1.DeletionDelete))
			w.settle(former)
			w.end(former)
			w.collected(former)
			w.change(bob, func() { testkit.Email("former.kanarek@shop.example")(bob) })
			w.reconcile(bob)
			Expect(bob).To(retired())
			w.change(bob, func() { testkit.Email("bob.kanarek@shop.example")(bob) })
			w.reconcile(bob)
			Expect(bob).To(beReady())
			ears.expectSilence(secrets)
			if w.schema != "" {
				secrets["URL"] = w.base
				secrets["URL's password"], _ = parsed(w.base).User.Password()
			}

			By("losing a Secret, and a crash before the next one is written")
			w.lose(ann)
			live := w.users.Live
			w.users.Live = faulty{Client: live, create: always(apierrors.NewInternalError(errors.New("etcd is away")))}
			_, err := w.try(ann)
			Expect(err).To(HaveOccurred())
			secrets = w.private(secrets)
			w.users.Live = live
			w.converge(ann)
			secrets = w.private(secrets, ann)

			By("a changed Secret, and one that is taken away")
			secret := w.secret(bob)
			w.change(secret, func() { secret.Data["password"] = []byte("bob's own idea") })
			secrets["guessed password"] = "bob's own idea"
			w.seeSecrets()
			w.converge(bob)
			secrets = w.private(secrets, bob)
			w.seeSecrets()
			secret = w.secret(bob)
			w.change(secret, func() { secret.Labels = nil })
			w.reconcile(bob)
			Expect(bob).To(stallFor(v1alpha1.ReasonSecretConflict))

			By("an outage, an unknown outcome, a refusal of the database, drift and a restart")
			for _, failure := range []error{store.ErrUnavailable, store.ErrRejected, errors.New("the connection broke")} {
				w.tap().cut(failure)
				w.change(ann, func() { ann.Spec.Description = canaryText + failure.Error() })
				_, _ = w.try(ann)
				Expect(ann).NotTo(beReady())
				_, _ = w.try(shop)
				w.tap().cut(nil)
				w.reconcile(shop)
			}
			w.exec("shop", "UPDATE users SET full_name = '"+canaryName+" drifted'")
			w.clock.SetTime(w.clock.Now().Add(time.Hour))
			w.reconcile(shop)
			w.reconcile(ann)
			ears.events = append(ears.events, w.told()...)
			w.restart()
			for _, o := range w.members() {
				w.reconcile(o)
			}
			if w.schema != "" {
				By("a wrong URL")
				wrong := urlWith(w.base, func(u *url.URL) { u.User = url.UserPassword("postgres", canary) })
				secrets["wrong URL"], secrets["wrong password"] = wrong, canary
				w.setURL(wrong)
				w.reconcile(shop)
				Expect(shop).To(stallFor(v1alpha1.ReasonStoreMisconfigured))
				ears.expectSilence(secrets)
				w.setURL(w.base)
				w.reconcile(shop)
			}
			ears.expectSilence(secrets)

			By("the end")
			w.remove(ann)
			w.reconcile(ann)
			Expect(gone(ann)).To(BeTrue())
			ears.expectSilence(secrets)
			for _, row := range w.query("shop", "SELECT * FROM audit_log") {
				for what, canary := range canaries {
					Expect(strings.Contains(strings.Join(row, "\n"), canary)).To(BeFalse(), "the audit log holds the "+what)
				}
			}
			for _, place := range []string{"logs", "events", "objects"} {
				Expect(ears.heard()[place]).NotTo(BeEmpty(), "nothing was heard in the "+place)
			}
			Expect(ears.heard()["logs"]).To(ContainSubstring("Found drift"), "the logs were not heard")
		})
	}

	It("is an event when an object stalls, when it stalls for another reason and when it recovers, and nothing else", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, testkit.IPPolicy(v1alpha1.IPPolicy{Required: true}))
		early, ann := testkit.User("early", w.namespace, testkit.IPs("203.0.113.7")), testkit.User("ann", w.namespace)
		w.settle(early, shop, ann)
		w.reconcile(early)
		Expect(early).To(beReady())
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning PolicyViolated ")), "of ann; who waits or is new is no event")
		w.reconcile(ann)
		w.restart()
		for _, o := range w.members() {
			w.reconcile(o)
		}
		Expect(w.told()).To(BeEmpty(), "it was told already")

		foreign := urlSecret("ann-credentials", "")
		w.apply(foreign)
		w.change(ann, func() { ann.Spec.AllowedIPs = []string{"203.0.113.8"} })
		w.reconcile(ann)
		w.reconcile(ann)
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning SecretConflict ")))
		w.lose(ann)
		w.converge(ann)
		Expect(w.told()).To(Equal([]string{"Normal Ready recovered from SecretConflict"}))

		w.tap().cut(store.ErrUnavailable)
		w.hold(ann)
		w.reconcile(ann)
		w.reconcile(shop)
		w.tap().cut(nil)
		w.reconcile(shop)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.told()).To(BeEmpty(), "an outage is no event of every object")
	})
})
