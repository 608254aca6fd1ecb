// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/jackc/pgx/v5"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// roleOf is the role that options name.
func roleOf(t *testing.T, o store.Options) string {
	t.Helper()
	u, err := url.Parse(o.URL)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return u.User.Username()
}

// dropLater drops a role when the test is over.
func dropLater(t *testing.T, role string) {
	t.Helper()
	t.Cleanup(func() {
		for _, statement := range []string{"DROP OWNED BY ", "DROP ROLE "} {
			if _, err := connect(t, server).Exec(context.WithoutCancel(t.Context()), statement+role); err != nil {
				t.Error(err)
			}
		}
	})
}

// setReaders sets the readers of a store, none of which is refused.
func setReaders(t *testing.T, s *pgStore, roles ...string) {
	t.Helper()
	refused, err := s.SetReaders(t.Context(), store.Readers{Roles: roles})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(refused).To(BeEmpty())
}

// privileges are all that a role was given itself in a schema, of relations, functions and the schema.
func privileges(t *testing.T, conn *pgx.Conn, schema, role string) []string {
	t.Helper()
	rows, _ := conn.Query(t.Context(), `
		SELECT what || ' ' || a.privilege_type FROM (
			SELECT n.nspname AS what, n.nspacl AS acl FROM pg_namespace AS n WHERE n.nspname = $1
			UNION ALL SELECT c.relname, c.relacl FROM pg_class AS c WHERE c.relnamespace = $1::regnamespace
			UNION ALL SELECT p.proname, p.proacl FROM pg_proc AS p WHERE p.pronamespace = $1::regnamespace
		) AS of CROSS JOIN LATERAL aclexplode(of.acl) AS a WHERE a.grantee = $2::regrole ORDER BY 1`, schema, role) // CollectRows tells
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return all
}

// read are the privileges of a reader in a schema.
func read(schema string) []string {
	return []string{
		"active_users SELECT", "effective_filters SELECT", "effective_permissions SELECT", "login_allowed EXECUTE", "redeem_token EXECUTE", schema + " USAGE",
	}
}

// TestReaderLogsPeopleInAndDoesNothingElse: what a reader gets is enough for an application, and it is all.
func TestReaderLogsPeopleInAndDoesNothingElse(t *testing.T) {
	t.Parallel()
	g, s, admin, examples := shopOf(t)
	schema := strings.TrimSuffix(s.searchPath, ", pg_temp")
	schema = strings.Trim(schema, `"`)
	app := newRole(t, store.Options{URL: server})
	conn := connect(t, app.URL)
	_, err := conn.Exec(t.Context(), "SELECT FROM "+schema+".active_users")
	g.Expect(err).To(MatchError(ContainSubstring("42501")))
	setReaders(t, s, roleOf(t, app))
	g.Expect(privileges(t, admin, schema, roleOf(t, app))).To(Equal(read(schema)))

	do(t, conn, "SET search_path TO "+schema)
	login := strings.TrimRight(example(t, examples, "login_allowed($1, $2, $3::inet)"), "; \n")
	g.Expect(value[int64](t, conn, "SELECT count(*) FROM ("+login+") AS answer", "shop", "ann", "203.0.113.7")).To(BeEquivalentTo(1))
	g.Expect(value[string](t, conn, "SELECT verifier FROM active_users WHERE back_office = 'shop' AND login_folded = 'ann'")).To(Equal("v"))
	do(t, conn, "SELECT * FROM effective_permissions WHERE back_office = 'shop' AND login_folded = 'ann'",
		"SELECT * FROM effective_filters WHERE back_office = 'shop' AND login_folded = 'ann'", "SELECT redeem_token('shop', 'unknown', '$argon2id$x')")

	rows, _ := admin.Query(t.Context(), "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'v')", schema)
	relations, err := pgx.CollectRows(rows, pgx.RowTo[string])
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(relations)).To(BeNumerically(">", 20))
	for _, relation := range relations {
		if strings.HasPrefix(relation, "effective_") || relation == "active_users" {
			continue
		}
		_, err := conn.Exec(t.Context(), "SELECT FROM "+relation)
		g.Expect(err).To(MatchError(ContainSubstring("42501")), relation)
	}
	for _, statement := range []string{
		"UPDATE users SET state = 'Active'", "SELECT FROM credentials FOR UPDATE", "DELETE FROM users", "INSERT INTO owners VALUES ('x')", "CREATE TABLE mine ()",
		"SELECT apply('owner-1', 'shop', 1, '[[{\"do\": \"remove_user\", \"with\": {}}]]')", "SELECT mail_sent(gen_random_uuid())",
		"SELECT set_readers('owner-1', 'shop', 1, '{}', false)", "SELECT revoke_reader(current_user::text)",
		"GRANT SELECT ON active_users TO PUBLIC",
	} {
		_, err := conn.Exec(t.Context(), statement)
		if err == nil && strings.HasPrefix(statement, "GRANT") { // the server warns, and gives nothing
			continue
		}
		g.Expect(err).To(MatchError(ContainSubstring("42501")), statement)
	}
	other := roleOf(t, newRole(t, store.Options{URL: server}))
	g.Expect(value[string](t, conn, "SELECT grant_reader($1)", other)).To(Equal("unable"))
	g.Expect(privileges(t, admin, schema, other)).To(BeEmpty())
	g.Expect(value[bool](t, admin, "SELECT EXISTS (SELECT FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a WHERE a.grantee = 0 AND c.relnamespace = $1::regnamespace)", schema)).To(BeFalse())
}

// TestReaderThatLeavesTheListLosesWhatItGot: and nothing else, also where the list changed while nobody looked.
func TestReaderThatLeavesTheListLosesWhatItGot(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, server)
	a, b := roleOf(t, newRole(t, o)), roleOf(t, newRole(t, o))
	do(t, admin, "GRANT SELECT ON "+o.Schema+".active_users, "+o.Schema+".user_profiles TO "+b)
	setReaders(t, s, a, b)
	byHand := []string{"active_users SELECT", "user_profiles SELECT"}
	g.Expect(privileges(t, admin, o.Schema, a)).To(Equal(read(o.Schema)))
	g.Expect(privileges(t, admin, o.Schema, b)).To(ContainElements(read(o.Schema)))
	setReaders(t, s, b)
	g.Expect(privileges(t, admin, o.Schema, a)).To(BeEmpty())
	g.Expect(s.Close()).To(Succeed())

	s = newStore(t, o)
	setReaders(t, s)
	g.Expect(privileges(t, admin, o.Schema, b)).To(Equal(byHand), "what somebody gave by hand stays")
	g.Expect(value[int64](t, admin, "SELECT count(*) FROM "+o.Schema+".reader_grants")).To(BeZero())

	do(t, admin, "GRANT USAGE ON SCHEMA "+o.Schema+" TO "+a) // again by hand
	setReaders(t, s, a)
	setReaders(t, s)
	g.Expect(privileges(t, admin, o.Schema, a)).To(Equal([]string{o.Schema + " USAGE"}))
}

// TestReaderOfTwoBackOffices: it reads while one of them lets it.
func TestReaderOfTwoBackOffices(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	other := o
	other.BackOffice, other.UsedBy = "depot", "default/depot"
	shop, depot, admin := newStore(t, o), newStore(t, other), connect(t, server)
	role := roleOf(t, newRole(t, o))
	setReaders(t, shop, role)
	setReaders(t, depot, role)
	setReaders(t, shop)
	g.Expect(privileges(t, admin, o.Schema, role)).To(Equal(read(o.Schema)))
	setReaders(t, depot)
	g.Expect(privileges(t, admin, o.Schema, role)).To(BeEmpty())
}

// TestReadersThatAreRefused: each with its reason, and the others read.
func TestReadersThatAreRefused(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, server)
	good, quoted := roleOf(t, newRole(t, o)), `odd "; DROP SCHEMA public; --`
	quotedName := pgx.Identifier{quoted + roleOf(t, newRole(t, o))[:12]}
	do(t, admin, "CREATE ROLE "+quotedName.Sanitize())
	dropLater(t, quotedName.Sanitize())
	roles := []string{good, quotedName[0], "nobody-of-this-name", "pg_monitor", value[string](t, admin, "SELECT current_user::text"), "public", "none", strings.Repeat("x", 63) + "y"}
	refused, err := s.SetReaders(t.Context(), store.Readers{Roles: roles})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(refused).To(Equal(map[string]store.ReaderProblem{
		roles[2]: store.ReaderMissing, roles[3]: store.ReaderReserved, roles[4]: store.ReaderOwner, roles[5]: store.ReaderMissing,
		roles[6]: store.ReaderMissing, roles[7]: store.ReaderMissing,
	}))
	g.Expect(privileges(t, admin, o.Schema, good)).To(Equal(read(o.Schema)))
	g.Expect(privileges(t, admin, o.Schema, quotedName.Sanitize())).To(Equal(read(o.Schema)))

	late := "late_" + good
	do(t, admin, "CREATE ROLE "+late)
	dropLater(t, late)
	setReaders(t, s, good, late)
	g.Expect(privileges(t, admin, o.Schema, late)).To(Equal(read(o.Schema)), "a role that comes later")
}

// TestReaderWithANewName: it loses what it got by its old one, and whoever has that name now loses nothing.
func TestReaderWithANewName(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, server)
	role := roleOf(t, newRole(t, o))
	setReaders(t, s, role)
	do(t, admin, "ALTER ROLE "+role+" RENAME TO "+role+"_2", "CREATE ROLE "+role, "GRANT SELECT ON "+o.Schema+".active_users TO "+role)
	dropLater(t, role+"_2")
	setReaders(t, s)
	g.Expect(privileges(t, admin, o.Schema, role+"_2")).To(BeEmpty())
	g.Expect(privileges(t, admin, o.Schema, role)).To(Equal([]string{"active_users SELECT"}))
}

// TestClosedReaders: none comes, and those go that leave the list.
func TestClosedReaders(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, server)
	a, b, c := roleOf(t, newRole(t, o)), roleOf(t, newRole(t, o)), roleOf(t, newRole(t, o))
	setReaders(t, s, a, b)
	refused, err := s.SetReaders(t.Context(), store.Readers{Roles: []string{b, c}, Closed: true})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(refused).To(Equal(map[string]store.ReaderProblem{c: store.ReaderClosed}))
	g.Expect(privileges(t, admin, o.Schema, a)).To(BeEmpty())
	g.Expect(privileges(t, admin, o.Schema, b)).To(Equal(read(o.Schema)))
	g.Expect(privileges(t, admin, o.Schema, c)).To(BeEmpty())
	setReaders(t, s, b, c)
	g.Expect(privileges(t, admin, o.Schema, c)).To(Equal(read(o.Schema)))
}

// TestReadersOfAnOperatorThatMayNotGrant: the operator's role owns what it has made, and no schema that somebody else has made.
func TestReadersOfAnOperatorThatMayNotGrant(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	admin := connect(t, server)
	do(t, admin, "CREATE SCHEMA "+o.Schema)
	operator := newRole(t, o, "GRANT USAGE, CREATE ON SCHEMA "+o.Schema+" TO %s")
	s, app := newStore(t, operator), roleOf(t, newRole(t, o))
	refused, err := s.SetReaders(t.Context(), store.Readers{Roles: []string{app, roleOf(t, operator)}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(refused).To(Equal(map[string]store.ReaderProblem{app: store.ReaderUnable, roleOf(t, operator): store.ReaderOwner}))
	do(t, admin, "GRANT USAGE ON SCHEMA "+o.Schema+" TO "+roleOf(t, operator)+" WITH GRANT OPTION")
	setReaders(t, s, app)
	g.Expect(privileges(t, admin, o.Schema, app)).To(Equal(read(o.Schema)))
	setReaders(t, s)
	g.Expect(privileges(t, admin, o.Schema, app)).To(BeEmpty())
}

// TestReadersCostOnce: what the database has is not asked for again, and a fenced store lets nobody in.
func TestReadersCostOnce(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(s.SetReaders(cancelled, store.Readers{})).To(BeEmpty(), "there never were any")
	role := roleOf(t, newRole(t, o))
	setReaders(t, s, role)
	g.Expect(s.SetReaders(cancelled, store.Readers{Roles: []string{role}})).To(BeEmpty())
	_, err := s.SetReaders(cancelled, store.Readers{})
	g.Expect(err).To(HaveOccurred())

	newStore(t, o) // raises the fence
	_, err = s.SetReaders(t.Context(), store.Readers{})
	g.Expect(err).To(MatchError(store.ErrFenced))
}
