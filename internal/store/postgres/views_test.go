// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"
)

// crowd fills the tables: 100,000 users, each with filters and with 3 of 10,000 bindings, which have grants and filters of their own, to 1,000
// sets, which inherit from two others. Some sets are for some account types only, or bypass filters.
var crowd = []string{
	"CREATE FUNCTION uid(kind text, i bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || i)::uuid::text $$",
	`INSERT INTO users (id, owner, back_office, uid, namespace, name, generation, login, login_folded, account_type, state, held, hold_reason,
		in_force, full_name, first_name, email, email_folded, description, settings, labels_hash, created_at, updated_at, access_lost_at)
		SELECT md5('id' || i)::uuid, 'owner-1', 'shop', uid('user', i), 'default', 'user-' || i, 1, 'User-' || i, 'user-' || i,
		'Employee', 'Active', false, '', true, 'Ann Lee ' || i, 'Ann', 'User-' || i || '@shop.example', 'user-' || i || '@shop.example',
		'Our number ' || i, '{"panel":"vendor"}', 'labels-' || i % 50, now(), statement_timestamp(), clock_timestamp()
		FROM generate_series(1, 100000) AS i`,
	`INSERT INTO credentials (user_id, version, source, verifier, issued_at, previous_verifier, previous_issued_at, previous_until, secret_uid,
		secret_resource_version, token_hash, token_expires_at)
		SELECT id, 2, 'Generated', '$pbkdf2-sha256$1000$' || md5(uid) || '$' || md5(login), now(),
		'$pbkdf2-sha256$1000$' || md5(login) || '$' || md5(uid), now(), '2100-01-01', uid, '1',
		encode(sha256(convert_to('token-' || login, 'UTF8')), 'hex'), '2100-01-01' FROM users`,
	`INSERT INTO outbox SELECT md5('mail' || login)::uuid, owner, back_office, id, 'token-' || login, now(), '2100-01-01' FROM users
		WHERE login LIKE 'User-10__'`,
	"UPDATE owners SET credentials_reset_at = '2020-01-01'",
	"INSERT INTO allowed_networks SELECT id, '10.' || n || '.0.0/16' FROM users, generate_series(1, 2) AS n",
	`INSERT INTO user_filters SELECT id, 'dimension-' || n, 'Only', 'ReadWrite', '["a","b"]', '[]', '[]', 'a' FROM users, generate_series(1, 3) AS n`,
	"INSERT INTO filter_dimensions SELECT 'owner-1', 'shop', 'dimension-' || n FROM generate_series(1, 5) AS n",
	`UPDATE owners SET access_lost_at = now(), two_factor_required = true`,
	`INSERT INTO permission_sets (owner, back_office, uid, namespace, name, generation, set_key, display_name, rank, rank_family, in_force,
		account_types, bypass, has_denied, access_lost_at)
		SELECT 'owner-1', 'shop', uid('set', i), 'default', 'set-' || i, 1, 'set-' || i, '', 1, '', true,
		CASE WHEN i % 2 = 0 THEN '["Administrator", "Employee"]'::jsonb ELSE '[]' END,
		CASE WHEN i % 3 = 0 THEN '["dimension-1"]'::jsonb ELSE '[]' END, true, now()
		FROM generate_series(0, 999) AS i`,
	`INSERT INTO permission_set_closure SELECT 'owner-1', 'shop', uid('set', i), uid('set', (i + d * 17) % 1000), d
		FROM generate_series(0, 999) AS i, generate_series(0, 2) AS d`,
	`INSERT INTO permission_set_entries SELECT 'owner-1', 'shop', uid('set', i), 'area-' || (i + n) % 200 || '/thing-' || n, 'Read'
		FROM generate_series(0, 999) AS i, generate_series(1, 20) AS n`,
	`INSERT INTO permission_set_denials SELECT 'owner-1', 'shop', uid('set', i), 'area-' || (i + 5) % 200 || '/thing-5'
		FROM generate_series(0, 999) AS i`,
	`INSERT INTO role_bindings (owner, back_office, uid, namespace, name, generation, permission_set_uid, in_force, not_before, expires_at,
		has_denied, access_lost_at)
		SELECT 'owner-1', 'shop', uid('binding', i), 'default', 'binding-' || i, 1, uid('set', i % 1000), true,
		'2020-01-01', '2100-01-01', true, now() FROM generate_series(0, 9999) AS i`,
	`INSERT INTO role_binding_entries SELECT 'owner-1', 'shop', uid('binding', i), 'area-' || (i * 3 + n) % 200 || '/thing-' || n, 'Write'
		FROM generate_series(0, 9999) AS i, generate_series(1, 8) AS n`,
	`INSERT INTO role_binding_denials SELECT 'owner-1', 'shop', uid('binding', i), 'area-' || (i + n) % 200 || '/thing-9'
		FROM generate_series(0, 9999) AS i, generate_series(1, 3) AS n`,
	`INSERT INTO role_binding_filters SELECT 'owner-1', 'shop', uid('binding', i), 'dimension-' || n, 'Tagged', 'ReadOnly', '[]', '[]', '["t"]', ''
		FROM generate_series(0, 9999) AS i, generate_series(3, 4) AS n`,
	`INSERT INTO role_binding_subjects
		SELECT 'owner-1', 'shop', uid('binding', (i * 7 + n * 3331) % 10000), 1, uid('user', i), 'labels-' || i % 50, now()
		FROM generate_series(1, 100000) AS i, generate_series(1, 3) AS n`,
}

// catalogue closes the catalogue with 2,000 leaves.
var catalogue = []string{
	`INSERT INTO permission_catalog SELECT 'owner-1', 'shop', 'area-' || a || '/thing-' || n
		FROM generate_series(0, 199) AS a, generate_series(1, 10) AS n`,
	"ANALYZE permission_catalog",
}

// plan is a node of what EXPLAIN tells.
type plan struct {
	Node     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Rows     int    `json:"Actual Rows"`
	Hit      int    `json:"Shared Hit Blocks"`
	Read     int    `json:"Shared Read Blocks"`
	Plans    []plan `json:"Plans"`
}

// sequential are the tables that are read from end to end.
func (p plan) sequential() []string {
	var tables []string
	if p.Node == "Seq Scan" {
		tables = append(tables, p.Relation)
	}
	for _, child := range p.Plans {
		tables = append(tables, child.sequential()...)
	}
	return tables
}

func explain(t *testing.T, conn *pgx.Conn, statement string) (p plan, milliseconds float64) {
	t.Helper()
	text := value[string](t, conn, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+statement)
	var explained []struct {
		Plan          plan
		ExecutionTime float64 `json:"Execution Time"`
	}
	if err := json.Unmarshal([]byte(text), &explained); err != nil {
		t.Fatal(err)
	}
	return explained[0].Plan, explained[0].ExecutionTime
}

// large are the tables that no question of one user may read from end to end.
var large = []string{
	"users", "credentials", "allowed_networks", "user_filters", "role_bindings", "role_binding_subjects", "role_binding_entries",
	"role_binding_denials", "role_binding_filters", "permission_set_entries", "permission_set_denials", "permission_set_closure",
}

// budgets are the buffers that a question of one user to a view may take. With a catalogue of 2,000 leaves those on paths read it as well.
var budgets = map[string]int{"effective_permissions": 600, "effective_filters": 700, "active_users": 120, "user_profiles": 10}

// mails are the questions about invitations, of which there are 100, and the buffers that they may take: those of one user's rows for each.
var mails = map[string]int{
	"SELECT * FROM outbox_mail WHERE back_office = $1 AND $2 <> ''":   1500,
	"SELECT redeem_token($1, $2, '$chosen')":                          120,
	"SELECT redeem_token($1, $2 || 'unknown', '$chosen')":             10,
	"SELECT mail_sent(md5('mail' || substr($2, 7))::uuid) OR $1 = ''": 20,
}

// TestQuestionOfOneUser: it reads that user's rows, however many others there are, and with whatever plan.
func TestQuestionOfOneUser(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	newStore(t, o)
	conn := connect(t, schemaURL(o.Schema))
	conn.Config().DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	do(t, conn, crowd...)
	values := map[string]string{
		"login = $2": "User-4711", "login_folded = $2": "user-4711", "email_folded = $2 AND email_folded <> ''": "user-4711@shop.example",
	}
	run := func(when, statement, value string, budget int) {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			execute := fmt.Sprintf("EXECUTE ask ('shop', '%s')", value)
			do(t, conn, "SET plan_cache_mode = "+mode, "PREPARE ask (text, text) AS "+statement)
			var p plan
			var took float64
			// A function reads the catalogue of the database at first, and again where another test has changed it: with all that has the same names
			// in other schemas.
			for tries := 0; tries == 0 || tries < 10 && p.Hit+p.Read >= budget; tries++ {
				do(t, conn, "BEGIN")
				p, took = explain(t, conn, execute)
				do(t, conn, "ROLLBACK")
			}
			what := fmt.Sprintf("%s, %s, %s", statement, mode, when)
			t.Logf("%s: %d buffers, %d rows, %.1f ms", what, p.Hit+p.Read, p.Rows, took)
			g.Expect(p.Rows).To(BeNumerically(">", 0), what)
			g.Expect(p.Hit+p.Read).To(BeNumerically("<", budget), what)
			for _, table := range p.sequential() {
				g.Expect(large).NotTo(ContainElement(table), what)
			}
			do(t, conn, "DEALLOCATE ask")
		}
	}
	ask := func(when, view, condition string) {
		run(when, fmt.Sprintf("SELECT * FROM %s WHERE back_office = $1 AND %s", view, condition), values[condition], budgets[view])
	}
	all := func(when string) {
		for view := range budgets {
			for _, condition := range []string{"login = $2", "login_folded = $2"} {
				ask(when, view, condition)
			}
		}
		ask(when, "user_profiles", "email_folded = $2 AND email_folded <> ''")
		for statement, budget := range mails {
			run(when, statement, "token-User-1047", budget)
		}
	}
	all("before ANALYZE")
	do(t, conn, "ANALYZE")
	all("without a catalogue")
	do(t, conn, catalogue...)
	all("with a catalogue of 2,000 leaves")
}
