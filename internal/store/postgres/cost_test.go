// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// TestChangedSet: what a changed set writes does not depend on who holds it, also where their sessions end.
func TestChangedSet(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, schemaURL(o.Schema))
	set := store.PermissionSet{
		Meta: store.Meta{UID: "s", Generation: 1}, SetKey: "s", InForce: true, Ancestors: []store.Ancestor{{UID: "s"}},
		Entries: []store.Entry{{Path: "a", Level: "Read"}, {Path: "b", Level: "Read"}, {Path: "c", Level: "Read"}}, Deny: []string{"x", "y"},
	}
	binding := store.RoleBinding{Meta: store.Meta{UID: "b", Generation: 1}, PermissionSetUID: "s", InForce: true}
	const holders = 10_000
	for i := range holders {
		binding.Subjects = append(binding.Subjects, store.Subject{UserUID: fmt.Sprintf("hired-%d", i), LabelsHash: "labels"})
	}
	g.Expect(s.Apply(t.Context(), append(hired("hired", 500), put(set), put(binding)))).To(HaveEach(BeNil()))
	g.Expect(value[int64](t, admin, "SELECT count(*) FROM role_binding_subjects WHERE binding_uid = 'b'")).To(BeEquivalentTo(holders))
	g.Expect(value[int64](t, admin, "SELECT count(*) FROM effective_permissions")).To(BeEquivalentTo(5 * 500))

	ended := func() int64 {
		return value[int64](t, admin, "SELECT count(*) FROM active_users WHERE sessions_valid_after > statement_timestamp()")
	}
	do(t, admin, "UPDATE role_binding_subjects SET since = since - interval '1 hour'", "UPDATE permission_sets SET access_lost_at = NULL")
	g.Expect(ended()).To(BeZero())
	changed := changesOf(t, admin)
	set.Generation, set.Entries[0].Level, set.Entries[1].Level, set.Deny = 2, "None", "Write", []string{"x", "z"}
	set.Stamp = "4c1d2a6e"
	admission := store.Admission{Actor: "eve", Gives: []string{"b Write", "c Read", "deny x", "deny z"}}
	g.Expect(s.Apply(t.Context(), []store.Group{{store.Put{Record: set, Admission: admission}}})).To(HaveEach(BeNil()))
	g.Expect(ended()).To(BeEquivalentTo(500), "sessions of all holders")
	g.Expect(changed()).To(Equal(map[string]int{
		"permission_sets": 1, "permission_set_entries": 2, "permission_set_denials": 1, "audit_log": 1,
	}))
}

// changesOf notes which rows there are, and returns what counts, by table, those that were written since.
func changesOf(t *testing.T, conn *pgx.Conn) func() map[string]int {
	t.Helper()
	// versions tells which rows a table has, and which transactions wrote them.
	versions := func(table string) map[string]bool {
		rows, _ := conn.Query(t.Context(), "SELECT ctid::text || ' ' || xmin::text FROM "+table) // CollectRows tells
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, version := range list {
			found[version] = true
		}
		return found
	}
	tables := []string{
		"owners", "users", "credentials", "outbox", "allowed_networks", "role_bindings", "role_binding_subjects",
		"permission_sets", "permission_set_entries", "permission_set_denials", "permission_set_closure", "audit_log",
	}
	before := map[string]map[string]bool{}
	for _, table := range tables {
		before[table] = versions(table)
	}
	return func() map[string]int {
		changed := map[string]int{}
		for _, table := range tables {
			for version := range versions(table) {
				if !before[table][version] {
					changed[table]++
				}
			}
		}
		return changed
	}
}

// TestResetOfAll: it is one row, however many passwords it ends.
func TestResetOfAll(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, schemaURL(o.Schema))
	const users = 500
	g.Expect(s.Apply(t.Context(), append(hired("hired", users), invited("ann", "t")))).To(HaveEach(BeNil()))
	may := func() int64 {
		return value[int64](t, admin, "SELECT count(*) FROM active_users WHERE verifier IS NOT NULL OR credential_issued_at IS NOT NULL")
	}
	g.Expect(may()).To(BeEquivalentTo(users))
	now, err := s.Ping(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	changed := changesOf(t, admin)
	few := statements(t, s, o.Schema, store.ResetCredentials{IssuedBefore: now.Add(time.Second)})
	g.Expect(changed()).To(Equal(map[string]int{"owners": 1}))
	g.Expect(few).To(BeNumerically("<", 12))
	g.Expect(may()).To(BeZero())
	g.Expect(value[int64](t, admin, "SELECT count(*) FROM outbox_mail")).To(BeZero(), "an invitation from before it is over")
	ended := value[int64](t, admin, "SELECT count(*) FROM active_users WHERE sessions_valid_after > statement_timestamp()")
	g.Expect(ended).To(BeEquivalentTo(users + 1))
}

// TestStatementsOfPasswords bounds what the life of a password costs, for a rollout is made of it.
func TestStatementsOfPasswords(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	g.Expect(s.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()))
	issue := store.IssueCredential{UserUID: "ann", Version: 1, Verifier: "$1", Keep: store.KeepNone}
	for _, step := range []struct {
		what   string
		change store.Change
		most   int
	}{
		{"the first password", issue, 10},
		{"its Secret", store.FinishCredential{UserUID: "ann", Version: 1, SecretUID: "s", Grace: time.Hour}, 6},
		{"a rotation", store.IssueCredential{UserUID: "ann", Version: 2, Verifier: "$2", Keep: store.KeepCurrent}, 12},
		{"an invitation", invite("ann", 3, "t"), 11},
		{"a revocation", store.RevokeCredential{UserUID: "ann", Version: 4}, 12},
	} {
		n := statements(t, s, o.Schema, step.change)
		t.Logf("%s: %d statements", step.what, n)
		g.Expect(n).To(BeNumerically("<=", step.most), step.what)
	}
}

// statements counts those that a change consists of, with all that its functions run.
func statements(t *testing.T, s *pgStore, schema string, c store.Change) int {
	t.Helper()
	config, err := pgx.ParseConfig(schemaURL(schema))
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	count := 0
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if strings.Contains(n.Message, "plan:") {
			count++
		}
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	changes, err := encode([]store.Group{{c}})
	if err != nil {
		t.Fatal(err)
	}
	do(t, conn, "LOAD 'auto_explain'", "SET auto_explain.log_level = notice", "SET auto_explain.log_nested_statements = on",
		"SET auto_explain.log_min_duration = 0")
	if verdicts := value[[]string](t, conn, "SELECT apply('owner-1', 'shop', $1, $2)", s.fence, changes); verdicts[0] != "" {
		t.Fatal(verdicts)
	}
	return count
}

// TestStatements: a change of many users is as many statements as one of few.
func TestStatements(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	const many = 10_000
	for i := range many / 500 {
		g.Expect(s.Apply(t.Context(), hired(fmt.Sprint("hired-", i), 500))).To(HaveEach(BeNil()))
	}
	set := store.PermissionSet{
		Meta: store.Meta{UID: "s", Generation: 1}, SetKey: "s", InForce: true, Ancestors: []store.Ancestor{{UID: "s"}}, Deny: []string{"x"},
	}
	g.Expect(s.Apply(t.Context(), []store.Group{put(set)})).To(HaveEach(BeNil()))
	// counts are the statements of each step in the life of a binding of n users.
	counts := func(n int) map[string]int {
		binding := store.RoleBinding{Meta: store.Meta{UID: fmt.Sprint("of-", n), Generation: 1}, PermissionSetUID: "s", InForce: true}
		for i := range n {
			binding.Subjects = append(binding.Subjects, store.Subject{UserUID: fmt.Sprintf("hired-%d-%d", i/500, i%500), LabelsHash: "labels"})
		}
		found := map[string]int{"it is new": statements(t, s, o.Schema, store.Put{Record: binding})}
		binding.Generation = 2
		found["its generation rises"] = statements(t, s, o.Schema, store.Put{Record: binding})
		binding.Generation, binding.Subjects = 3, binding.Subjects[:n/2]
		found["it loses half of them"] = statements(t, s, o.Schema, store.Put{Record: binding})
		set.DisplayName = fmt.Sprint("changed ", n)
		found["its set changes"] = statements(t, s, o.Schema, store.Put{Record: set})
		found["its set goes"] = statements(t, s, o.Schema, store.Remove{Key: set.Key()})
		found["its set comes"] = statements(t, s, o.Schema, store.Put{Record: set})
		found["it goes"] = statements(t, s, o.Schema, store.Remove{Key: binding.Key()})
		return found
	}
	few := counts(2)
	t.Logf("statements: %v", few)
	g.Expect(few).To(HaveEach(BeNumerically(">", 5)))
	g.Expect(counts(many)).To(Equal(few))
}
