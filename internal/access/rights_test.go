// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// content is written as "orders Write, orders/refund None".
func content(text string) access.Content {
	var entries []access.Entry
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		var e access.Entry
		if err := e.UnmarshalText([]byte(strings.TrimSpace(field))); err != nil {
			panic(err)
		}
		entries = append(entries, e)
	}
	return access.ContentOf(entries...)
}

// rights are content and denials, written as "orders Write; refund, stock".
func rights(text string) access.Rights {
	gives, deny, _ := strings.Cut(text, ";")
	r := access.Rights{Gives: content(gives)}
	for _, path := range strings.FieldsFunc(deny, func(r rune) bool { return r == ',' }) {
		r.Deny = append(r.Deny, strings.TrimSpace(path))
	}
	return r
}

func written(entries []access.Entry) string {
	var texts []string
	for _, e := range entries {
		texts = append(texts, e.String())
	}
	return strings.Join(texts, ", ")
}

func TestLevels(t *testing.T) {
	g := NewWithT(t)
	for _, level := range []access.Level{access.None, access.Read, access.Write} {
		g.Expect(access.LevelOf(level.String())).To(Equal(level))
	}
	g.Expect(access.None < access.Read && access.Read < access.Write).To(BeTrue(), "levels are ordered")
	g.Expect(access.LevelOf("Everything")).To(Equal(access.None), "what is no level gives nothing")
	g.Expect(access.LevelOf("")).To(Equal(access.None))
}

func TestEntriesAreTexts(t *testing.T) {
	g := NewWithT(t)
	text, err := json.Marshal(content("orders Write, orders/refund None, * Read"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal(`["* Read","orders Write","orders/refund None"]`))
	var read access.Content
	g.Expect(json.Unmarshal(text, &read)).To(Succeed())
	g.Expect(read).To(Equal(content("orders Write, orders/refund None, * Read")))
	for _, wrong := range []string{"", "orders", "orders write", "orders All", "orders  Write", "a b Write"} {
		var e access.Entry
		g.Expect(e.UnmarshalText([]byte(wrong))).To(MatchError(ContainSubstring("no path and level")), wrong)
		g.Expect(e).To(BeZero(), wrong)
	}
}

func TestContentOf(t *testing.T) {
	g := NewWithT(t)
	g.Expect(written(content("b Read, a Write, a/b None"))).To(Equal("a Write, a/b None, b Read"))
	g.Expect(written(content("a Read, a Write, a None"))).To(Equal("a Write"), "the higher of two for one path")
	g.Expect(access.ContentOf()).To(BeEmpty())
}

func TestAt(t *testing.T) {
	c := content("orders Write, orders/refund None, orders/refund/view Read, stock Read")
	all := content("* Read, stock None")
	for sentence, is := range map[string]struct {
		content access.Content
		path    string
		want    access.Level
	}{
		"an entry is about its path":                    {c, "orders", access.Write},
		"and about all below it":                        {c, "orders/edit/price", access.Write},
		"but for deeper entries":                        {c, "orders/refund", access.None},
		"which may be lower":                            {c, "orders/refund/start", access.None},
		"or higher":                                     {c, "orders/refund/view/all", access.Read},
		"a path that only begins with the same letters": {c, "orders-old", access.None},
		"the parent of an entry has nothing from it":    {content("orders/edit Write"), "orders", access.None},
		"what nobody names":                             {c, "clients", access.None},
		"nothing gives nothing":                         {nil, "orders", access.None},
		"everything is above all":                       {all, "orders/edit", access.Read},
		"but for deeper entries there, too":             {all, "stock/items", access.None},
		"everything itself":                             {all, access.Everything, access.Read},
		"who has all that is named has not everything":  {c, access.Everything, access.None},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(is.content.At(is.path)).To(Equal(is.want)) })
	}
}

func TestLacks(t *testing.T) {
	for sentence, c := range map[string]struct{ has, want, missing string }{
		"nobody lacks nothing":                                   {"", "", ""},
		"who has nothing lacks all":                              {"", "orders Read, stock Write", "orders Read, stock Write"},
		"everything lacks nothing":                               {"* Write", "orders Write, stock/items Read, * Write", ""},
		"everything is more than all that is named":              {"orders Write", "* Read", "* Read"},
		"a parent is enough":                                     {"orders Write", "orders/refund Write", ""},
		"a child is not":                                         {"orders/refund Write", "orders Write", "orders Write"},
		"a higher level is enough":                               {"orders Write", "orders Read", ""},
		"a lower level is not":                                   {"orders Read", "orders Write", "orders Write"},
		"an exception is missing, and only that":                 {"orders Write, orders/refund None", "orders Write", "orders/refund Write"},
		"nothing is missing that is not wanted":                  {"orders Write, orders/refund None", "orders Write, orders/refund None", ""},
		"nor what is wanted at a level that is there":            {"orders Write, orders/refund Read", "orders Write, orders/refund Read", ""},
		"what is below a missing path is not listed again":       {"", "orders Write, orders/refund Write, orders/view Read", "orders Write"},
		"unless more of it is wanted":                            {"", "orders Read, orders/refund Write", "orders Read, orders/refund Write"},
		"a None is not wanted":                                   {"", "orders None", ""},
		"names that begin with the same letters are not related": {"orders Write", "orders-old Read", "orders-old Read"},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(written(content(c.has).Lacks(content(c.want)))).To(Equal(c.missing))
		})
	}
}

func TestGain(t *testing.T) {
	for sentence, c := range map[string]struct{ before, after, want string }{
		"what is new":                          {"", "orders Read", "orders Read"},
		"what is more":                         {"orders Read", "orders Write", "orders Write"},
		"not what is less":                     {"orders Write", "orders Read", ""},
		"not what goes":                        {"orders Write", "", ""},
		"not what is there already from above": {"orders Write", "orders Write, orders/refund Write", ""},
		"the children of a parent, but for exceptions":                  {"", "orders Write, orders/refund None", "orders Write, orders/refund None"},
		"what a None took out":                                          {"orders Write, orders/refund None", "orders Write", "orders/refund Write"},
		"the parent of what was there, but not that again":              {"orders/refund Write", "orders Write", "orders Write, orders/refund None"},
		"not what is denied":                                            {"", "orders Write, stock Read; orders", "stock Read"},
		"not what is denied below":                                      {"", "orders Write; orders/refund", "orders Write, orders/refund None"},
		"all of what is denied no more: others may give it":             {"; orders", "", "orders Write"},
		"but what is still denied":                                      {"; orders", "; orders/refund", "orders Write, orders/refund None"},
		"nothing where the denial is written in two":                    {"; orders", "; orders, orders/refund", ""},
		"nothing where a denial is added":                               {"orders Write", "orders Write; orders", ""},
		"a denial of everything denies nothing but a path of that name": {"", "orders Write; *", "orders Write"},
		"and its removal may give anything":                             {"; *", "", "* Write"},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(written(access.Gain(rights(c.before), rights(c.after)))).To(Equal(c.want))
		})
	}
}

func TestExposed(t *testing.T) {
	for sentence, c := range map[string]struct{ before, after, want string }{
		"all that holders gain":                                   {"", "orders Write, orders/refund None", "orders Write, orders/refund None"},
		"a new entry, even if the set has one above it":           {"orders Write", "orders Write, orders/refund Write", "orders/refund Write"},
		"a higher entry":                                          {"orders Write, orders/refund None", "orders Write, orders/refund Read", "orders/refund Read"},
		"a None that goes, whatever it hid":                       {"stock None", "", "stock Write"},
		"not what was there before":                               {"orders Write", "orders Write", ""},
		"nor what goes, or gets less":                             {"orders Write, stock Write", "orders Read", ""},
		"nor what stays below a new entry":                        {"orders/refund Read", "orders Read, orders/refund Read", "orders Read, orders/refund None"},
		"nor what is denied, for those who inherit are denied it": {"", "orders Write; orders/refund", "orders Write, orders/refund None"},
		"nor what is below a denial":                              {"", "orders/refund Write, stock Read; orders", "stock Read"},
		"a denial that goes":                                      {"; stock", "", "stock Write"},
		"what a denial of everything does not deny":               {"", "orders Read; *", "orders Read"},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(written(access.Exposed(rights(c.before), rights(c.after)))).To(Equal(c.want))
		})
	}
}

func TestNewlyDenied(t *testing.T) {
	for sentence, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"nothing":                             {"", "", nil},
		"what is new, sorted":                 {"", "; stock, orders", []string{"orders", "stock"}},
		"not what was denied before":          {"; orders", "; orders, stock", []string{"stock"}},
		"not what was denied before by above": {"; orders", "; orders/refund", nil},
		"the parent of what was denied":       {"; orders/refund", "; orders", []string{"orders"}},
		"a path of the name of everything":    {"; *", "; *, orders", []string{"orders"}},
		"what is given is no matter":          {"orders Write", "; orders", []string{"orders"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(access.NewlyDenied(rights(c.before), rights(c.after))).To(Equal(c.want))
		})
	}
}
