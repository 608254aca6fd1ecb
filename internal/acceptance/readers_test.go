// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// readerRole makes a database role that may log in and do nothing else, and returns how it reaches the schema.
func (r *reach) readerRole() (name string, db *sql.DB) {
	GinkgoHelper()
	admin := r.open()
	name = "reader_" + strings.ToLower(rand.Text())
	password := rand.Text()
	exec := func(statement string) {
		_, err := admin.ExecContext(ctx, statement)
		Expect(err).NotTo(HaveOccurred())
	}
	exec("CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "'")
	DeferCleanup(func() { exec("DROP OWNED BY " + name); exec("DROP ROLE " + name) })
	address := *r.address
	address.User = url.UserPassword(name, password)
	parameters := address.Query()
	parameters.Set("search_path", r.schema)
	address.RawQuery = parameters.Encode()
	db, err := sql.Open("pgx", address.String())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return name, db
}

var _ = Describe("A database role that a back office lets read", func() {
	It("is enough for an application that logs people in, and is gone with the list", func() {
		r := newReach()
		role, db := r.readerRole()
		office := r.office()
		office.Spec.Store.Postgres.ReaderRoles = []string{role}
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		ann, viewer := testkit.User("ann", office.Namespace), testkit.Set("viewer", office.Namespace, testkit.Permissions("orders"))
		given(viewer, ann, testkit.Binding("viewers", office.Namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")))

		application := testkit.NewApplication(db, "shop")
		Expect(application.LogIn(ctx, "ann", credential.NewPassword(passwordOf(ann)))).To(BeTrue())
		Expect(application.LogIn(ctx, "ann", credential.NewPassword("another"))).To(BeFalse())
		var level string
		Expect(db.QueryRowContext(ctx, "SELECT level FROM effective_permissions WHERE back_office = 'shop' AND login_folded = 'ann' AND path = 'orders'").Scan(&level)).To(Succeed())
		Expect(level).To(Equal("Read"))
		for _, statement := range []string{
			"SELECT verifier FROM credentials", "SELECT email FROM user_profiles", "SELECT token FROM outbox_mail", "UPDATE users SET state = 'Active'",
			"DELETE FROM audit_log", "CREATE TABLE mine (id int)",
		} {
			_, err := db.ExecContext(ctx, statement)
			Expect(err).To(MatchError(ContainSubstring("permission denied")), statement)
		}

		Expect(change(root(), office, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store.Postgres.ReaderRoles = nil }))).To(Succeed())
		Eventually(func() error {
			_, err := db.ExecContext(ctx, "SELECT 1 FROM active_users")
			return err
		}, soon, often).Should(MatchError(Or(ContainSubstring("permission denied"), ContainSubstring("does not exist"))))
	})
})
