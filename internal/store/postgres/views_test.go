// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"
)

// crowd fills the tables: 100,000 users, each with 3 of 10,000 bindings, which have grants of their own, to 1,000 sets, which inherit
// from two others.
var crowd = []string{
	"CREATE FUNCTION uid(kind text, i bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || i)::uuid::text $$",
	`INSERT INTO users (id, owner, back_office, uid, namespace, name, generation, login, login_folded, account_type, state, held, hold_reason,
		in_force, full_name, description, labels_hash, created_at, updated_at)
		SELECT md5('id' || i)::uuid, 'owner-1', 'shop', uid('user', i), 'default', 'user-' || i, 1, 'User-' || i, 'user-' || i,
		'Employee', 'Active', false, '', true, 'Ann Lee ' || i, 'Our number ' || i, 'labels-' || i % 50, now(), now()
		FROM generate_series(1, 100000) AS i`,
	"INSERT INTO credentials SELECT id, 1, '$pbkdf2-sha256$1000$' || md5(uid) || '$' || md5(login), now(), uid, '1' FROM users",
	"INSERT INTO allowed_networks SELECT id, '10.' || n || '.0.0/16' FROM users, generate_series(1, 2) AS n",
	`INSERT INTO permission_sets (owner, back_office, uid, namespace, name, generation, set_key, display_name, rank, rank_family, in_force)
		SELECT 'owner-1', 'shop', uid('set', i), 'default', 'set-' || i, 1, 'set-' || i, '', 1, '', true
		FROM generate_series(0, 999) AS i`,
	`INSERT INTO permission_set_closure SELECT 'owner-1', 'shop', uid('set', i), uid('set', (i + d * 17) % 1000), d
		FROM generate_series(0, 999) AS i, generate_series(0, 2) AS d`,
	`INSERT INTO permission_set_entries SELECT 'owner-1', 'shop', uid('set', i), 'area-' || (i + n) % 200 || '/thing-' || n, 'Read'
		FROM generate_series(0, 999) AS i, generate_series(1, 20) AS n`,
	`INSERT INTO permission_set_denials SELECT 'owner-1', 'shop', uid('set', i), 'area-' || (i + 5) % 200 || '/thing-5'
		FROM generate_series(0, 999) AS i`,
	`INSERT INTO role_bindings (owner, back_office, uid, namespace, name, generation, permission_set_uid, in_force, not_before, expires_at)
		SELECT 'owner-1', 'shop', uid('binding', i), 'default', 'binding-' || i, 1, uid('set', i % 1000), true,
		'2020-01-01', '2100-01-01' FROM generate_series(0, 9999) AS i`,
	`INSERT INTO role_binding_entries SELECT 'owner-1', 'shop', uid('binding', i), 'area-' || (i * 3 + n) % 200 || '/thing-' || n, 'Write'
		FROM generate_series(0, 9999) AS i, generate_series(1, 8) AS n`,
	`INSERT INTO role_binding_denials SELECT 'owner-1', 'shop', uid('binding', i), 'area-' || (i + n) % 200 || '/thing-9'
		FROM generate_series(0, 9999) AS i, generate_series(1, 3) AS n`,
	`INSERT INTO role_binding_subjects SELECT 'owner-1', 'shop', uid('binding', (i * 7 + n * 3331) % 10000), 1, uid('user', i), 'labels-' || i % 50
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

// TestQuestionOfOneUser: it reads that user's rows, however many others there are.
func TestQuestionOfOneUser(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	newStore(t, o)
	conn := connect(t, schemaURL(o.Schema))
	conn.Config().DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	do(t, conn, crowd...)
	ask := func(when string) {
		for _, view := range []string{"effective_permissions", "active_users"} {
			for _, column := range []string{"login", "login_folded"} {
				for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
					do(t, conn, "SET plan_cache_mode = "+mode, fmt.Sprintf("PREPARE ask (text, text) AS SELECT * FROM %s WHERE back_office = $1 AND %s = $2", view, column))
					login := map[string]string{"login": "User-4711", "login_folded": "user-4711"}[column]
					p, took := explain(t, conn, fmt.Sprintf("EXECUTE ask ('shop', '%s')", login))
					t.Logf("%s by %s, %s, %s: %d buffers, %d rows, %.1f ms", view, column, mode, when, p.Hit+p.Read, p.Rows, took)
					g.Expect(p.Rows).To(BeNumerically(">", 0))
					g.Expect(p.Hit+p.Read).To(BeNumerically("<", 1000), view)
					for _, table := range []string{
						"users", "role_bindings", "role_binding_subjects", "role_binding_entries", "role_binding_denials", "credentials", "allowed_networks",
					} {
						g.Expect(slices.Contains(p.sequential(), table)).To(BeFalse(), "%s scans %s", view, table)
					}
					do(t, conn, "DEALLOCATE ask")
				}
			}
		}
	}
	ask("before ANALYZE")
	do(t, conn, "ANALYZE")
	ask("without a catalogue")
	do(t, conn, catalogue...)
	ask("with a catalogue of 2,000 leaves")
}
