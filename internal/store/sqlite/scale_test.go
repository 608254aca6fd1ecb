// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/storetest"
)

// The size of a big back office.
const (
	bigUsers    = 100_000 / shrink
	bigBindings = 10_000 / shrink
	bigSets     = 1_000
	bigLeaves   = 300
)

// fillings make a big back office of the owner and back office $1 and $2: each binding hands a set to users who follow each other, 20 of them,
// each set has 20 entries and inherits from two others, one of a hundred denies something, and one of ten bypasses a filter. Each binding has 5
// grants and a filter of its own, and one of a hundred denies something. Each user has a filter.
func fillings() []string {
	numbers := func(n int) string {
		return fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d) `, n)
	}
	twenty := `, m(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j < 19) `
	return []string{
		numbers(bigUsers) + `
			INSERT INTO users (id, owner, back_office, uid, namespace, name, generation, login, login_folded, account_type, state, held,
				hold_reason, in_force, full_name, description, labels_hash)
			SELECT 'id-' || i, $1, $2, 'user-' || i, 'ns', 'User-' || i, 1, 'User-' || i, 'user-' || i, 'Employee', 'Active', 0, '', 1, '', '', 'l'
			FROM n`,
		`UPDATE users SET email = login_folded || '@x', email_folded = login_folded || '@x' WHERE owner = $1 AND back_office = $2`,
		numbers(bigUsers) + `
			INSERT INTO credentials (user_id, version, verifier, previous_verifier, previous_issued_at, token_hash, token_expires_at)
			SELECT 'id-' || i, 2, 'v', 'w', unixepoch(), iif(i % 100 = 0, 'hash-' || i, ''), iif(i % 100 = 0, unixepoch() + 9000, NULL) FROM n`,
		numbers(bigUsers) + `
			INSERT INTO outbox (id, owner, back_office, user_id, token, token_hash, expires_at)
			SELECT 'mail-' || i, $1, iif(i % 1000 = 0, $2, 'another'), 'id-' || i, 'token-' || i, 'hash-' || i, unixepoch() + 9000
			FROM n WHERE i % 100 = 0`,
		`UPDATE owners SET credentials_reset_at = unixepoch() - 9000 WHERE owner = $1 AND back_office = $2`,
		numbers(bigUsers) + `INSERT INTO allowed_networks (user_id, network) SELECT 'id-' || i, '10.0.0.0/8' FROM n`,
		numbers(bigUsers) + `
			INSERT INTO user_filters (user_id, dimension, mode, access, filter_values, filter_groups, filter_tags, default_value)
			SELECT 'id-' || i, 'region', 'Only', 'ReadWrite', '["north"]', '[]', '[]', 'north' FROM n`,
		`INSERT INTO filter_dimensions (owner, back_office, dimension) SELECT $1, $2, value FROM json_each('["customer", "desk", "region"]')`,
		numbers(bigBindings) + `
			INSERT INTO role_binding_filters
				(owner, back_office, binding_uid, dimension, mode, access, filter_values, filter_groups, filter_tags, default_value)
			SELECT $1, $2, 'binding-' || i, 'desk', 'Owned', 'ReadOnly', '[]', '[]', '[]', '' FROM n`,
		numbers(bigBindings) + `
			INSERT INTO role_bindings (owner, back_office, uid, namespace, name, generation, permission_set_uid, in_force)
			SELECT $1, $2, 'binding-' || i, 'ns', 'b', 1, 'set-' || (i % 1000), 1 FROM n`,
		numbers(bigBindings) + `, m(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j < 4)
			INSERT INTO role_binding_entries (owner, back_office, binding_uid, path, level)
			SELECT $1, $2, 'binding-' || i, 'area-' || ((i + j) % 30) || '/own-' || j, 'Write' FROM n, m`,
		numbers(bigBindings) + `
			INSERT INTO role_binding_denials (owner, back_office, binding_uid, path)
			SELECT $1, $2, 'binding-' || i, 'area-2/item-2' FROM n WHERE i % 100 = 0`,
		numbers(bigBindings) + twenty + `
			INSERT INTO role_binding_subjects (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash)
			SELECT $1, $2, 'binding-' || i, 1, 'user-' || ((10 * i + j) % ` + fmt.Sprint(bigUsers) + `), 'l' FROM n, m`,
		numbers(50) + `
			INSERT INTO role_binding_subjects (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash)
			SELECT $1, $2, 'binding-' || (7 * i), 1, 'user-' || ` + fmt.Sprint(bigUsers-1) + `, 'l' FROM n`, // who holds many sets
		numbers(bigSets) + `
			INSERT INTO permission_sets
				(owner, back_office, uid, namespace, name, generation, set_key, display_name, rank, rank_family, in_force, account_types, bypass,
				has_denied)
			SELECT $1, $2, 'set-' || i, 'ns', 's', 1, 'key-' || i, '', 0, '', 1, '["Employee", "Robot"]', iif(i % 10 = 0, '["desk"]', '[]'),
				i % 100 = 0
			FROM n`,
		numbers(bigSets) + `, m(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j < 2)
			INSERT INTO permission_set_closure (owner, back_office, set_uid, ancestor_uid, distance)
			SELECT $1, $2, 'set-' || i, 'set-' || ((i + 7 * j) % 1000), j FROM n, m`,
		numbers(bigSets) + twenty + `
			INSERT INTO permission_set_entries (owner, back_office, set_uid, path, level)
			SELECT $1, $2, 'set-' || i, 'area-' || ((i + j) % 30) || '/item-' || j, CASE j % 3 WHEN 0 THEN 'Read' ELSE 'Write' END FROM n, m`,
		numbers(bigSets) + `
			INSERT INTO permission_set_denials (owner, back_office, set_uid, path) SELECT $1, $2, 'set-' || i, 'area-1' FROM n WHERE i % 100 = 0`,
		numbers(bigLeaves) + `
			INSERT INTO permission_catalog (owner, back_office, path)
			SELECT $1, $2, 'area-' || (i % 30) || '/item-' || (i / 30) || '/leaf' FROM n`,
	}
}

// big is a store with a big back office.
func big(t *testing.T) (storetest.Database, store.Store) {
	t.Helper()
	g := NewWithT(t)
	db := database(t)
	db.Options.Owner, db.Options.BackOffice, db.Options.UsedBy = "owner", "shop", "default/shop"
	st, err := db.Driver.Open(t.Context(), db.Options)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = st.Close() })
	tx, err := st.(*Store).writer.BeginTx(t.Context(), nil)
	g.Expect(err).NotTo(HaveOccurred())
	for _, query := range fillings() {
		_, err := tx.ExecContext(t.Context(), query, "owner", "shop")
		g.Expect(err).NotTo(HaveOccurred(), query)
	}
	g.Expect(tx.Commit()).To(Succeed())
	return db, st
}

// TestOneUsersQuestion holds the views to reading one user's rows: no table is scanned, with and without the planner's statistics.
func TestOneUsersQuestion(t *testing.T) {
	start := time.Now()
	db, st := big(t)
	t.Logf("filled in %s", time.Since(start).Round(time.Millisecond))
	a := newApplication(t, db.Options.URL)
	for _, state := range []struct{ name, change string }{
		{"a closed catalogue", `PRAGMA user_version`}, {"with statistics", `ANALYZE`}, {"an open catalogue", `DELETE FROM permission_catalog`},
	} {
		st.(*Store).exec(t, state.change)
		for _, view := range []string{"effective_permissions", "effective_filters", "active_users", "user_profiles"} {
			for _, where := range []struct{ column, login string }{
				{"login", "User-4711"}, {"login_folded", "user-4711"}, {"login", fmt.Sprintf("User-%d", bigUsers-1)},
			} {
				query := `SELECT * FROM ` + view + ` WHERE back_office = $1 AND ` + where.column + ` = $2`
				t.Run(strings.Join([]string{state.name, view, where.login}, ", "), func(t *testing.T) { askOne(t, db.Query, query, where.login) })
			}
		}
		t.Run(state.name+", a token", func(t *testing.T) {
			find := strings.NewReplacer(":back_office", "$1", ":token_hash", "$2", ":verifier", "'$v'").Replace(a.find[1])
			askOne(t, db.Query, find, "hash-4700")
		})
		t.Run(state.name+", mails", func(t *testing.T) {
			askOne(t, db.Query, strings.Replace(a.mail[0], ":back_office", "$1 AND $2 <> ''", 1), "any")
		})
	}
}

// small are the names in a plan that are no tables, but what was found of the one user.
var small = []string{
	"bound", "held", "source", "said", "candidate", "closing", "cover", "either", "meeting", "by_giver", "verdict", "sorted", "mention", "narrowing", "handing", "part",
}

func askOne(t *testing.T, query storetest.QueryFunc, question, login string) {
	g := NewWithT(t)
	plan, err := query(t.Context(), `EXPLAIN QUERY PLAN `+question, "shop", login)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(plan).NotTo(BeEmpty())
	scan := regexp.MustCompile(`SCAN (\S+)( VIRTUAL TABLE)?`)
	for _, row := range plan {
		step := row[len(row)-1]
		if found := scan.FindStringSubmatch(step); found != nil && found[2] == "" { // a virtual one is JSON
			g.Expect(slices.Contains(small, found[1])).To(BeTrue(), "%s", step)
		}
	}
	start := time.Now()
	rows, err := query(t.Context(), question, "shop", login)
	g.Expect(err).NotTo(HaveOccurred())
	t.Logf("%d rows in %s", len(rows), time.Since(start).Round(10*time.Microsecond))
	g.Expect(rows).NotTo(BeEmpty())
}
