// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// documented are the SQL examples of docs/store.md, for this schema.
func documented(t *testing.T, schema string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "store.md"))
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for i, part := range strings.Split(string(page), "```") {
		if text, ok := strings.CutPrefix(part, "sql\n"); ok && i%2 == 1 {
			examples = append(examples, strings.ReplaceAll(text, "backoffice_access", schema))
		}
	}
	return examples
}

// example is the only one that holds a text.
func example(t *testing.T, examples []string, text string) string {
	t.Helper()
	var found []string
	for _, e := range examples {
		if strings.Contains(e, text) {
			found = append(found, e)
		}
	}
	NewWithT(t).Expect(found).To(HaveLen(1), text)
	return found[0]
}

// ordersOf are those of an application that the documentation reads by its filters.
const ordersOf = `
	CREATE TABLE orders (id bigint, entity text, sales_channel text, tags text[], owner_id uuid);
	CREATE TABLE value_groups (dimension text, name text, value text);
	INSERT INTO value_groups VALUES ('entities', 'north', 'oslo'), ('entities', 'south', 'rome');
	INSERT INTO orders VALUES
		(1, 'paris', 'web', '{}'), (2, 'paris', 'store', '{}'), (3, 'oslo', 'web', '{}'), (4, 'rome', 'web', '{}'),
		(5, 'rome', 'store', '{vip}'), (6, 'paris', NULL, '{}'), (7, NULL, 'web', '{}')`

// shopOf is a store with one account, Ann's, who has a password.
func shopOf(t *testing.T) (g *WithT, s *pgStore, conn *pgx.Conn, examples []string) {
	t.Helper()
	g = NewWithT(t)
	o := newOptions(t)
	s, conn, examples = newStore(t, o), connect(t, schemaURL(o.Schema)), documented(t, o.Schema)
	do(t, conn, ordersOf)
	ann := append(put(user("Ann", func(u *store.User) { u.Networks = []string{"203.0.113.0/24"} })),
		store.IssueCredential{UserUID: "Ann", Version: 1, Verifier: "v"})
	g.Expect(s.Apply(t.Context(), []store.Group{ann})).To(HaveEach(BeNil()))
	return g, s, conn, examples
}

// TestDocumentedQueries: the server understands what applications are told to ask, and administrators to do.
func TestDocumentedQueries(t *testing.T) {
	t.Parallel()
	g, _, conn, examples := shopOf(t)
	g.Expect(len(examples)).To(BeNumerically(">", 10))
	tx, err := conn.Begin(t.Context()) // what is done in one builds on what was done before
	g.Expect(err).NotTo(HaveOccurred())
	for _, e := range examples {
		if strings.Contains(e, "$1") {
			_, err = tx.Prepare(t.Context(), "", e)
		} else {
			_, err = tx.Exec(t.Context(), e, pgx.QueryExecModeSimpleProtocol)
		}
		g.Expect(err).NotTo(HaveOccurred(), e)
	}
	g.Expect(tx.Rollback(context.WithoutCancel(t.Context()))).To(Succeed())
}

// TestDocumentedFilters: the documented condition lets the right data through.
func TestDocumentedFilters(t *testing.T) {
	t.Parallel()
	g, s, conn, examples := shopOf(t)
	bind := func(uid string, filters ...store.Filter) {
		g.Expect(s.Apply(t.Context(), []store.Group{put(store.RoleBinding{
			Meta: store.Meta{UID: uid, Generation: 1}, InForce: true, Grants: []store.Entry{{Path: "orders", Level: "Write"}}, Filters: filters,
			Subjects: []store.Subject{{UserUID: "Ann", LabelsHash: "labels"}},
		})})).To(HaveEach(BeNil()))
	}
	orders := func() []int64 {
		rows, _ := conn.Query(t.Context(), example(t, examples, "FROM orders AS o"), "shop", "ann", nil) // CollectRows tells
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		g.Expect(err).NotTo(HaveOccurred())
		return ids
	}
	office := store.Office{
		Meta: store.Meta{UID: "o", Generation: 1}, MaxUsers: store.NoLimit, MaxAdministrators: store.NoLimit,
		Dimensions: []string{"entities", "sales-channels"},
	}
	g.Expect(s.Apply(t.Context(), []store.Group{put(office)})).To(HaveEach(BeNil()))
	g.Expect(orders()).To(BeEmpty(), "without a grant")
	bind("first", store.Filter{Dimension: "entities", Mode: "Only", Access: "ReadWrite", Values: []string{"paris"}, Groups: []string{"north"}},
		store.Filter{Dimension: "sales-channels", Mode: "Only", Access: "ReadOnly", Values: []string{"web"}})
	g.Expect(orders()).To(ConsistOf(int64(1), int64(3)), "narrowed by both, and a group counts")
	bind("second", store.Filter{Dimension: "entities", Mode: "Tagged", Access: "ReadWrite", Tags: []string{"vip"}})
	g.Expect(orders()).To(ConsistOf(int64(1), int64(3), int64(5)), "grants unite")
	bind("third", store.Filter{Dimension: "sales-channels", Mode: "None", Access: "ReadWrite"})
	g.Expect(orders()).To(ConsistOf(int64(1), int64(3), int64(5)), "None lets nothing through")
	bind("fourth", store.Filter{Dimension: "unheard-of", Mode: "All", Access: "ReadWrite"})
	g.Expect(orders()).To(ConsistOf(int64(1), int64(3), int64(5)), "what is not known lets nothing through")
	bind("fifth")
	g.Expect(orders()).To(HaveLen(7), "a grant that nothing narrows, also where the data has no value")
}

// TestDocumentedLogin: the documented questions let the right people in, and out.
func TestDocumentedLogin(t *testing.T) {
	t.Parallel()
	g, s, conn, examples := shopOf(t)
	count := func(question string, args ...any) int64 {
		return value[int64](t, conn, "SELECT count(*) FROM ("+strings.TrimRight(question, "; \n")+") AS answer", args...)
	}
	login := example(t, examples, "login_allowed($1, $2, $3::inet)")
	g.Expect(count(login, "shop", "aNN", "203.0.113.7")).To(BeEquivalentTo(1))
	g.Expect(count(login, "shop", "aNN", "198.51.100.1")).To(BeZero())

	session := strings.ReplaceAll(example(t, examples, "sessions_valid_after <= $4"), "$4", "$4::text::timestamptz")
	id := value[string](t, conn, "SELECT id::text FROM active_users")
	g.Expect(count(session, "shop", "ann", id, "2020-01-01")).To(BeZero(), "it began before the account")
	g.Expect(count(session, "shop", "ann", id, "2100-01-01")).To(BeEquivalentTo(1))
	g.Expect(s.Apply(t.Context(), []store.Group{{store.RemoveUser{UID: "Ann", Disposal: store.Deactivate}}})).To(HaveEach(BeNil()))
	g.Expect(count(session, "shop", "ann", id, "2100-01-01")).To(BeZero(), "the account is gone")
}
