// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestASetThatIsInheritedMayLowerWhatItsHeirsHaveFromFarther(t *testing.T) {
	s := set(testkit.Permissions("orders=Write", "stock"))
	NewWithT(t).Expect(desired.PermissionSetAdmission(s, desired.InForce, desired.Related).Gives).
		To(Equal([]string{"deny above Read on stock", "orders Write", "stock Read"}))
}

func TestTheTextsOfFilters(t *testing.T) {
	for sentence, c := range map[string]struct {
		filter v1alpha1.Filter
		want   []string
	}{
		"all data is no denial":             {testkit.Everything("entities"), nil},
		"all data to be read alone is one":  {v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterAll, Access: v1alpha1.FilterReadOnly}, []string{"deny outside entities All (ReadOnly)"}},
		"ReadWrite is what is meant anyway": {v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterAll, Access: v1alpha1.FilterReadWrite}, nil},
		"nothing at all":                    {v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterNone}, []string{"deny outside entities None"}},
		"what the user owns":                {testkit.Owned("contacts"), []string{"deny outside contacts Owned"}},
		"tags, sorted":                      {testkit.Tagged("contacts", "vip", "eu"), []string{"deny outside contacts Tagged tags eu, vip"}},
		"values and groups, without the default, which is no access": {
			v1alpha1.Filter{
				Dimension: "entities", Mode: v1alpha1.FilterOnly, Access: v1alpha1.FilterReadOnly,
				Values: []string{"b", "a"}, Groups: []string{"west", "east"}, Default: "a",
			},
			[]string{"deny outside entities Only a, b groups east, west (ReadOnly)"},
		},
		"a value that reads like two is quoted": {testkit.Only("entities", "a, b"), []string{`deny outside entities Only "a, b"`}},
		"and one that reads like a group":       {testkit.Only("entities", "a groups b"), []string{`deny outside entities Only "a groups b"`}},
		"and one that reads like one":           {testkit.Only("entities", `"a`), []string{`deny outside entities Only "\"a"`}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.UserAdmission(user(testkit.Filters(c.filter)), desired.Withheld, nil).Gives).To(Equal(c.want))
		})
	}
}

// By these texts the store ends sessions: every change that may take something away has to be among them.
func TestWhatMayTakeAccessAwayEndsSessions(t *testing.T) {
	type gives = []string
	ofUser := func(mods ...testkit.Mod) gives {
		return desired.UserAdmission(user(mods...), desired.InForce, nil).Gives
	}
	ofSet := func(mods ...testkit.Mod) gives {
		return desired.PermissionSetAdmission(set(mods...), desired.InForce, desired.Alone).Gives
	}
	ofBinding := func(mods ...testkit.Mod) gives {
		return desired.RoleBindingAdmission(binding(mods...), desired.InForce).Gives
	}
	full := ofBinding(testkit.ToSet("viewer"))
	for sentence, c := range map[string]struct {
		before, after gives
		want          bool
	}{
		"fewer networks":                       {ofUser(testkit.IPs("10.0.0.0/8", "203.0.113.7")), ofUser(testkit.IPs("10.0.0.0/8")), true},
		"more networks":                        {ofUser(testkit.IPs("10.0.0.0/8")), ofUser(testkit.IPs("10.0.0.0/8", "203.0.113.7")), false},
		"networks where there was none":        {ofUser(), ofUser(testkit.IPs("10.0.0.0/8")), true},
		"a filter of a user":                   {ofUser(), ofUser(testkit.Filters(testkit.Only("entities", "a"))), true},
		"another value of it":                  {ofUser(testkit.Filters(testkit.Only("entities", "a"))), ofUser(testkit.Filters(testkit.Only("entities", "b"))), true},
		"a filter that goes":                   {ofUser(testkit.Filters(testkit.Only("entities", "a"))), ofUser(), false},
		"another account type":                 {ofUser(), ofUser(testkit.AccountType(v1alpha1.AccountAPI)), true},
		"other labels, of which the rows tell": {ofUser(testkit.Labels("a", "b")), ofUser(), false},
		"a blocked account":                    {ofUser(), ofUser(testkit.State(v1alpha1.StateBlocked)), true},
		"a profile and settings":               {ofUser(), ofUser(testkit.Email("ann@shop.example"), testkit.Setting("a", "b")), false},
		"a permission that goes":               {ofSet(testkit.Permissions("a")), ofSet(), true},
		"a permission that comes":              {ofSet(), ofSet(testkit.Permissions("a")), false},
		"a lower level":                        {ofSet(testkit.Permissions("a=Write")), ofSet(testkit.Permissions("a")), true},
		"Read below Write":                     {ofSet(testkit.Permissions("a=Write")), ofSet(testkit.Permissions("a=Write", "a/b")), true},
		"Write below Read":                     {ofSet(testkit.Permissions("a")), ofSet(testkit.Permissions("a", "a/b=Write")), false},
		"None below Write":                     {ofSet(testkit.Permissions("a=Write")), ofSet(testkit.Permissions("a=Write", "a/b=None")), true},
		"Read above what is inherited": {
			ofSet(testkit.Extends("base")), ofSet(testkit.Extends("base"), testkit.Permissions("a")), true,
		},
		"another set to inherit from":            {ofSet(), ofSet(testkit.Extends("base")), true},
		"a denial":                               {ofSet(), ofSet(testkit.Deny("a")), true},
		"a denial that goes":                     {ofSet(testkit.Deny("a")), ofSet(), false},
		"a set for fewer types":                  {ofSet(), ofSet(testkit.HeldBy(v1alpha1.AccountStaff)), true},
		"a set for more types, whom it may deny": {ofSet(testkit.HeldBy(v1alpha1.AccountStaff)), ofSet(), true},
		"a bypass":                               {ofSet(), ofSet(testkit.Bypasses("contacts")), false},
		"a bypass that goes":                     {ofSet(testkit.Bypasses("contacts")), ofSet(), true},
		"a binding of another set":               {full, ofBinding(testkit.ToSet("picker")), true},
		"a binding that comes in force":          {nil, full, false},
		"a binding that begins later":            {full, ofBinding(testkit.ToSet("viewer"), testkit.From(evening)), true},
		"a binding that may have begun already":  {ofBinding(testkit.ToSet("viewer"), testkit.From(evening)), full, true},
		"a binding that may have ended already":  {full, ofBinding(testkit.ToSet("viewer"), testkit.Until(morning)), true},
		"a binding that goes on":                 {ofBinding(testkit.ToSet("viewer"), testkit.Until(morning)), full, true},
		"a filter of a binding":                  {full, ofBinding(testkit.ToSet("viewer"), testkit.Filters(testkit.Owned("contacts"))), true},
		"fewer subjects, of which the rows tell": {ofBinding(testkit.ForUsers("a", "b")), ofBinding(testkit.ForUsers("a")), false},
		"grants that lower each other":           {ofBinding(testkit.Grants("a=Write")), ofBinding(testkit.Grants("a=Write", "a/b")), true},
		"a grant":                                {full, ofBinding(testkit.ToSet("viewer"), testkit.Grants("a")), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(store.EndsSessions(store.Difference(c.before, c.after))).To(Equal(c.want))
		})
	}
}
