// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// refusal is the server's answer to a statement that must fail.
func refusal(t *testing.T, conn *pgx.Conn, statement string) *pgconn.PgError {
	t.Helper()
	_, err := conn.Exec(t.Context(), statement)
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		t.Fatalf("%s: %v", statement, err)
	}
	return answer
}

// TestAppendOnly: not even the owner of the table changes a row by mistake.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, schemaURL(o.Schema))
	g.Expect(s.Apply(t.Context(), hired("hired", 2))).To(HaveEach(BeNil()))
	const content = "SELECT string_agg(a::text, '; ' ORDER BY a.at) FROM audit_log AS a"
	before := value[string](t, admin, content)
	statements := map[string]string{
		"a row is changed":                          "UPDATE audit_log SET actor = 'mallory' WHERE uid = 'hired-1'",
		"no row would be changed":                   "UPDATE audit_log SET actor = 'mallory' WHERE false",
		"a row is deleted":                          "DELETE FROM audit_log WHERE uid = 'hired-1'",
		"all rows are deleted at once":              "TRUNCATE audit_log",
		"all rows of several tables are deleted":    "TRUNCATE credentials, audit_log CASCADE",
		"a row is changed where it cannot be added": "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (id) DO UPDATE SET actor = 'mallory'",
		"a row is deleted on the way to another":    "WITH gone AS (DELETE FROM audit_log RETURNING id) SELECT count(*) FROM gone",
	}
	for _, role := range []string{"origin", "replica"} {
		do(t, admin, "SET session_replication_role = "+role)
		for sentence, statement := range statements {
			answer := refusal(t, admin, statement)
			g.Expect(answer.Message).To(HavePrefix("audit_log is append-only: "), "%s, %s", sentence, role)
			g.Expect(answer.Code).To(Equal("0A000"), sentence)
			g.Expect(value[string](t, admin, content)).To(Equal(before), sentence)
		}
	}
	g.Expect(refusal(t, admin, "TRUNCATE audit_log").Hint).To(ContainSubstring("disable the trigger append_only as the owner of the table"))
	do(t, admin, "ALTER TABLE audit_log DISABLE TRIGGER append_only", "DELETE FROM audit_log WHERE uid = 'hired-1'",
		"ALTER TABLE audit_log ENABLE ALWAYS TRIGGER append_only")
	g.Expect(value[int64](t, admin, "SELECT count(*) FROM audit_log")).To(BeEquivalentTo(1), "the hint is true")
}

// TestReaderReadsTheViewsAlone: the role of an application, with the rights that it is told to get.
func TestReaderReadsTheViewsAlone(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, schemaURL(o.Schema))
	g.Expect(s.Apply(t.Context(), append(hired("hired", 2), put(store.RoleBinding{
		Meta: store.Meta{UID: "b-1", Generation: 1}, InForce: true, Grants: []store.Entry{{Path: "a", Level: "Read"}}, Deny: []string{"b"},
		Filters: []store.Filter{{Dimension: "d", Mode: "Owned", Access: "ReadWrite"}},
	})))).To(HaveEach(BeNil()))
	const views = "active_users, effective_permissions, effective_filters"
	reader := newReader(t, o, "SELECT ON "+views, "EXECUTE ON FUNCTION login_allowed")
	g.Expect(value[int64](t, reader, "SELECT count(*) FROM active_users")).To(BeEquivalentTo(2))
	g.Expect(value[int64](t, reader, "SELECT count(*) FROM effective_permissions")).To(BeEquivalentTo(4))
	g.Expect(value[int64](t, reader, "SELECT count(*) FROM effective_filters")).To(BeEquivalentTo(2))
	g.Expect(value[bool](t, reader, "SELECT login_allowed('shop', 'hired-1', '10.1.2.3')")).To(BeTrue())
	g.Expect(refusal(t, reader, "SELECT FROM user_profiles").Code).To(Equal("42501"), "personal data takes a right of its own")

	rows, _ := admin.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = $1", o.Schema) // CollectRows tells
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tables).To(ContainElements("audit_log", "users", "role_binding_entries", "role_binding_denials"))
	statements := []string{
		"SELECT actor FROM audit_log", "INSERT INTO audit_log SELECT", "TRUNCATE audit_log",
		fmt.Sprintf("SELECT apply('owner-1', 'shop', %d, '[]')", s.fence),
		"SELECT log_row(NULL, NULL, '[]', '[]')", "SELECT is_replay(NULL, '', 'x', 'y')", "SELECT FROM user_grants",
		"SELECT FROM counting_subjects",
	}
	for _, table := range tables {
		statements = append(statements, "SELECT FROM "+table, "DELETE FROM "+table)
	}
	for _, statement := range statements {
		g.Expect(refusal(t, reader, statement).Code).To(Equal("42501"), statement)
	}
}

// TestLongLog: what a new user costs, and what is asked of the log, does not grow with it.
func TestLongLog(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, conn := newStore(t, o), connect(t, schemaURL(o.Schema))
	conn.Config().DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	// cost is how many buffers a new user takes once the plans are made.
	cost := func(prefix string) (buffers int) {
		for _, group := range hired(prefix, 3) {
			changes, err := encode([]store.Group{group})
			g.Expect(err).NotTo(HaveOccurred())
			p, _ := explain(t, conn, fmt.Sprintf("SELECT apply('owner-1', 'shop', %d, '%s')", s.fence, changes))
			buffers = p.Hit + p.Read
		}
		return buffers
	}
	short := cost("early")
	do(t, conn, `INSERT INTO audit_log SELECT gen_random_uuid(), 'owner-1', 'shop', now() - i * interval '1 minute', 'Put', 'BackOfficeUser', '', 'x',
		'uid-' || i % 20000, 1, CASE WHEN i % 2 = 0 THEN 'actor-' || i % 1000 ELSE '' END, CASE WHEN i % 2 = 0 THEN 'stamp-' || i ELSE '' END,
		'["a"]', '[]' FROM generate_series(1, 200000) AS i`)
	long := cost("late")
	t.Logf("a new user takes %d buffers with an empty log, %d with 200,000 rows", short, long)
	g.Expect(long).To(BeNumerically("<", short+20))
	g.Expect(logins(t, o)).To(HaveLen(6))
	g.Expect(value[int64](t, conn, "SELECT count(*) FROM audit_log")).To(BeEquivalentTo(200_006))

	for question, condition := range map[string]string{
		"what somebody granted": "actor = 'actor-500'", "what became of an object": "uid = 'uid-500'", "what an admission did": "stamp = 'stamp-500'",
	} {
		p, _ := explain(t, conn, "SELECT * FROM audit_log WHERE back_office = 'shop' AND owner = 'owner-1' AND "+condition+" ORDER BY at DESC LIMIT 20")
		t.Logf("%s: %d buffers, %d rows", question, p.Hit+p.Read, p.Rows)
		g.Expect(p.Rows).To(BeNumerically(">", 0), question)
		g.Expect(p.Hit+p.Read).To(BeNumerically("<", 200), question)
		g.Expect(p.sequential()).To(BeEmpty(), question)
	}
}
