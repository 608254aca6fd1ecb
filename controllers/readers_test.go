// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"crypto/rand"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// databaseRole makes a role, which may do nothing.
func databaseRole() string {
	GinkgoHelper()
	role := "spec_" + strings.ToLower(rand.Text())
	superuser("CREATE ROLE " + role)
	DeferCleanup(func() { superuser("DROP OWNED BY "+role, "DROP ROLE "+role) })
	return role
}

// mayRead tells whether a role may read whom the store lets in, and nothing of tables.
func (w *world) mayRead(role string) bool {
	GinkgoHelper()
	Expect(w.query("shop", "SELECT has_table_privilege($1, 'users', 'SELECT')", role)).To(Equal([][]string{{"false"}}))
	return w.query("shop", "SELECT has_schema_privilege($1, current_schema(), 'USAGE') AND has_table_privilege($1, 'active_users', 'SELECT')", role)[0][0] == "true"
}

func readers(roles ...string) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store.Postgres.ReaderRoles = roles })
}

var _ = Describe("Roles that read", func() {
	It("may read while spec names them, and cost nothing after that", func() {
		w := newPostgresWorld()
		a, b := databaseRole(), databaseRole()
		shop, ann := w.office("shop", readers(b, a)), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		Expect(shop).To(beReady())
		Expect([]bool{w.mayRead(a), w.mayRead(b)}).To(HaveEach(true))
		w.change(shop, func() { readers(a)(shop) })
		w.reconcile(shop)
		Expect(shop).To(beReady())
		Expect([]bool{w.mayRead(a), w.mayRead(b)}).To(Equal([]bool{true, false}))
		Expect(w.logsIn(ann)).To(BeTrue())

		By("being deleted, which leaves nothing")
		w.end(ann)
		w.end(shop)
		Expect(w.mayRead(a)).To(BeFalse())
	})

	It("are told of where they cannot, and keep nothing else from being done", func() {
		w := newPostgresWorld()
		role := databaseRole()
		shop, ann := w.office("shop", readers("nobody-of-this-name", role)), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		Expect(shop).To(waitFor(v1alpha1.ReasonReaderRolesNotGranted))
		Expect(message(shop)).To(And(ContainSubstring(`"nobody-of-this-name": there is no such role; create it`), Not(ContainSubstring(role))))
		Expect(ann).To(beReady())
		Expect(w.mayRead(role)).To(BeTrue())
		w.change(shop, func() { readers(role)(shop) })
		w.reconcile(shop)
		Expect(shop).To(beReady())
	})

	It("are let in by nobody while the back office is suspended or nobody stands behind it, and go", func() {
		w := newPostgresWorld()
		a, b := databaseRole(), databaseRole()
		shop := w.office("shop", readers(a))
		w.settle(shop)
		w.suspend(shop)
		w.change(shop, func() { readers(b)(shop) })
		w.reconcile(shop)
		Expect(shop).To(wait)
		Expect([]bool{w.mayRead(a), w.mayRead(b)}).To(HaveEach(false))
		w.resume(shop)
		Expect(w.mayRead(b)).To(BeTrue())

		w.behind().change(shop, func() { readers(a)(shop) })
		w.reconcile(shop)
		Expect(shop).To(notAdmitted())
		Expect([]bool{w.mayRead(a), w.mayRead(b)}).To(Equal([]bool{false, true}))
	})

	It("are not the database's own, by the schema", func() {
		w := newPostgresWorld()
		shop := w.office("shop")
		shop.Namespace = w.namespace
		for _, role := range []string{"pg_monitor", "public", "none", "", "a\nb", strings.Repeat("x", 64)} {
			o := shop.DeepCopy()
			readers(role)(o)
			Expect(admin.Create(ctx, o)).To(MatchError(ContainSubstring("spec.store.postgres.readerRoles")), role)
		}
	})
})
