// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// opened opens a store that is closed after the test.
func opened(t *testing.T, path string) *Store {
	t.Helper()
	st, err := Driver{}.Open(t.Context(), options(path))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = st.Close() })
	return st.(*Store)
}

func (s *Store) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := s.writer.ExecContext(t.Context(), query, args...)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func TestTheFileIsItsUsersAlone(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	st := opened(t, filepath.Join(dir, "store.db"))
	_, err := st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}})
	g.Expect(err).NotTo(HaveOccurred())
	files, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, f := range files {
		info, err := f.Info()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Mode()).To(Equal(os.FileMode(0o600)), f.Name())
		names = append(names, f.Name())
	}
	g.Expect(names).To(ConsistOf("store.db", "store.db-wal", "store.db-shm"))
}

func TestAFileThatExistsKeepsItsMode(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.db")
	g.Expect(os.WriteFile(path, nil, 0o640)).To(Succeed()) // an empty file is an empty database
	opened(t, path)
	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode()).To(Equal(os.FileMode(0o640)))
}

func TestTheFileMayHaveAnyName(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a b", "100%", "what?", "#1", "ü", "a&b=c", "%41", "file:x", ":memory:", "-v", `back\slash`, "a;b"} {
		g := NewWithT(t)
		opened(t, name)
		_, err := os.Stat(name)
		g.Expect(err).NotTo(HaveOccurred(), name)
	}
}

func TestTheJournalIsDurable(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2"} {
		var value string
		g.Expect(st.writer.QueryRowContext(t.Context(), `PRAGMA `+pragma).Scan(&value)).To(Succeed())
		g.Expect(value).To(Equal(want), pragma)
	}
}

func TestWhatDoesNotWorkIsErrConfig(t *testing.T) {
	dir := t.TempDir()
	g := NewWithT(t)
	text := filepath.Join(dir, "a-secret-name.txt")
	content := []byte("This is a text, and longer than the header of a database would be.\n")
	g.Expect(os.WriteFile(text, content, 0o600)).To(Succeed())
	newer := filepath.Join(dir, "newer.db")
	st := opened(t, newer)
	st.exec(t, `INSERT INTO schema_migrations (version_id, is_applied) VALUES (4711, 1)`)
	foreign := filepath.Join(dir, "foreign.db")
	other := opened(t, foreign)
	other.exec(t, `DELETE FROM schema_migrations WHERE version_id > 0`) // tables of the same names, which no migration made

	path := filepath.Join(dir, "store.db")
	for sentence, o := range map[string]store.Options{
		"no path":                    {},
		"a path that is no path":     {URL: "a\x00b"},
		"a directory":                {URL: dir},
		"a directory that is absent": {URL: filepath.Join(dir, "a-secret-name", "store.db")},
		"a directory that is a file": {URL: filepath.Join(text, "store.db")},
		"a name that is too long":    {URL: filepath.Join(dir, string(make([]byte, 300)))},
		"a file of another kind":     {URL: text},
		"a device":                   {URL: "/dev/null"},
		"a newer schema":             {URL: newer},
		"tables of somebody else":    {URL: foreign},
		"a schema":                   {URL: path, Schema: "s"},
		"an owner that is no text":   {URL: path, Owner: "\xff"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			if o.Owner == "" {
				o.Owner, o.BackOffice, o.UsedBy = "owner", "shop", "default/shop"
			}
			_, err := Driver{}.Open(t.Context(), o)
			g.Expect(err).To(MatchError(store.ErrConfig))
			g.Expect(err.Error()).NotTo(ContainSubstring("a-secret-name"))
		})
	}
	found, err := os.ReadFile(text)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(Equal(content), "it was not touched")
}

func TestAFullDiskIsErrUnavailable(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	st.exec(t, `PRAGMA max_page_count = 1`) // SQLite makes it the present size
	groups := make([]store.Group, 500)
	for i := range groups {
		groups[i] = store.Group{store.Put{Record: account(i)}}
	}
	_, err := st.Apply(t.Context(), groups)
	g.Expect(err).To(MatchError(store.ErrUnavailable))
	g.Expect(stored(t, st)).To(BeEmpty(), "all or nothing")
	st.exec(t, `PRAGMA max_page_count = 100000`)
	_, err = st.Apply(t.Context(), groups)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(stored(t, st)).To(HaveLen(len(groups)))
}

func stored(t *testing.T, st store.Store) (all []store.Observed) {
	t.Helper()
	for o, err := range st.Observe(t.Context()) {
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		all = append(all, o)
	}
	return all
}

func TestAFileThatSomebodyLocksIsErrUnavailable(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.db")
	other := opened(t, path)
	st := opened(t, path)
	other.exec(t, `BEGIN IMMEDIATE`)
	st.exec(t, `PRAGMA busy_timeout = 10`)
	_, err := st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}})
	g.Expect(err).To(MatchError(store.ErrUnavailable))
	g.Expect(stored(t, st)).To(BeEmpty(), "a reader is not kept waiting")
	other.exec(t, `ROLLBACK`)
	_, err = st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}})
	g.Expect(err).NotTo(HaveOccurred())
}

func TestABusyStoreStarvesNoOther(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.db")
	busy := opened(t, path)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_, _ = busy.Apply(t.Context(), []store.Group{{store.Put{Record: account(i)}}}) // it is there to be in the way
				}
			}
		})
	}
	for i := range 30 {
		o := options(path)
		o.BackOffice = "another"
		st, err := Driver{}.Open(t.Context(), o)
		g.Expect(err).NotTo(HaveOccurred())
		_, err = st.Apply(t.Context(), []store.Group{{store.Put{Record: account(i)}}})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(st.Close()).To(Succeed())
	}
	close(done)
	wg.Wait()
}

func TestAConstraintIsErrRejected(t *testing.T) {
	g := NewWithT(t)
	st := opened(t, filepath.Join(t.TempDir(), "store.db"))
	twice := clerk("Read")
	twice.Entries = append(twice.Entries, twice.Entries[0])
	entry := store.Entry{Path: "path", Level: "Read"}
	for _, r := range []store.Record{
		twice, clerk("Everything"),
		store.RoleBinding{Grants: []store.Entry{entry, entry}},
		store.RoleBinding{Grants: []store.Entry{{Path: "path", Level: "Everything"}}},
		store.RoleBinding{Deny: []string{"path", "path"}},
	} {
		_, err := st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}, {store.Put{Record: r}}})
		g.Expect(err).To(MatchError(store.ErrRejected))
	}
	for _, c := range []store.Change{
		store.Remove{Key: account(1).Key()}, store.Remove{Key: store.Key{Kind: "Nothing"}}, store.Put{}, nil,
	} {
		_, err := st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}, {c}})
		g.Expect(err).To(MatchError(store.ErrRejected), "%T", c)
	}
	g.Expect(stored(t, st)).To(BeEmpty())
}

func TestResultCodes(t *testing.T) {
	for want, codes := range map[error][]int{
		store.ErrRejected: {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_TOOBIG},
		store.ErrUnavailable: {
			sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT,
			sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM,
		},
	} {
		for _, code := range codes {
			NewWithT(t).Expect(classified("writing", code)).To(MatchError(want), "%d", code)
		}
	}
	err := classified("writing", sqlite3.SQLITE_ERROR)
	NewWithT(t).Expect(err).NotTo(Or(MatchError(store.ErrRejected), MatchError(store.ErrUnavailable)), "its outcome is unknown")
}

func TestOpenReader(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.db")
	_, err := OpenReader(path)
	g.Expect(err).To(MatchError(store.ErrConfig))
	st := opened(t, path)
	_, err = st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}}})
	g.Expect(err).NotTo(HaveOccurred())
	ask := func() {
		t.Helper()
		db, err := OpenReader(path)
		g.Expect(err).NotTo(HaveOccurred())
		defer func() { g.Expect(db.Close()).To(Succeed()) }()
		var login string
		g.Expect(db.QueryRowContext(t.Context(), `SELECT login FROM active_users WHERE back_office = $1`, "shop").Scan(&login)).To(Succeed())
		g.Expect(login).To(Equal(account(1).Login))
		for _, write := range []string{`DELETE FROM users`, `PRAGMA query_only = off; DELETE FROM users`, `CREATE TABLE t (i)`} {
			_, err = db.ExecContext(t.Context(), write)
			g.Expect(err).To(HaveOccurred(), write)
		}
	}
	ask()
	g.Expect(st.Close()).To(Succeed())
	ask() // without an operator as well
}
