// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func TestOrigins(t *testing.T) {
	w := access.World{
		"viewer":  {Rights: access.Rights{Gives: access.Content{{Path: "orders", Level: access.Read}, {Path: "stock", Level: access.Read}}}},
		"base":    {Rights: access.Rights{Gives: access.Content{{Path: "items", Level: access.Read}}, Deny: []string{"export"}}},
		"support": {Rights: access.Rights{Gives: access.Content{{Path: "orders", Level: access.Write}}}, Extends: []string{"viewer"}},
		"closed":  {Rights: access.Rights{Gives: access.Content{{Path: "items", Level: access.Write}}}, Extends: []string{"base"}, Withheld: true},
	}
	grants := []access.Grant{
		{Name: "team", Set: "support", Rights: access.Rights{Gives: access.Content{{Path: "stock/count", Level: access.Write}}}},
		{Name: "clerks", Set: "viewer"},
		{Name: "former", Set: "support", ExpiresAt: epoch},
		{Name: "lead", Set: "closed", Rights: access.Rights{Deny: []string{"refunds"}}},
	}
	s := w.Statements(grants, epoch)
	entry := func(path string, level access.Level) access.Entry { return access.Entry{Path: path, Level: level} }

	for sentence, c := range map[string]struct {
		path  string
		level access.Level
		want  []access.Origin
	}{
		"the nearest set decides, and beats what another grant gives less of": {"orders", access.Write, []access.Origin{
			{Grant: "team", Sets: []string{"support"}, Entry: entry("orders", access.Write), Decides: true},
			{Grant: "team", Sets: []string{"support", "viewer"}, Entry: entry("orders", access.Read)},
			{Grant: "clerks", Sets: []string{"viewer"}, Entry: entry("orders", access.Read)},
		}},
		"all that give as much decide": {"stock", access.Read, []access.Origin{
			{Grant: "team", Sets: []string{"support", "viewer"}, Entry: entry("stock", access.Read), Decides: true},
			{Grant: "clerks", Sets: []string{"viewer"}, Entry: entry("stock", access.Read), Decides: true},
		}},
		"a grant gives by itself": {"stock/count/today", access.Write, []access.Origin{
			{Grant: "team", Entry: entry("stock/count", access.Write), Decides: true},
			{Grant: "team", Sets: []string{"support", "viewer"}, Entry: entry("stock", access.Read)},
			{Grant: "clerks", Sets: []string{"viewer"}, Entry: entry("stock", access.Read)},
		}},
		"a set that is withheld denies": {"export", access.None, []access.Origin{
			{Grant: "lead", Sets: []string{"closed", "base"}, Entry: entry("export", access.None), Denies: true, Decides: true},
		}},
		"and gives nothing": {"items", access.None, nil},
		"a grant denies": {"refunds/large", access.None, []access.Origin{
			{Grant: "lead", Entry: entry("refunds", access.None), Denies: true, Decides: true},
		}},
	} {
		t.Run(sentence, func(t *testing.T) {
			level, origins := s.Of(c.path)
			g := NewWithT(t)
			g.Expect(level).To(Equal(c.level))
			g.Expect(origins).To(Equal(c.want))
		})
	}
	NewWithT(t).Expect(s.Paths()).To(Equal([]string{"export", "orders", "refunds", "stock", "stock/count"}))
}

func TestOriginsSayWhyALevelIsWhatItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, grants := drawWorld(t), drawGrants(t)
		for i := range grants {
			grants[i].Name = fmt.Sprint("grant ", i)
		}
		content, _ := w.Effective(grants, epoch)
		statements := w.Statements(grants, epoch)
		for _, path := range asked {
			level, origins := statements.Of(path)
			if want := content.At(path); level != want {
				t.Fatalf("of %s the origins give %v, and not %v: %v", path, level, want, origins)
			}
			if len(origins) > 0 && !origins[0].Decides || len(origins) == 0 && level != access.None {
				t.Fatalf("nothing decides that of %s they give %v: %v", path, level, origins)
			}
			denied := slices.ContainsFunc(origins, func(o access.Origin) bool { return o.Denies })
			for _, o := range origins {
				if o.Decides && o.Denies != denied {
					t.Fatalf("%v decides of %s beside a denial: %v", o, path, origins)
				}
				if o.Decides && o.Level != level || !above(o.Path, path) {
					t.Fatalf("%v does not decide that of %s they give %v", o, path, level)
				}
				if !says(w, grants, o) {
					t.Fatalf("nothing says %v", o)
				}
			}
		}
	})
}

// What does not decide may go: without it a path has the level that it had.
func TestWhatDoesNotDecideMayGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, grants := drawWorld(t), drawGrants(t)
		for i := range grants {
			grants[i].Name = fmt.Sprint("grant ", i)
		}
		path := rapid.SampledFrom(asked).Draw(t, "path")
		level, origins := w.Statements(grants, epoch).Of(path)
		keep := map[string]bool{}
		for _, o := range origins {
			if o.Decides {
				keep[speaker(o)+o.String()] = true
			}
		}
		left := maps.Clone(w)
		for name, set := range left {
			set.Rights = only(set.Rights, func(e access.Entry) bool { return keep["set "+name+e.String()] })
			left[name] = set
		}
		fewer := slices.Clone(grants)
		for i, g := range fewer {
			fewer[i].Rights = only(g.Rights, func(e access.Entry) bool { return keep["grant "+g.Name+e.String()] })
		}
		if got := effective(left, fewer, epoch, path); got != level {
			t.Fatalf("without what does not decide they give %v of %s, and not %v: %v", got, path, level, origins)
		}
	})
}

// speaker names the set or the grant that has an entry.
func speaker(o access.Origin) string {
	if len(o.Sets) == 0 {
		return "grant " + o.Grant
	}
	return "set " + o.Sets[len(o.Sets)-1]
}

// only leaves those entries, and those denials, which are told as entries of None.
func only(r access.Rights, keep func(access.Entry) bool) access.Rights {
	var left access.Rights
	for _, e := range r.Gives {
		if keep(e) {
			left.Gives = append(left.Gives, e)
		}
	}
	for _, path := range r.Deny {
		if keep(access.Entry{Path: path}) {
			left.Deny = append(left.Deny, path)
		}
	}
	return left
}

// says tells whether a grant that is in force has an entry, or leads to it over sets that each extend the next.
func says(w access.World, grants []access.Grant, o access.Origin) bool {
	i := slices.IndexFunc(grants, func(g access.Grant) bool { return g.Name == o.Grant })
	g := grants[i]
	if epoch.Before(g.NotBefore) || !g.ExpiresAt.IsZero() && !epoch.Before(g.ExpiresAt) {
		return false
	}
	rights := g.Rights
	for step, set := range o.Sets {
		if step == 0 && g.Set != set || step > 0 && !slices.Contains(w[o.Sets[step-1]].Extends, set) {
			return false
		}
		rights = w[set].Rights
	}
	if o.Denies {
		return o.Level == access.None && slices.Contains(rights.Deny, o.Path)
	}
	return slices.Contains(rights.Gives, o.Entry)
}
