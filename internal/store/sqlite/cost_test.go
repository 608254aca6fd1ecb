// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// counted is a store whose statements are counted.
func counted(t *testing.T) (store.Store, *counter) {
	t.Helper()
	c := &counter{}
	st, err := c.driver().Open(t.Context(), options(filepath.Join(t.TempDir(), "store.db")))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = st.Close() })
	return st, c
}

func options(path string) store.Options {
	return store.Options{URL: path, Owner: "owner", BackOffice: "shop", UsedBy: "default/shop"}
}

// statements are those that a batch runs.
func statements(t *testing.T, st store.Store, c *counter, groups ...store.Group) []string {
	t.Helper()
	g := NewWithT(t)
	c.take()
	verdicts, err := st.Apply(t.Context(), groups)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(verdicts).To(HaveEach(BeNil()))
	ran, prepared := c.take()
	g.Expect(prepared).To(BeEmpty(), "all statements are prepared when the store is opened")
	return ran
}

func account(i int) store.User {
	login := fmt.Sprintf("user-%d", i)
	return store.User{
		Meta:  store.Meta{UID: "uid-" + login, Namespace: "default", Name: login, Generation: 1},
		Login: login, AccountType: "Employee", State: store.StateActive, InForce: true, Profile: store.Profile{FullName: "Some Body"}, LabelsHash: "labels",
	}
}

func clerk(level string, changes ...func(*store.PermissionSet)) store.PermissionSet {
	s := store.PermissionSet{Meta: store.Meta{UID: "set"}, SetKey: "clerk", InForce: true, Ancestors: []store.Ancestor{{UID: "set"}}}
	for i := range 10 {
		s.Entries = append(s.Entries, store.Entry{Path: fmt.Sprintf("path-%d", i), Level: level})
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

// TestAChangeCostsTheSameWhoeverHasIt makes each change where few and where many users have the set "set" by the binding "binding".
func TestAChangeCostsTheSameWhoeverHasIt(t *testing.T) {
	binding := func(generation int64) store.RoleBinding {
		return store.RoleBinding{Meta: store.Meta{UID: "binding", Generation: generation}, PermissionSetUID: "set", InForce: true}
	}
	for sentence, change := range map[string]store.Change{
		"a set gives other levels": store.Put{Record: clerk("Write")},
		"a set denies":             store.Put{Record: clerk("Read", func(s *store.PermissionSet) { s.Deny = []string{"path-1"} })},
		"a set is for other types and bypasses": store.Put{Record: clerk("Read", func(s *store.PermissionSet) {
			s.AccountTypes, s.Bypass = []string{"Employee"}, []string{"region"}
		})},
		"a set gives less than was noted": store.Put{Record: clerk("Read"), Admission: store.Admission{Gives: []string{"path-1 Read"}}},
		"a set is removed":                store.Remove{Key: clerk("Read").Key()},
		"a binding is narrowed":           store.Put{Record: filtered(binding(1))},
		"a binding has no subjects left":  store.Put{Record: binding(2)},
		"a binding is removed":            store.Remove{Key: binding(1).Key()},
		"all passwords are reset":         store.ResetCredentials{IssuedBefore: time.Now()},
	} {
		t.Run(sentence, func(t *testing.T) {
			costs := map[int][]string{}
			for _, holders := range []int{2, 200} {
				st, c := counted(t)
				b := binding(1)
				for i := range holders {
					b.Subjects = append(b.Subjects, store.Subject{UserUID: account(i).UID, LabelsHash: "labels"})
					statements(t, st, c, store.Group{store.Put{Record: account(i)}})
				}
				noted := store.Admission{Gives: []string{"path-0 Read", "path-1 Read"}}
				statements(t, st, c, store.Group{store.Put{Record: clerk("Read"), Admission: noted}}, store.Group{store.Put{Record: b}})
				costs[holders] = statements(t, st, c, store.Group{change})
			}
			NewWithT(t).Expect(costs[200]).To(Equal(costs[2]))
			t.Logf("%d statements", len(costs[2]))
		})
	}
}

func filtered(b store.RoleBinding) store.RoleBinding {
	b.Filters = []store.Filter{{Dimension: "region", Mode: "Owned", Access: "ReadWrite"}}
	return b
}

// TestANewUserCostsWhatTheUserHas pins the statements of a new user, and what each thing that a user need not have adds to them.
func TestANewUserCostsWhatTheUserHas(t *testing.T) {
	bare := []string{"BEGIN", readOwner, findUser, findLogin, insertUser, deleteFormerBound, insertAudit}
	for sentence, test := range map[string]struct {
		office store.Office
		change func(*store.User)
		more   []string
	}{
		"nothing": {change: func(*store.User) {}},
		"a profile and settings": {change: func(u *store.User) {
			u.Profile = store.Profile{FirstName: "Ann", Phone: "+4912345", Language: "de"}
			u.Settings = []store.Setting{{Name: "theme", Value: "dark"}}
		}},
		"an e-mail address": {change: func(u *store.User) { u.Email = "ann@example.com" }, more: []string{findEmail}},
		"filters": {change: func(u *store.User) {
			u.Filters = []store.Filter{{Dimension: "desk", Mode: "Owned"}, {Dimension: "region", Mode: "None"}}
		}, more: []string{insertFilters}},
		"a login that must not be a deleted account's": {
			office: store.Office{NeverReuse: true}, change: func(*store.User) {}, more: []string{findTombstone},
		},
		"networks and bindings": {change: func(u *store.User) {
			u.Networks, u.Bindings = []string{store.AnyNetwork}, []store.Bound{{BindingUID: "a", Generation: 1}, {BindingUID: "b", Generation: 1}}
		}, more: []string{insertNetworks, insertBound}},
	} {
		t.Run(sentence, func(t *testing.T) {
			st, c := counted(t)
			test.office.UID, test.office.MaxUsers, test.office.MaxAdministrators = "office", store.NoLimit, store.NoLimit
			statements(t, st, c, store.Group{store.Put{Record: test.office}})
			u := account(1)
			test.change(&u)
			NewWithT(t).Expect(statements(t, st, c, store.Group{store.Put{Record: u}})).To(ConsistOf(append(test.more, bare...)))
		})
	}
}

func TestSubjectsAndGrantsAreOneStatementEach(t *testing.T) {
	costs := map[int][]string{}
	for _, n := range []int{1, 1000} {
		st, c := counted(t)
		b := store.RoleBinding{Meta: store.Meta{UID: "binding"}, InForce: true}
		for i := range n {
			b.Subjects = append(b.Subjects, store.Subject{UserUID: account(i).UID, LabelsHash: "labels"})
			b.Grants = append(b.Grants, store.Entry{Path: fmt.Sprintf("path-%d", i), Level: "Read"})
			b.Deny = append(b.Deny, fmt.Sprintf("denied-%d", i))
			b.Filters = append(b.Filters, store.Filter{Dimension: fmt.Sprintf("dimension-%d", i), Mode: "Only", Values: []string{"a", "b"}})
		}
		costs[n] = statements(t, st, c, store.Group{store.Put{Record: b}})
	}
	NewWithT(t).Expect(costs[1000]).To(Equal(costs[1]))
}

func TestSeatsAreCountedOnceABatch(t *testing.T) {
	st, c := counted(t)
	statements(t, st, c, store.Group{store.Put{Record: store.Office{Meta: store.Meta{UID: "office"}, MaxUsers: 100, MaxAdministrators: 100}}})
	var groups []store.Group
	for i := range 50 {
		groups = append(groups, store.Group{store.Put{Record: account(i)}})
	}
	n := 0
	for _, statement := range statements(t, st, c, groups...) {
		if strings.Contains(statement, "count(*)") {
			n++
		}
	}
	NewWithT(t).Expect(n).To(Equal(1), "and not at all for administrators, of whom there is none")
}

func TestReadingIsAQueryAPage(t *testing.T) {
	st, c := counted(t)
	const users = pageSize + 5
	var groups []store.Group
	var keys []store.Key
	for i := range users {
		groups = append(groups, store.Group{store.Put{Record: account(i)}})
		keys = append(keys, account(i).Key())
	}
	statements(t, st, c, groups...)
	for name, test := range map[string]struct {
		keys []store.Key
		want int
	}{
		"all: offices, sets and bindings are one page each, users two": {nil, 5},
		"by key: only kinds that are asked for":                        {keys, 2},
		"by one key":                                                   {keys[:1], 1},
	} {
		c.take()
		for _, err := range st.Observe(t.Context(), test.keys...) {
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		}
		ran, _ := c.take()
		NewWithT(t).Expect(ran).To(HaveLen(test.want), name)
	}
}

// TestNoStatementReadsAWholeTable holds the planner to indexes, without its statistics. What a back office has few of is read as a whole.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	st, _ := counted(t)
	few := regexp.MustCompile(`^SEARCH (owners|permission_catalog|filter_dimensions|users USING (COVERING )?INDEX users_seats) `)
	whole := regexp.MustCompile(`^SCAN [a-z]\S*( USING .*)?$|\((owner=\? AND )?back_office=\?\)$`)
	asked := 0
	for _, query := range append(writerStatements(), readerStatements()...) {
		if strings.Contains(query, "change_group") {
			continue // a savepoint has no plan
		}
		for _, step := range plan(t, st.(*Store), query) {
			asked++
			if !few.MatchString(step + " ") {
				NewWithT(t).Expect(step).NotTo(MatchRegexp(whole.String()), query)
			}
		}
	}
	NewWithT(t).Expect(asked).To(BeNumerically(">", 100))
}

// plan are the steps in which a statement is run.
func plan(t *testing.T, s *Store, query string) (steps []string) {
	t.Helper()
	g := NewWithT(t)
	rows, err := s.writer.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, 30)...)
	g.Expect(err).NotTo(HaveOccurred(), query)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		g.Expect(rows.Scan(&id, &parent, &unused, &step)).To(Succeed())
		steps = append(steps, step)
	}
	g.Expect(rows.Err()).NotTo(HaveOccurred())
	return steps
}

func BenchmarkApply(b *testing.B) {
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
			u := account(users)
			u.Networks, u.Bindings = []string{store.AnyNetwork}, []store.Bound{{BindingUID: "binding", Generation: 1}}
			groups[i] = store.Group{store.Put{Record: u}, store.IssueCredential{UserUID: u.UID, Version: 1, Verifier: verifier}}
			users++
		}
		verdicts, err := st.Apply(b.Context(), groups)
		for _, verdict := range verdicts {
			if verdict != nil {
				b.Fatal(verdict)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(users)/b.Elapsed().Seconds(), "users/s")
}

// verifier is as long as one of Argon2id.
const verifier = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhc2g"
