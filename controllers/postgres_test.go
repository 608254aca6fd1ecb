// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A store in PostgreSQL", func() {
	It("knows a user from the first login to the last", Label("T-15"), func() {
		w := newPostgresWorld()
		shop, viewer := w.office("shop"), testkit.Set("viewer", w.namespace, testkit.Permissions("orders", "stock=Write"), testkit.Deny("orders/export"))
		support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		ann := testkit.User("ann", w.namespace, testkit.Login("Ann.Martin"), testkit.IPs("203.0.113.0/28"))
		w.settle(shop, viewer, support, ann)
		Expect(shop).To(testkit.HaveCondition(v1alpha1.ConditionStoreConnected, metav1.ConditionTrue, v1alpha1.ReasonConnected))
		Expect(shop.Status.StoreKind).To(Equal(v1alpha1.StorePostgreSQL))
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.permissions("Ann.Martin")).To(Equal(map[string]string{"orders": "Read", "stock": "Write", "orders/export": "None"}))
		Expect(w.query("shop", "SELECT allowed_networks FROM active_users WHERE login = 'Ann.Martin'")).To(Equal([][]string{{`["203.0.113.0/28"]`}}))

		w.change(ann, func() { ann.Spec.State = v1alpha1.StateBlocked })
		w.reconcile(ann)
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.logsIn(ann)).To(BeFalse())
		Expect(w.permissions("Ann.Martin")).To(BeEmpty())
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateActive })
		w.reconcile(ann)
		Expect(w.logsIn(ann)).To(BeTrue())

		w.remove(ann)
		w.reconcile(ann)
		Expect(gone(ann)).To(BeTrue())
		Expect(w.row("Ann.Martin")["state"]).To(Equal("Deactivated"))
		Expect(w.query("shop", "SELECT * FROM active_users")).To(BeEmpty())
	})

	It("costs an operator that idles or is restarted as little as the embedded one", func() {
		w := newPostgresWorld()
		shop, viewer, ann := w.office("shop"), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")), testkit.User("ann", w.namespace)
		support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		w.settle(shop, viewer, support)
		w.apply(ann)
		w.spent()
		w.reconcile(ann)
		got := w.spent()
		Expect(got.writes).To(HaveLen(3))
		Expect(got.reads).To(BeEmpty())
		Expect(got.calls).To(Equal([]string{"Apply", "Apply"}))
		w.reconcile(support)
		w.reconcile(ann)
		w.seeSecrets()
		w.restart()
		w.spent()
		for _, o := range []client.Object{shop, viewer, support, ann} {
			w.reconcile(o)
		}
		got = w.spent()
		Expect(got.calls).To(Equal([]string{"Open", "Observe", "Ping"}))
		Expect(got.writes).To(BeEmpty())
		Expect(got.reads).To(ConsistOf(HaveSuffix("/secrets/shop-db")), "its URL")
	})

	It("is shared by two owners, whose logins do not collide unseen", Label("O-11"), func() {
		w := newPostgresWorld()
		mine, ann := w.office("shop"), testkit.User("ann", w.namespace)
		w.settle(mine, ann)
		before := w.query("shop", "SELECT * FROM users JOIN credentials ON user_id = id")

		theirs := w.twin()
		theirs.namespace = testkit.FreshNamespace(ctx, admin)
		theirs.apply(urlSecret("shop-db", w.base))
		other := theirs.office("shop", testkit.Postgres("shop-test", w.schema, "shop-db"))
		rival, bob := testkit.User("rival", theirs.namespace, testkit.Login("ANN")), testkit.User("bob", theirs.namespace)
		theirs.settle(other, rival, bob)
		Expect(other).To(beReady())
		Expect(bob).To(beReady())
		Expect(rival).To(stallFor(v1alpha1.ReasonForeignAccount))
		Expect(message(rival)).To(ContainSubstring(`login "ANN"`))
		theirs.remove(rival)
		theirs.reconcile(rival)
		Expect(gone(rival)).To(BeTrue())
		Expect(w.query("shop", "SELECT * FROM users JOIN credentials ON user_id = id WHERE login = 'ann'")).To(Equal(before))
		Expect(w.logsIn(ann)).To(BeTrue())
		w.reconcile(mine)
		Expect(mine).To(beReady(), "each has a fence of its own")
	})

	It("is not shared by two BackOffices with the same owner and name", func() {
		w := newPostgresWorld()
		mine := w.office("shop")
		w.settle(mine)
		theirs := w.twin()
		theirs.namespace = testkit.FreshNamespace(ctx, admin)
		theirs.apply(urlSecret("shop-db", w.base))
		other := theirs.office("shop")
		theirs.settle(other)
		Expect(other).To(stallFor(v1alpha1.ReasonStoreInUse))
		w.reconcile(mine)
		Expect(mine).To(beReady(), "the fence was not raised")

		w.remove(mine)
		w.reconcile(mine)
		Expect(gone(mine)).To(BeTrue())
		theirs.reconcile(other)
		Expect(other).To(beReady())
	})

	It("may get another password: changes wait until the Secret has it", func() {
		w := newPostgresWorld()
		role, first, second := "role_"+w.schema, "First-4711", "Second-4711"
		superuser("CREATE ROLE "+role+" LOGIN PASSWORD '"+first+"'", "CREATE SCHEMA "+w.schema+" AUTHORIZATION "+role)
		DeferCleanup(func() { superuser("DROP OWNED BY "+role+" CASCADE", "DROP ROLE "+role) })
		as := func(password string) string {
			return urlWith(w.base, func(u *url.URL) { u.User = url.UserPassword(role, password) })
		}
		w.setURL(as(first))
		shop, ann, bob := w.office("shop"), testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(shop, ann, bob)
		Expect(shop).To(beReady())

		superuser("ALTER ROLE "+role+" PASSWORD '"+second+"'",
			"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '"+role+"'")
		w.hold(ann)
		w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		w.reconcile(shop)
		Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
		w.reconcile(bob)
		Expect(bob).To(beReady())

		w.setURL(as(second))
		w.reconcile(shop)
		Expect(shop).To(beReady())
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeFalse())
		Expect(w.logsIn(bob)).To(BeTrue())
	})

	It("may hold an account that somebody else wrote, which is left alone", func() {
		w := newPostgresWorld()
		w.settle(w.office("shop"))
		w.exec("shop", `INSERT INTO users (id, owner, back_office, uid, namespace, name, generation, login, login_folded, account_type, state,
			held, hold_reason, in_force, full_name, description, labels_hash, created_at, updated_at)
			SELECT gen_random_uuid(), NULL, 'shop', NULL, '', '', 0, 'root', 'root', 'Staff', 'Active', false, '', true, '', 'by hand', '', now(), now()`)
		before := w.query("shop", "SELECT * FROM users")
		root := testkit.User("root", w.namespace)
		w.settle(root)
		Expect(root).To(stallFor(v1alpha1.ReasonForeignAccount))
		Expect(w.passwords(root)).To(BeEmpty())
		w.remove(root)
		w.reconcile(root)
		Expect(gone(root)).To(BeTrue())
		Expect(w.query("shop", "SELECT * FROM users")).To(Equal(before))
	})
})
