// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// networks are those of an account: none, any, or some in which the addresses below lie now and then.
func (d dice) networks() []string {
	switch d.IntN(4) {
	case 0:
		return nil
	case 1:
		return []string{store.AnyNetwork}
	}
	return some(d, []string{
		"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.168.0.0/24", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1/128", "::/0", "fd00::/8",
	}, 2)
}

var addresses = []string{
	"10.1.2.3", "10.1.2.4", "10.2.0.1", "192.168.0.255", "192.168.1.0", "2001:db8::1", "2001:db8::2", "2001:db9::", "fd00::1", "::1",
	"::ffff:10.1.2.3", "::ffff:192.168.1.0",
}

// allowed tells whether the account may log in from an address.
func (w world) allowed(a account, address string) bool {
	if current, previous := w.valid(a.passwords); !a.active() || current == "" && previous == "" {
		return false
	}
	if len(a.Networks) == 0 || slices.Contains(a.Networks, store.AnyNetwork) {
		return true
	}
	at := netip.MustParseAddr(address).Unmap()
	return slices.ContainsFunc(a.Networks, func(network string) bool { return netip.MustParsePrefix(network).Contains(at) })
}

// logins asks login_allowed about all accounts of the worlds, each from some addresses, and about logins that nobody has.
func (d *database) logins(t *testing.T, worlds []world, seed dice) seen {
	t.Helper()
	var offices, logins, from []string
	var want []bool
	seen := seen{}
	try := func(backOffice, login, address string, allowed bool) {
		offices, logins, from, want = append(offices, backOffice), append(logins, login), append(from, address), append(want, allowed)
	}
	for _, w := range worlds {
		for _, a := range w.users {
			for range 3 {
				address := of(seed, addresses)
				login := of(seed, []string{a.Login, strings.ToLower(a.Login), strings.ToUpper(a.Login)})
				try(w.name, login, address, w.allowed(a, address))
			}
			try("nowhere", a.Login, of(seed, addresses), false)
		}
		try(w.name, "nobody", of(seed, addresses), false)
	}
	rows := d.ask(t, `SELECT login_allowed(q.back_office, q.login, q.address::inet)
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS q (back_office, login, address, n) ORDER BY q.n`, offices, logins, from)
	if len(rows) != len(want) {
		t.Fatalf("%d answers to %d questions", len(rows), len(want))
	}
	for i, row := range rows {
		if row[0] != map[bool]string{true: "true", false: "false"}[want[i]] {
			t.Errorf("login_allowed(%q, %q, %q) is %s", offices[i], logins[i], from[i], row[0])
		}
		seen["log-ins, allowed: "+row[0]]++
	}
	return seen
}
