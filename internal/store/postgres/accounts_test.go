// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// newReader connects as an application's role, which has these rights in the schema.
func newReader(t *testing.T, o store.Options, rights ...string) *pgx.Conn {
	t.Helper()
	role := newRole(t, o, "GRANT USAGE ON SCHEMA "+o.Schema+" TO %s")
	u, err := url.Parse(role.URL)
	if err != nil {
		t.Fatal(err)
	}
	admin := connect(t, schemaURL(o.Schema))
	for _, right := range rights {
		do(t, admin, "GRANT "+right+" TO "+u.User.Username())
	}
	reader := connect(t, role.URL)
	do(t, reader, "SET search_path = "+o.Schema)
	return reader
}

func TestLoginAllowed(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	with := func(networks ...string) func(*store.User) { return func(u *store.User) { u.Networks = networks } }
	held := func(u *store.User) { u.Held = true }
	for login, u := range map[string]store.User{
		"office": user("Office", with("203.0.113.0/24", "2001:db8::/32")), "one": user("one", with("203.0.113.7/32")), "any": user("any", with("*")),
		"free": user("free"), "no-password": user("no-password", with("*")), "held": user("held", with("*"), held), "odd": user("odd", with("nonsense")),
		"every-ipv6": user("every-ipv6", with("::/0")),
	} {
		group := put(u)
		if login != "no-password" {
			group = append(group, store.IssueCredential{UserUID: u.UID, Version: 1, Verifier: "v"})
		}
		g.Expect(s.Apply(t.Context(), []store.Group{group})).To(HaveEach(BeNil()), login)
	}
	revoked := append(put(user("revoked")), store.IssueCredential{UserUID: "revoked", Version: 1, Verifier: "v"},
		store.RevokeCredential{UserUID: "revoked", Version: 2}, invite("revoked", 3, "t"))
	rotated := append(put(user("rotated")), store.IssueCredential{UserUID: "rotated", Version: 1, Verifier: "v"},
		store.IssueCredential{UserUID: "rotated", Version: 2, Verifier: "w", Keep: store.KeepCurrent})
	g.Expect(s.Apply(t.Context(), []store.Group{revoked, rotated})).To(HaveEach(BeNil()))
	gateway := newReader(t, o, "EXECUTE ON FUNCTION login_allowed")
	for sentence, c := range map[string]struct {
		login, address string
		want           bool
	}{
		"an address within the network":                   {"office", "203.0.113.9", true},
		"an address of another network":                   {"office", "203.0.114.9", false},
		"the login in another case":                       {"oFFICE", "203.0.113.9", true},
		"only ASCII is folded":                            {"o\uff26\uff26ice", "203.0.113.9", false},
		"an IPv6 address within the network":              {"office", "2001:db8::1", true},
		"an IPv6 address of another network":              {"office", "2001:db9::1", false},
		"an IPv4 address that came by IPv6":               {"office", "::ffff:203.0.113.9", true},
		"another IPv4 address that came by IPv6":          {"office", "::ffff:203.0.114.9", false},
		"an IPv4 address that came by IPv6 is no IPv6":    {"every-ipv6", "::ffff:203.0.113.9", false},
		"a single address":                                {"one", "203.0.113.7", true},
		"the address next to it":                          {"one", "203.0.113.8", false},
		"a network is not within one of its addresses":    {"one", "203.0.113.0/24", false},
		"any address":                                     {"any", "198.51.100.1", true},
		"any IPv6 address":                                {"any", "2001:db8::1", true},
		"an account of which no networks are told":        {"free", "198.51.100.1", true},
		"an account without a password":                   {"no-password", "198.51.100.1", false},
		"an account whose password was revoked":           {"revoked", "198.51.100.1", false},
		"an account between two passwords":                {"rotated", "198.51.100.1", true},
		"an account that is held":                         {"held", "198.51.100.1", false},
		"an entry that is no network lets nobody through": {"odd", "198.51.100.1", false},
		"an account that does not exist":                  {"nobody", "198.51.100.1", false},
	} {
		g.Expect(value[bool](t, gateway, "SELECT login_allowed('shop', $1, $2::text::inet)", c.login, c.address)).To(Equal(c.want), sentence)
	}
	g.Expect(value[bool](t, gateway, "SELECT login_allowed('wiki', 'any', '198.51.100.1')")).To(BeFalse(), "another back office")
	for _, arguments := range []string{"NULL, 'any', '198.51.100.1'", "'shop', NULL, '198.51.100.1'", "'shop', 'any', NULL"} {
		g.Expect(value[bool](t, gateway, "SELECT login_allowed("+arguments+")")).To(BeFalse(), arguments)
	}
	now, err := s.Ping(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Apply(t.Context(), []store.Group{{store.ResetCredentials{IssuedBefore: now.Add(time.Second)}}})).To(HaveEach(BeNil()))
	for _, login := range []string{"any", "rotated"} {
		g.Expect(value[bool](t, gateway, "SELECT login_allowed('shop', $1, '198.51.100.1')", login)).To(BeFalse(), "all passwords were reset")
	}
	g.Expect(refusal(t, gateway, "SELECT FROM active_users").Code).To(Equal("42501"), "the right to ask is not the right to read")
	stranger := newReader(t, o, "SELECT ON active_users")
	g.Expect(refusal(t, stranger, "SELECT login_allowed('shop', 'any', '198.51.100.1')").Code).To(Equal("42501"), "nobody may ask by default")
}

// TestEmailOfTwoOwners: of writers who do not wait for each other one gets the address, and the others a verdict.
func TestEmailOfTwoOwners(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	const writers, rounds = 4, 20
	stores := make([]*pgStore, writers)
	for i := range stores {
		o.Owner, o.UsedBy = fmt.Sprint("owner-", i), fmt.Sprint("default/", i)
		stores[i] = newStore(t, o)
	}
	account := func(writer, round int, email string) store.User {
		return user(fmt.Sprintf("user-%d-%d", writer, round), func(u *store.User) { u.Email = email })
	}
	for round := range rounds {
		verdicts, errs := make([][]error, writers), make([]error, writers)
		if round%2 == 0 { // those that are there take another address, the others come with it
			for i, s := range stores {
				g.Expect(s.Apply(t.Context(), []store.Group{put(account(i, round, ""))})).To(HaveEach(BeNil()))
			}
		}
		var wg sync.WaitGroup
		for i, s := range stores {
			wg.Go(func() {
				email := fmt.Sprintf("Ann-%d@shop.example", round)
				verdicts[i], errs[i] = s.Apply(t.Context(), []store.Group{put(account(i, round, email))})
			})
		}
		wg.Wait()
		g.Expect(errs).To(HaveEach(BeNil()))
		got := map[error]int{}
		for _, v := range verdicts {
			got[v[0]]++
		}
		g.Expect(got).To(Equal(map[error]int{nil: 1, store.ErrEmailTaken: writers - 1}))
	}
}
