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

func clerk(level string) store.PermissionSet {
	s := store.PermissionSet{Meta: store.Meta{UID: "set"}, SetKey: "clerk", InForce: true, Ancestors: []store.Ancestor{{UID: "set"}}}
	for i := range 10 {
		s.Entries = append(s.Entries, store.Entry{Path: fmt.Sprintf("path-%d", i), Level: level})
	}
	return s
}

func TestAChangedSetCostsTheSameWhoeverHoldsIt(t *testing.T) {
	costs := map[int][]string{}
	for _, holders := range []int{2, 200} {
		st, c := counted(t)
		b := store.RoleBinding{Meta: store.Meta{UID: "binding"}, PermissionSetUID: "set", InForce: true}
		for i := range holders {
			b.Subjects = append(b.Subjects, store.Subject{UserUID: account(i).UID, LabelsHash: "labels"})
			statements(t, st, c, store.Group{store.Put{Record: account(i)}})
		}
		statements(t, st, c, store.Group{store.Put{Record: clerk("Read")}}, store.Group{store.Put{Record: b}})
		costs[holders] = statements(t, st, c, store.Group{store.Put{Record: clerk("Write")}})
	}
	g := NewWithT(t)
	g.Expect(costs[200]).To(Equal(costs[2]))
	t.Logf("%d statements", len(costs[2]))
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
