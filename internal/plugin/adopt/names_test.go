// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/accounts"
)

func TestNamesOfLogins(t *testing.T) {
	for login, name := range map[string]string{
		"alice":              "alice",
		"Alice.Martin":       "alice.martin",
		"crm-import":         "crm-import",
		"alice@shop.example": "alice-shop.example-33da9a7f",
		"alice-shop.example": "alice-shop.example",
		"alice_martin":       "alice-martin-bbe115ba",
		"..":                 "account-5ec1f7e7",
	} {
		t.Run(login, func(t *testing.T) {
			NewWithT(t).Expect(nameOf(login)).To(Equal(name))
		})
	}
}

func TestNamesAreNamesAndDiffer(t *testing.T) {
	g := NewWithT(t)
	n, seen := newNames("shop"), map[string]string{}
	logins := []string{"a", "A.b", "a_b", "a+b", "a-b", "-a", "a-", ".a.", "a..b", "*", "!~", strings.Repeat("x", 254), strings.Repeat("x", 253) + "y", strings.Repeat("x.", 120) + "z"}
	for _, login := range logins {
		name := n.of(accounts.Account{User: store.User{Login: login}})
		g.Expect(validation.IsDNS1123Subdomain(name)).To(BeEmpty(), login)
		g.Expect(len(name)).To(BeNumerically("<=", 241), login)
		g.Expect(seen).NotTo(HaveKey(name), login)
		seen[name] = login
		g.Expect(name).To(Equal(nameOf(login)), "whatever else there is")
	}
}

func TestNamesOfObjectsAreKept(t *testing.T) {
	g := NewWithT(t)
	account := func(namespace, name, login string) accounts.Account {
		return accounts.Account{User: store.User{Meta: store.Meta{Namespace: namespace, Name: name}, Login: login}}
	}
	n := newNames("shop")
	g.Expect(n.of(account("shop", "ana", "ana.keller"))).To(Equal("ana"))
	g.Expect(n.of(account("other", "omar", "omar.haddad"))).To(Equal("omar.haddad"), "that name was of another namespace")
	g.Expect(n.of(account("", "", "ana"))).To(HavePrefix("ana-"), "the name is taken")
	g.Expect(n.of(account("shop", "ana", "ana.k"))).To(Equal("ana.k"), "and so it is for another orphan")
}
