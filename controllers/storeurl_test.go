// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// schemaExists tells whether somebody has used the schema of this world.
func (w *world) schemaExists() bool {
	GinkgoHelper()
	db := openPostgres(postgresURL(), "public")
	defer func() { _ = db.Close() }()
	return len(rowsOf(db, "SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", w.schema)) > 0
}

// setURL changes the URL in the Secret shop-db.
func (w *world) setURL(address string) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop-db"}}
	w.change(secret, func() { secret.Data["url"] = []byte(address) })
}

const canary = "Hidden-4711"

var _ = Describe("The URL of a store", func() {
	DescribeTable("that does not work says why, and not what it is",
		func(change func(*url.URL), match OmegaMatcher, text string) {
			w := newPostgresWorld()
			address := urlWith(postgresURL(), func(u *url.URL) {
				u.User = url.UserPassword(u.User.Username(), canary)
				change(u)
			})
			w.setURL(address)
			ears := w.listen()
			shop := w.office("shop")
			w.settle(shop)
			Expect(shop).To(match)
			Expect(message(shop)).To(ContainSubstring(text))
			ready := meta.FindStatusCondition(shop.Status.Conditions, v1alpha1.ConditionReady)
			Expect(shop).To(testkit.HaveCondition(v1alpha1.ConditionStoreConnected, metav1.ConditionFalse, ready.Reason))
			Expect(w.schemaExists()).To(BeFalse())
			ears.expectSilence(map[string]string{"URL": address, "password": canary})
		},
		Entry("another scheme", func(u *url.URL) { u.Scheme = "mysql" },
			stallFor(v1alpha1.ReasonStoreMisconfigured), "must begin with postgres://"),
		Entry("a file", func(u *url.URL) { *u = url.URL{Scheme: "file", Path: "/var/lib/" + canary} },
			stallFor(v1alpha1.ReasonStoreMisconfigured), "must begin with postgres://"),
		Entry("a parameter that reads a file", func(u *url.URL) { u.RawQuery = "sslrootcert=/etc/" + canary },
			stallFor(v1alpha1.ReasonStoreMisconfigured), "sslrootcert"),
		Entry("a parameter that names a service", func(u *url.URL) { u.RawQuery = "service=" + canary },
			stallFor(v1alpha1.ReasonStoreMisconfigured), "service"),
		Entry("a socket", func(u *url.URL) { u.Host = "/var/run/" + canary },
			stallFor(v1alpha1.ReasonStoreMisconfigured), "unix socket"),
		Entry("a socket as a parameter", func(u *url.URL) { u.RawQuery = "host=/var/run" },
			stallFor(v1alpha1.ReasonStoreMisconfigured), "parameter host"),
		Entry("nobody listens there", func(u *url.URL) { u.Host = "127.0.0.1:1" },
			waitFor(v1alpha1.ReasonStoreUnavailable), "does not answer"),
		Entry("another password", func(*url.URL) {},
			stallFor(v1alpha1.ReasonStoreMisconfigured), "the user or the password is refused"),
		Entry("a database that does not exist", func(u *url.URL) {
			*u = *parsed(postgresURL())
			u.Path = "/" + canary
		}, stallFor(v1alpha1.ReasonStoreMisconfigured), "the database does not exist"),
		Entry("a user without rights", func(u *url.URL) {
			superuser("CREATE ROLE spec_nobody LOGIN PASSWORD '" + canary + "'")
			DeferCleanup(func() { superuser("DROP ROLE spec_nobody") })
			u.User = url.UserPassword("spec_nobody", canary)
		},
			stallFor(v1alpha1.ReasonStoreMisconfigured), "a right is missing"),
	)

	It("is not known before its Secret is there, with the key that is asked for", func() {
		w := newPostgresWorld()
		w.setURL(postgresURL())
		shop := w.office("shop", testkit.Postgres("shop-prod", w.schema, "later"))
		w.settle(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonReferenceNotFound))
		Expect(message(shop)).To(ContainSubstring("Secret " + w.namespace + "/later does not exist (yet)"))

		later := urlSecret("later", "")
		later.StringData = map[string]string{"address": postgresURL()}
		w.apply(later)
		w.reconcile(shop)
		Expect(shop).To(stallFor(v1alpha1.ReasonReferenceNotFound))
		Expect(message(shop)).To(ContainSubstring(`has no key "url"`))

		w.change(shop, func() { shop.Spec.Store.Postgres.URLSecretRef.Key = "address" })
		w.reconcile(shop)
		Expect(shop).To(beReady())
	})

	It("is not used while its Secret does not carry the label that permits it", func() {
		w := newPostgresWorld()
		private := urlSecret("private", postgresURL())
		private.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential}
		w.apply(private)
		shop := w.office("shop", testkit.Postgres("shop-prod", w.schema, "private"))
		w.settle(shop)
		for _, labels := range []map[string]string{private.Labels, {"other": "label"}} {
			w.change(private, func() { private.Labels = labels })
			w.reconcile(shop)
			Expect(shop).To(stallFor(v1alpha1.ReasonSecretNotPermitted))
			Expect(message(shop)).To(ContainSubstring(v1alpha1.LabelSecret + "=" + v1alpha1.SecretStoreURL))
			Expect(w.spent().calls).To(BeEmpty())
			Expect(w.schemaExists()).To(BeFalse())
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(private), private)).To(Succeed())
			Expect(private.Finalizers).To(BeEmpty())
		}
		w.change(private, func() { private.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL} })
		w.reconcile(shop)
		Expect(shop).To(beReady())
	})

	It("may change to that of another database, to which everything goes with its passwords", func() {
		w := newPostgresWorld()
		shop, viewer, ann := w.office("shop"), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.User("ann", w.namespace)
		support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.settle(shop, viewer, ann, support)
		w.seeSecrets()
		password := w.password(ann)
		w.spent()

		other := newDatabase()
		w.setURL(other)
		woken := w.woken
		w.reconcile(shop)
		Expect(shop).To(beReady())
		Expect(w.woken).To(Equal(woken + 1))
		Expect(w.spent().calls).To(Equal([]string{"Open", "Observe", "Ping", "Close", "Apply"}), "the new one is there before the old one goes")
		for _, o := range []client.Object{viewer, ann, support} {
			w.reconcile(o)
			Expect(o).To(beReady())
		}
		Expect(w.keeps(ann, password)).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue(), "in the old one, which is left as it is")
		w.base = other
		Expect(w.logsIn(ann)).To(BeTrue(), "in the new one")
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
	})

	It("that is broken does not end the access by the one that works", func() {
		w := newPostgresWorld()
		shop, ann, bob := w.office("shop"), testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(shop, ann, bob)
		w.setURL(urlWith(postgresURL(), func(u *url.URL) { u.User = url.UserPassword("nobody", canary) }))
		Expect(w.reconcile(shop).RequeueAfter).To(Equal(30*time.Second), "the one that works is still asked whether it is there")
		Expect(shop).To(stallFor(v1alpha1.ReasonStoreMisconfigured))

		By("changes go on")
		w.hold(ann)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeFalse())
		w.change(shop, func() { testkit.Seats(2, 0)(shop) })
		w.reconcile(shop)
		cid := testkit.User("cid", w.namespace)
		w.settle(cid)
		Expect(cid).To(waitFor(v1alpha1.ReasonQuotaExceeded))

		By("also after an outage of the store that works")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop-db"}}
		w.change(secret, func() { secret.Labels = nil })
		w.tap().cut(store.ErrUnavailable)
		w.hold(bob)
		w.reconcile(bob)
		Expect(bob).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		Expect(w.reconcile(shop).RequeueAfter).To(Equal(time.Second))
		Expect(shop).To(stallFor(v1alpha1.ReasonSecretNotPermitted), "what somebody has to mend")
		w.tap().cut(nil)
		woken := w.woken
		w.reconcile(shop)
		Expect(shop).To(stallFor(v1alpha1.ReasonSecretNotPermitted))
		Expect(w.woken).To(Equal(woken + 1))
		w.reconcile(bob)
		Expect(bob).To(beReady())

		By("until it is mended")
		w.change(secret, func() { secret.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL} })
		w.setURL(postgresURL())
		w.reconcile(shop)
		Expect(shop).To(beReady())
	})

	It("may be read from a Secret that is being deleted", func() {
		w := newPostgresWorld()
		dying := urlSecret("dying", w.base)
		dying.Finalizers = []string{"example.com/spec"}
		w.apply(dying)
		Expect(admin.Delete(ctx, dying)).To(Succeed())
		shop := w.office("shop", testkit.Postgres("shop-prod", w.schema, "dying"))
		w.settle(shop)
		Expect(shop).To(beReady())
	})

	It("is kept in its Secret as long as a BackOffice needs it", func() {
		w := newPostgresWorld()
		shop, outlet := w.office("shop"), w.office("outlet")
		w.settle(shop, outlet)
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop-db"}}
		finalizers := func() []string {
			GinkgoHelper()
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
			w.seen(secret)
			return secret.Finalizers
		}
		Expect(finalizers()).To(ConsistOf(v1alpha1.Finalizer))

		By("another that shares it takes hold of it again")
		w.remove(outlet)
		w.reconcile(outlet)
		Expect(gone(outlet)).To(BeTrue())
		w.reconcile(shop)
		Expect(finalizers()).To(ConsistOf(v1alpha1.Finalizer))

		By("one that is no longer referred to is let go")
		w.apply(urlSecret("moved", postgresURL()))
		w.change(shop, func() { shop.Spec.Store.Postgres.URLSecretRef.Name = "moved" })
		w.restart()
		w.reconcile(shop)
		Expect(shop).To(beReady())
		Expect(finalizers()).To(BeEmpty())

		By("also when it has lost its label meanwhile")
		secret.Name = "moved"
		Expect(finalizers()).To(ConsistOf(v1alpha1.Finalizer))
		w.change(secret, func() { secret.Labels = nil })
		w.remove(shop)
		w.reconcile(shop)
		Expect(gone(shop)).To(BeTrue())
		Expect(finalizers()).To(BeEmpty())
	})
})

func parsed(address string) *url.URL {
	u, err := url.Parse(address)
	Expect(err).NotTo(HaveOccurred())
	return u
}
