// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func TestReaches(t *testing.T) {
	for sentence, c := range map[string]struct {
		power access.Power
		need  access.Need
		want  bool
	}{
		"a rank reaches itself":                             {access.Power{Rank: 4}, access.Need{Family: "x", Rank: 4}, true},
		"and weaker ones":                                   {access.Power{Rank: 4}, access.Need{Family: "x", Rank: 5}, true},
		"and no stronger one":                               {access.Power{Rank: 4}, access.Need{Family: "x", Rank: 3}, false},
		"in its families":                                   {access.Power{Families: []string{"y", "x"}}, access.Need{Family: "x"}, true},
		"and in no other":                                   {access.Power{Families: []string{"y"}}, access.Need{Family: "x", Rank: 9}, false},
		"every family takes a power over every family":      {access.Power{}, access.Need{}, true},
		"and not one over many":                             {access.Power{Families: []string{"x", "y", "default"}}, access.Need{Rank: 9}, false},
		"nor one over a family without a name":              {access.Power{Families: []string{""}}, access.Need{Rank: 9}, false},
		"a family of the name of everything is only a name": {access.Power{Families: []string{"*"}}, access.Need{Family: "x", Rank: 9}, false},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.power.Reaches(c.need)).To(Equal(c.want)) })
	}
}

func TestConcerns(t *testing.T) {
	g := NewWithT(t)
	g.Expect(access.Power{}.Concerns("Staff")).To(BeTrue(), "all types")
	g.Expect(access.Power{AccountTypes: []string{"API", "Staff"}}.Concerns("Staff")).To(BeTrue())
	g.Expect(access.Power{AccountTypes: []string{"API"}}.Concerns("Staff")).To(BeFalse())
	g.Expect(access.Power{AccountTypes: []string{"API"}}.Concerns("")).To(BeFalse(), "an account of no known type")
}

func TestWithin(t *testing.T) {
	narrow := access.Power{
		Rank: 4, Families: []string{"x"}, AccountTypes: []string{"Staff"}, Permissions: content("orders Write, orders/refund None"),
		Filters: filters("entities Only x,y"),
	}
	with := func(change func(*access.Power)) access.Power {
		p := narrow
		change(&p)
		return p
	}
	for sentence, c := range map[string]struct {
		power access.Power
		want  bool
	}{
		"a power is within itself, also one with exceptions": {narrow, true},
		"a weaker rank is":                         {with(func(p *access.Power) { p.Rank = 5 }), true},
		"a stronger rank is not":                   {with(func(p *access.Power) { p.Rank = 3 }), false},
		"another family is not":                    {with(func(p *access.Power) { p.Families = []string{"x", "y"} }), false},
		"every family is not":                      {with(func(p *access.Power) { p.Families = nil }), false},
		"another type is not":                      {with(func(p *access.Power) { p.AccountTypes = []string{"API"} }), false},
		"every type is not":                        {with(func(p *access.Power) { p.AccountTypes = nil }), false},
		"fewer permissions are":                    {with(func(p *access.Power) { p.Permissions = content("orders/edit Read") }), true},
		"no permissions are":                       {with(func(p *access.Power) { p.Permissions = nil }), true},
		"other permissions are not":                {with(func(p *access.Power) { p.Permissions = content("stock Read") }), false},
		"permissions without an exception are not": {with(func(p *access.Power) { p.Permissions = content("orders Write") }), false},
		"less data is":                             {with(func(p *access.Power) { p.Filters = filters("entities Only x", "brands Owned") }), true},
		"more data is not":                         {with(func(p *access.Power) { p.Filters = filters("entities Only x,y,z") }), false},
		"all data is not":                          {with(func(p *access.Power) { p.Filters = nil }), false},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.power.Within(narrow)).To(Equal(c.want)) })
	}
	NewWithT(t).Expect(narrow.Within(access.Power{Permissions: content("* Write")})).To(BeTrue(), "all is within everything")
	NewWithT(t).Expect(access.Power{}.Within(access.Power{Families: []string{"x"}})).To(BeFalse(), "everything is not within something")
}

// Stamps carry powers: their names are kept for ever.
func TestPowersAsTheyAreWritten(t *testing.T) {
	g := NewWithT(t)
	full := access.Power{Rank: 4, Families: []string{"x"}, AccountTypes: []string{"Staff"}, Permissions: content("orders Write"), Filters: []access.Filter{
		{Dimension: "entities", Mode: access.FilterOnly, ReadOnly: true, Values: []string{"x"}, Groups: []string{"g"}},
		{Dimension: "brands", Mode: access.FilterTagged, Tags: []string{"t"}},
	}}
	text, err := json.Marshal([]access.Power{full, {}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal(`[{"rank":4,"families":["x"],"types":["Staff"],"permissions":["orders Write"],"filters":[` +
		`{"dimension":"entities","mode":"Only","readOnly":true,"values":["x"],"groups":["g"]},` +
		`{"dimension":"brands","mode":"Tagged","tags":["t"]}]},{"rank":0}]`))
	var read []access.Power
	g.Expect(json.Unmarshal(text, &read)).To(Succeed())
	g.Expect(read).To(Equal([]access.Power{full, {}}))
}
