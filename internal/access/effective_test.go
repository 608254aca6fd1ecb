// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func set(text string, extends ...string) access.Set {
	return access.Set{Rights: rights(text), Extends: extends}
}

func held(s access.Set, rank int32, family string) access.Set {
	s.Rank, s.Family = rank, family
	return s
}

func withheld(s access.Set) access.Set {
	s.Withheld = true
	return s
}

func TestInherited(t *testing.T) {
	for sentence, c := range map[string]struct {
		world access.World
		want  string
		deny  []string
	}{
		"a set that is not there gives nothing": {access.World{}, "", nil},
		"a set gives what it says":              {access.World{"s": set("orders Write; stock")}, "orders Write", []string{"stock"}},
		"and what it inherits": {
			access.World{"s": set("orders Read", "t"), "t": set("stock Read; clients", "u"), "u": set("a Read; b")},
			"a Read, orders Read, stock Read",
			[]string{"b", "clients"},
		},
		"the nearest set decides about a path, also to take it out": {
			access.World{"s": set("orders None", "t"), "t": set("orders Write, stock Read", "u"), "u": set("stock Write")},
			"orders None, stock Read", nil,
		},
		"at equal distance the higher level": {
			access.World{"s": set("", "t", "u"), "t": set("a Read, b None, c Write, d None"), "u": set("a None, b Read, c Read, d Write")},
			"a Read, b Read, c Write, d Write", nil,
		},
		"by the shortest of several ways": {
			access.World{"s": set("", "t", "u"), "t": set("", "u"), "u": set("orders Read"), "v": set("")}, "orders Read", nil,
		},
		"a None above does not lift what is inherited below": {
			access.World{"s": set("orders None", "t"), "t": set("orders/refund Write")}, "orders None, orders/refund Write", nil,
		},
		"sets in a circle give what all of them say": {
			access.World{"s": set("a Read", "t"), "t": set("b Read; c", "s")}, "a Read, b Read", []string{"c"},
		},
		"a set that is extended and not there is left out": {access.World{"s": set("a Read", "gone")}, "a Read", nil},
		"a set that is withheld gives nothing, and denies": {access.World{"s": withheld(set("a Read; b"))}, "", []string{"b"}},
		"so does one that inherits from it, for that might take something away": {
			access.World{"s": set("", "t", "u"), "t": withheld(set("a None; b")), "u": set("", "v"), "v": set("a Write")}, "", []string{"b"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := c.world.Inherited("s")
			g := NewWithT(t)
			g.Expect(written(got.Gives)).To(Equal(c.want))
			g.Expect(got.Deny).To(Equal(c.deny))
		})
	}
}

func TestAncestorsOfAWorld(t *testing.T) {
	w := access.World{"s": set("", "u", "t", "gone"), "t": set("", "s"), "u": set(""), "v": set("")}
	NewWithT(t).Expect(w.Ancestors("s")).To(Equal([]string{"s", "t", "u"}))
	NewWithT(t).Expect(w.Ancestors("gone")).To(BeEmpty())
}

func TestEffective(t *testing.T) {
	grant := func(name, text string) access.Grant { return access.Grant{Set: name, Rights: rights(text)} }
	in := func(g access.Grant, from, until int) access.Grant {
		if from != 0 {
			g.NotBefore = epoch.Add(time.Duration(from) * time.Second)
		}
		if until != 0 {
			g.ExpiresAt = epoch.Add(time.Duration(until) * time.Second)
		}
		return g
	}
	w := access.World{
		"viewer": set("orders Read, stock Read"), "agent": set("orders Write, orders/refund None", "viewer"),
		"trainee": set("; orders/refund"), "lost": withheld(set("clients Write; clients/export")),
	}
	never := time.Time{}
	for sentence, c := range map[string]struct {
		grants []access.Grant
		want   string
		next   time.Time
	}{
		"nothing gives nothing":                     {nil, "", never},
		"a set gives what it inherits":              {[]access.Grant{grant("agent", "")}, "orders Write, orders/refund None, stock Read", never},
		"a grant gives on top":                      {[]access.Grant{grant("viewer", "clients Read")}, "clients Read, orders Read, stock Read", never},
		"across sets the higher level wins":         {[]access.Grant{grant("viewer", ""), grant("agent", "")}, "orders Write, orders/refund Read, stock Read", never},
		"across grants, too":                        {[]access.Grant{grant("gone", "a Read"), grant("gone", "a Write, b None"), grant("gone", "b Read")}, "a Write, b Read", never},
		"a denial beats everything below it":        {[]access.Grant{grant("viewer", "orders/refund/view Write"), grant("trainee", "; stock")}, "orders Read, orders/refund None, orders/refund/view None, stock None", never},
		"a withheld set gives nothing and denies":   {[]access.Grant{grant("lost", "clients/export Write, a Read")}, "a Read, clients/export None", never},
		"a set that is not there gives nothing":     {[]access.Grant{grant("gone", "")}, "", never},
		"a grant is in force from its first moment": {[]access.Grant{{Set: "gone", Rights: rights("a Read"), NotBefore: epoch}}, "a Read", never},
		"and not in its last":                       {[]access.Grant{{Set: "gone", Rights: rights("a Read"), ExpiresAt: epoch}}, "", never},
		"nor before: it will be":                    {[]access.Grant{in(grant("gone", "a Read; b"), 1, 9)}, "", epoch.Add(time.Second)},
		"the next moment is the first of all":       {[]access.Grant{in(grant("gone", "a Read"), -5, 7), in(grant("gone", "b Read"), 3, 0), in(grant("gone", "c Read"), -5, -1)}, "a Read", epoch.Add(3 * time.Second)},
		"a denial that is over denies nothing":      {[]access.Grant{grant("viewer", ""), in(grant("trainee", "; stock"), 0, -1)}, "orders Read, stock Read", never},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, next := w.Effective(c.grants, epoch)
			g := NewWithT(t)
			g.Expect(written(got)).To(Equal(c.want))
			g.Expect(next).To(BeTemporally("==", c.next))
		})
	}
}

func TestStrongest(t *testing.T) {
	w := access.World{
		"boss": held(set(""), 1, "x"), "viewer": held(set(""), 8, "x"), "vendor": held(set(""), 3, "y"),
		"lost": withheld(held(set(""), 0, "x")), "heir": held(set("", "lost"), 0, "y"),
	}
	of := func(names ...string) map[string]int32 {
		var grants []access.Grant
		for _, name := range names {
			grants = append(grants, access.Grant{Set: name})
		}
		return w.Strongest(grants, epoch)
	}
	g := NewWithT(t)
	g.Expect(of()).To(BeEmpty())
	g.Expect(of("viewer", "boss", "vendor")).To(Equal(map[string]int32{"x": 1, "y": 3}), "the smallest in each family")
	g.Expect(of("viewer", "lost", "heir", "gone")).To(Equal(map[string]int32{"x": 8}), "of sets that give something")
	late := access.Grant{Set: "boss", NotBefore: epoch.Add(time.Second)}
	g.Expect(w.Strongest([]access.Grant{late}, epoch)).To(BeEmpty(), "before its time")
	g.Expect(w.Strongest([]access.Grant{late}, epoch.Add(time.Second))).To(Equal(map[string]int32{"x": 1}))
}
