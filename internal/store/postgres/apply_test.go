// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// turns counts round trips: how often a connection is read after it was written.
type turns struct {
	net.Conn
	count   *atomic.Int64
	written atomic.Bool
}

func (c *turns) Write(p []byte) (int, error) {
	if !c.written.Swap(true) {
		c.count.Add(1)
	}
	return c.Conn.Write(p)
}

func (c *turns) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.written.Store(false)
	return n, err
}

// newCounted opens a store whose round trips are counted.
func newCounted(tb testing.TB, o store.Options) (*pgStore, *atomic.Int64) {
	tb.Helper()
	config, err := poolConfig(o)
	if err != nil {
		tb.Fatal(err)
	}
	count := new(atomic.Int64)
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &turns{Conn: conn, count: count}, err
	}
	s, err := open(tb.Context(), config, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s.(*pgStore), count
}

// hired are n groups that add a user with a password.
func hired(prefix string, n int) []store.Group {
	groups := make([]store.Group, n)
	for i := range groups {
		login := fmt.Sprintf("%s-%d", prefix, i)
		u := user(login, func(u *store.User) {
			u.Stamp = "4c1d2a6e-" + login
			u.FullName, u.Networks = "Ann Lee", []string{"10.0.0.0/8", "192.0.2.0/24"}
			u.Bindings = []store.Bound{{BindingUID: "b-1", Generation: 1}, {BindingUID: "b-2", Generation: 1}}
		})
		admitted := store.Admission{
			Actor: "system:serviceaccount:argocd:argocd-application-controller", Gives: []string{"accountType Employee", "label team=support", "state Active"},
		}
		groups[i] = store.Group{store.Put{Record: u, Admission: admitted}, store.IssueCredential{
			UserUID: login, Version: 1, Verifier: "$pbkdf2-sha256$1000$d7HUSsjRQ3vFSqWPmy1yWg$7SX4wXbY6gmq3rm8pNk1tLqXX7x3vPqsYNbXfYyRHsM",
		}}
	}
	return groups
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	newStore(t, o)
	s, count := newCounted(t, o)
	t.Logf("opening a schema that is up to date: %d round trips, those of connecting included", count.Load())

	trips := func(f func()) int64 {
		before := count.Load()
		f()
		return count.Load() - before
	}
	for _, n := range []int{1, 64} {
		g.Expect(trips(func() {
			g.Expect(s.Apply(t.Context(), hired(fmt.Sprint("hired-", n), n))).To(HaveEach(BeNil()))
		})).To(BeEquivalentTo(1), "a batch of %d groups", n)
	}
	g.Expect(trips(func() { g.Expect(ping(t.Context(), s)).To(Succeed()) })).To(BeEquivalentTo(1), "a ping")
	keys := []store.Key{{Kind: store.KindUser, UID: "hired-64-1"}, {Kind: store.KindUser, UID: "hired-64-2"}}
	g.Expect(trips(func() {
		for _, err := range s.Observe(t.Context(), keys...) {
			g.Expect(err).NotTo(HaveOccurred())
		}
	})).To(BeEquivalentTo(1), "two users")
	g.Expect(trips(func() {
		for _, err := range s.Observe(t.Context()) {
			g.Expect(err).NotTo(HaveOccurred())
		}
	})).To(BeEquivalentTo(4), "one page of each kind")
}

// TestSeatsAreRestored: the seats that are noted in a batch do not count what groups took or gave that were left out.
func TestSeatsAreRestored(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newStore(t, newOptions(t))
	bad := store.IssueCredential{UserUID: "nobody", Version: 1}
	remove := store.RemoveUser{UID: "ann", Disposal: store.Delete}
	office := store.Office{Meta: store.Meta{UID: "o", Generation: 1}, MaxUsers: 3, MaxAdministrators: store.NoLimit}
	groups := []store.Group{put(office), put(user("ann")), put(user("bob"))}
	groups = append(groups, store.Group{store.Put{Record: user("cy")}, bad}, store.Group{remove, bad}, put(user("dan")), put(user("eve")))
	groups = append(groups, store.Group{remove, store.Put{Record: user("eve")}}, put(user("fay")))
	verdicts, err := s.Apply(t.Context(), groups)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(verdicts).To(Equal([]error{
		nil, nil, nil, store.ErrNotFound, store.ErrNotFound, nil, store.ErrQuota, nil, store.ErrQuota,
	}))
}

// BenchmarkApply writes batches of new users with a password each.
func BenchmarkApply(b *testing.B) {
	const groups = 64
	s := newStore(b, newOptions(b))
	for i := 0; b.Loop(); i++ {
		verdicts, err := s.Apply(b.Context(), hired(fmt.Sprint("hired-", i), groups))
		if err != nil || verdicts[0] != nil {
			b.Fatal(err, verdicts)
		}
	}
	b.ReportMetric(float64(groups*b.N)/b.Elapsed().Seconds(), "users/s")
}
