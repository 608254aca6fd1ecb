// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAStampIsAcceptedThatClaimsNoMoreThanIsFound(t *testing.T) {
	narrowed := access.Power{Rank: 4, Families: []string{"x"}, Permissions: access.ContentOf(
		access.Entry{Path: "orders", Level: access.Write}, access.Entry{Path: "orders/refund", Level: access.None})}
	lea := found{sets: []types.UID{"s1", "s2"}, actor: policy.Actor{Name: "lea", Powers: []policy.Power{{Power: testkit.UpToRank(4)}, {Power: narrowed}}}}
	nobody := found{actor: policy.Actor{Name: "lea"}}
	absent := found{actor: policy.Actor{Name: "lea"}, unjudged: true}
	breaking := found{actor: policy.Actor{Name: "lea", Escalation: policy.EscalationPermitted, Powers: []policy.Power{{Power: testkit.Unlimited()}}}}
	refused := found{actor: policy.Actor{Name: "lea", Escalation: policy.EscalationRefused, Powers: []policy.Power{{Power: testkit.Unlimited()}}}}
	filter := func(mode access.FilterMode, values ...string) access.Filter {
		return access.Filter{Dimension: "entities", Mode: mode, Values: values}
	}
	german := found{actor: policy.Actor{Name: "lea", Powers: []policy.Power{{Power: access.Power{Filters: []access.Filter{filter(access.FilterOnly, "de", "fr")}}}}}}
	powers := func(powers ...access.Power) func(*stamp.Stamp) { return func(s *stamp.Stamp) { s.Power = powers } }
	for sentence, c := range map[string]struct {
		found found
		edit  func(*stamp.Stamp)
		want  string
	}{
		"a stamp of nothing":                                  {nobody, func(*stamp.Stamp) {}, ""},
		"the powers that are found":                           {lea, powers(testkit.UpToRank(4), narrowed), ""},
		"some of them":                                        {lea, powers(testkit.UpToRank(4)), ""},
		"less than one of them":                               {lea, powers(testkit.UpToRank(5)), ""},
		"a power of which the list was too long to carry":     {lea, powers(access.Power{Rank: 4, Families: []string{"x"}}), ""},
		"a stronger rank":                                     {lea, powers(testkit.UpToRank(3)), "it claims more power than there is"},
		"permissions beside":                                  {lea, powers(access.Power{Rank: 4, Permissions: policy.ContentOf([]string{"stock"})}), "it claims more power than there is"},
		"the permissions of one in the families of the other": {lea, powers(access.Power{Rank: 4, Permissions: narrowed.Permissions}), "it claims more power than there is"},
		"the filters that are found":                          {german, powers(access.Power{Filters: []access.Filter{filter(access.FilterOnly, "de", "fr")}}), ""},
		"a filter within one of them":                         {german, powers(access.Power{Filters: []access.Filter{filter(access.FilterOnly, "fr")}}), ""},
		"a filter that was too long to carry":                 {german, powers(access.Power{Filters: []access.Filter{filter(access.FilterNone)}}), ""},
		"a wider filter":                                      {german, powers(access.Power{Filters: []access.Filter{filter(access.FilterOnly, "de", "it")}}), "it claims more power than there is"},
		"no filters":                                          {german, powers(access.Power{}), "it claims more power than there is"},
		"filters on other data":                               {german, powers(access.Power{Filters: []access.Filter{{Dimension: "documents", Mode: access.FilterNone}}}), "it claims more power than there is"},
		"power of somebody without":                           {nobody, powers(testkit.UpToRank(9)), "it claims more power than there is"},
		"the sets that are there":                             {lea, func(s *stamp.Stamp) { s.Sets = []string{"s2", "s1"} }, ""},
		"fewer than are there":                                {lea, func(s *stamp.Stamp) { s.Sets = []string{"s2"} }, ""},
		"a set that is not there":                             {lea, func(s *stamp.Stamp) { s.Sets = []string{"s1", "s3"} }, "it names sets that are not there"},
		"somebody else":                                       {lea, func(s *stamp.Stamp) { s.User = "root" }, "it does not name the user who asks"},
		"another object":                                      {lea, func(s *stamp.Stamp) { s.Hash = "1:x" }, "it does not fit the object"},
		"no BackOffice, and there is none":                    {absent, func(s *stamp.Stamp) { s.Unjudged = true }, ""},
		"no BackOffice, and there is one":                     {lea, func(s *stamp.Stamp) { s.Unjudged = true }, "it was written while the BackOffice came or went"},
		"a BackOffice, and there is none":                     {absent, func(*stamp.Stamp) {}, "it was written while the BackOffice came or went"},
		"broken glass, with the verb":                         {breaking, func(s *stamp.Stamp) { s.BreakGlass, s.Power = true, []access.Power{testkit.Unlimited()} }, ""},
		"broken glass, without the verb":                      {refused, func(s *stamp.Stamp) { s.BreakGlass = true }, "it claims that the glass was broken"},
		"broken glass, by somebody with power":                {lea, func(s *stamp.Stamp) { s.BreakGlass = true }, "it claims that the glass was broken"},
		"what cannot be read":                                 {lea, func(s *stamp.Stamp) { s.ID = "" }, "it is missing"},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := stamp.New("lea", nil, "1:ann")
			c.edit(&s)
			NewWithT(t).Expect(c.found.wrong(s, "lea", "1:ann")).To(Equal(c.want))
		})
	}
}
