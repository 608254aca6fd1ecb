// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// admitted is the change that writes an account by a stamp.
func admitted(i int, stamp string, gives ...string) store.Put {
	u := account(i)
	u.Stamp = stamp
	return store.Put{Record: u, Admission: store.Admission{Actor: "eve", Gives: gives}}
}

// ran tells how often a statement was among those that ran.
func ran(statements []string, statement string) (n int) {
	for _, s := range statements {
		if s == statement {
			n++
		}
	}
	return n
}

func TestAStampIsLookedUpOnce(t *testing.T) {
	st, c := counted(t)
	for _, step := range []struct {
		what                string
		put                 store.Put
		lookUps, rowsLogged int
	}{
		{"a new account", admitted(1, "first", "a"), 1, 1},
		{"the same again", admitted(1, "first", "a"), 0, 0},
		{"changed facts", admitted(1, "first", "b"), 0, 1},
		{"another stamp", admitted(1, "second", "b"), 1, 1},
		{"no stamp", admitted(1, "", "b"), 1, 1},
		{"a new account without one", admitted(2, ""), 0, 1},
	} {
		g := NewWithT(t)
		all := statements(t, st, c, store.Group{step.put})
		g.Expect(ran(all, findStamp)).To(Equal(step.lookUps), step.what)
		g.Expect(ran(all, insertAudit)).To(Equal(step.rowsLogged), step.what)
	}
}

func TestTheAuditLogIsAskedByAnIndex(t *testing.T) {
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	for _, change := range []string{`PRAGMA user_version`, `ANALYZE`} {
		st.exec(t, change)
		for query, index := range map[string]string{
			findStamp: "audit_log_stamp",
			`SELECT * FROM audit_log WHERE owner = ?1 AND back_office = ?2 AND actor = ?3 ORDER BY at`: "audit_log_actor",
			`SELECT * FROM audit_log WHERE owner = ?1 AND back_office = ?2 AND uid = ?3 ORDER BY at`:   "audit_log_uid",
		} {
			g := NewWithT(t)
			rows, err := st.writer.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, "owner", "shop", "x", "y")
			g.Expect(err).NotTo(HaveOccurred())
			var plan []string
			for rows.Next() {
				var id, parent, unused int
				var step string
				g.Expect(rows.Scan(&id, &parent, &unused, &step)).To(Succeed())
				plan = append(plan, step)
			}
			g.Expect(rows.Err()).NotTo(HaveOccurred())
			g.Expect(plan).To(HaveExactElements(And(HavePrefix("SEARCH audit_log USING"), ContainSubstring(index))), strings.Join(plan, "; "))
		}
	}
}

func TestNothingGetsRoundTheAuditLog(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	_, err := st.Apply(t.Context(), []store.Group{{admitted(1, "first", "a")}})
	g.Expect(err).NotTo(HaveOccurred())
	row := func() string {
		var actor string
		g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT group_concat(actor) FROM audit_log`).Scan(&actor)).To(Succeed())
		return actor
	}
	const columns = `id, owner, back_office, action, kind, namespace, name, uid, generation, actor, stamp, granted, lost`
	values := strings.Replace(columns, "actor", "'mallory'", 1)
	for _, statement := range []string{
		`INSERT OR REPLACE INTO audit_log (` + columns + `) SELECT ` + values + ` FROM audit_log`,
		`REPLACE INTO audit_log (` + columns + `) SELECT ` + values + ` FROM audit_log`,
		`INSERT INTO audit_log (` + columns + `) SELECT ` + values + ` FROM audit_log WHERE true ON CONFLICT DO UPDATE SET actor = 'mallory'`,
		`UPDATE OR REPLACE audit_log SET actor = 'mallory'`,
		`DELETE FROM audit_log`,
	} {
		_, err := st.writer.ExecContext(t.Context(), statement)
		g.Expect(err).To(MatchError(ContainSubstring("audit_log is append-only")), statement)
		g.Expect(row()).To(Equal("eve"), statement)
	}
}

func TestWhatSomebodyElseHasNoted(t *testing.T) {
	for _, broken := range []string{`nonsense`, ``, `{}`, `[1]`, `"a"`} {
		g := NewWithT(t)
		st := opened(t, filepath.Join(t.TempDir(), "store.db"))
		apply := func(c store.Change) error {
			verdicts, err := st.Apply(t.Context(), []store.Group{{c}})
			g.Expect(err).NotTo(HaveOccurred(), broken)
			return verdicts[0]
		}
		g.Expect(apply(admitted(1, "first", "a"))).To(Succeed())
		st.exec(t, `UPDATE users SET gives = ?`, broken)
		g.Expect(apply(admitted(1, "first", "a"))).To(Succeed())
		var granted string
		g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT granted FROM audit_log WHERE actor = ''`).Scan(&granted)).To(Succeed())
		g.Expect(granted).To(Equal(`["a"]`), "nothing was noted where %q stands", broken)

		g.Expect(apply(store.RemoveUser{UID: account(1).UID, Disposal: store.Deactivate})).To(Succeed())
		st.exec(t, `UPDATE users SET protection = ?`, broken)
		heir := admitted(1, "second")
		heir.Admission.Power = []store.Power{{}}
		u := account(1)
		u.UID = "heir"
		heir.Record = u
		g.Expect(apply(heir)).To(MatchError(store.ErrProtected), "nobody reaches %q", broken)
	}
}

func TestTextsOfTheAuditLogAreReadable(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	_, err := st.Apply(t.Context(), []store.Group{{admitted(1, "first", "<a> & é")}})
	g.Expect(err).NotTo(HaveOccurred())
	var granted, gives string
	g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT a.granted, u.gives FROM audit_log a, users u`).Scan(&granted, &gives)).To(Succeed())
	g.Expect([]string{granted, gives}).To(HaveEach(`["<a> & é"]`))
}

func BenchmarkApplyAdmitted(b *testing.B) {
	const batch = 64
	st, err := Driver{}.Open(b.Context(), options(filepath.Join(b.TempDir(), "store.db")))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	users := 0
	for b.Loop() {
		groups := make([]store.Group, batch)
		for i := range groups {
			put := admitted(users, fmt.Sprintf("stamp-%d", users), "login", "network")
			groups[i] = store.Group{put, store.IssueCredential{UserUID: put.Record.Key().UID, Version: 1, Verifier: verifier}}
			users++
		}
		if _, err := st.Apply(b.Context(), groups); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(users)/b.Elapsed().Seconds(), "users/s")
}
