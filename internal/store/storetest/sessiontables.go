// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// shared is a binding of the set "t".
func shared(generation int64, users []string, changes ...func(*store.RoleBinding)) store.RoleBinding {
	return binding("d", "t", users, append(changes, bindingAt(generation))...)
}

// of is the one change that writes a record which gives this.
func of(r store.Record, gives ...string) []store.Change { return []store.Change{told(r, gives...)} }

func sessionsOfSets() map[string]ending {
	s := sessionSet()
	ann := []string{"ann"}
	return map[string]ending{
		"a set gives less":                    {nil, of(s, "inherits p"), ann},
		"a set gives something else":          {nil, of(s, "b Write", "inherits p"), ann},
		"a set gives more":                    {nil, of(s, "a Write", "b Write", "inherits p"), nil},
		"a set is written again":              {nil, of(set("s", inherits("p", 1), func(s *store.PermissionSet) { s.Generation = 2 }), "a Write", "inherits p"), nil},
		"a set inherits no more":              {nil, of(s, "a Write"), ann},
		"a set inherits more":                 {nil, of(s, "a Write", "inherits p", "inherits q"), ann},
		"a set denies more":                   {nil, of(s, "a Write", "inherits p", "deny x"), ann},
		"a set denies less":                   {of(sessionSet(denies("x")), "a Write", "inherits p", "deny x"), of(s, "a Write", "inherits p"), nil},
		"a set that is inherited gives less":  {nil, of(set("p")), ann},
		"a set that is inherited gives more":  {nil, of(set("p"), "c Read", "d Write"), nil},
		"a set that is inherited denies more": {nil, of(set("p"), "c Read", "deny x"), ann},
		"a set inherits from more, by its closure alone": {
			nil, of(sessionSet(inherits("q", 2)), "a Write", "inherits p"), ann,
		},
		"a set that denies is stored": {
			of(binding("d", "later", []string{"ann"}), "set later"), of(set("later", denies("x")), "deny x"), ann,
		},
		"a set that gives is stored": {
			of(binding("d", "later", []string{"ann"}), "set later"), of(set("later", grants("x", read)), "x Read"), nil,
		},
		"a set is withheld": {nil, of(sessionSet(setWithheld)), ann},
		"a set that both inherit gives less": {
			of(set("t", inherits("p", 2)), "b Read"), of(set("p")), []string{"ann", "bob"},
		},
		"a set that nobody has gives less": {of(set("u", inherits("s", 1)), "z Write"), of(set("u", inherits("s", 1))), nil},
		"a set is removed":                 {nil, []store.Change{store.Remove{Key: s.Key()}}, ann},
		"a set that is inherited is removed": {
			nil, []store.Change{store.Remove{Key: set("p").Key()}}, ann,
		},
		"a set that nobody has is removed": {of(set("u", inherits("s", 1)), "z Write"), []store.Change{store.Remove{Key: set("u").Key()}}, nil},
	}
}

func sessionsOfBindings() map[string]ending {
	ann, bob, both := []string{"ann"}, []string{"bob"}, []string{"ann", "bob"}
	sharedBefore := of(shared(1, both), "set t", "selector team=x")
	return map[string]ending{
		"a binding gives less":         {of(forAnn("b", "s"), "set s", "grant z Write"), of(forAnn("b", "s"), "set s"), ann},
		"a binding gives more":         {nil, of(forAnn("b", "s"), "set s", "subject ann", "grant z Write"), nil},
		"a binding denies more":        {nil, of(forAnn("b", "s"), "set s", "subject ann", "deny x"), ann},
		"a binding denies less":        {of(forAnn("b", "s", takes("x")), "set s", "deny x"), of(forAnn("b", "s"), "set s"), nil},
		"a binding is withheld":        {nil, of(forAnn("b", "s", bindingWithheld)), ann},
		"a binding is removed":         {nil, []store.Change{store.Remove{Key: forAnn("b", "s").Key()}}, ann},
		"a binding is written again":   {sharedBefore, of(shared(1, both), "set t", "selector team=x"), nil},
		"a binding's generation rises": {sharedBefore, of(shared(2, both), "set t", "selector team=x"), nil},
		"a binding names others":       {sharedBefore, of(shared(2, both), "set t", "subject bob"), nil},
		"a binding drops a subject":    {sharedBefore, of(shared(2, bob), "set t", "selector team=y"), ann},
		"a binding drops all subjects": {sharedBefore, of(shared(2, nil), "set t", "selector team=y"), both},
		"a binding gets a subject": {
			of(shared(1, bob), "set t"), of(shared(2, both), "set t"), nil,
		},
		"a binding hands out another set": {of(shared(1, both), "set t"), of(binding("d", "s", both), "set s"), both},
		"a binding hands out a set of the same name to nobody": {
			of(shared(1, both), "set t"), of(binding("d", "s", nil), "set t"), both,
		},
		"a binding hands out another set of the same name": {of(shared(1, both), "set t"), of(binding("d", "s", both), "set t"), both},
		"a binding gets a set that gives":                  {of(binding("d", "", ann)), of(binding("d", "t", ann), "set t"), nil},
		"a binding that was removed comes back": {
			[]store.Change{store.Remove{Key: forAnn("b", "s").Key()}}, of(forAnn("b", "s"), "set s", "subject ann"), nil,
		},
	}
}

// sessionsOfDenials are those of users whom something is denied that was not before.
func sessionsOfDenials() map[string]ending {
	ann, bob, both := []string{"ann"}, []string{"bob"}, []string{"ann", "bob"}
	denying := of(shared(1, bob, takes("x")), "set t", "deny x")
	return map[string]ending{
		"a binding that denies gets a subject": {denying, of(shared(2, both, takes("x")), "set t", "deny x"), ann},
		"a binding that denies keeps a subject": {
			denying, of(shared(2, bob, takes("x")), "set t", "deny x"), nil,
		},
		"a binding whose set denies gets a subject": {
			append(of(set("t", denies("x")), "deny x"), of(shared(1, bob), "set t")...), of(shared(2, both), "set t"), ann,
		},
		"a binding whose set inherits a denial gets a subject": {
			append(of(set("t", inherits("q", 2)), "b Read"), append(of(set("q", denies("x")), "deny x"), of(shared(1, bob), "set t")...)...),
			of(shared(2, both), "set t"), ann,
		},
		"a binding of a set that denies is no longer withheld": {
			append(of(set("t", denies("x")), "deny x"), of(shared(1, ann, bindingWithheld))...), of(shared(1, ann), "set t"), ann,
		},
		"a binding gets a set that denies": {
			append(of(set("q", denies("x")), "deny x"), of(binding("d", "", ann))...), of(binding("d", "q", ann), "set q"), ann,
		},
		"a binding that denies arrives at the generation that a user saw": {
			append(denying, told(user("ann", bound("b"), func(u *store.User) {
				u.Bindings = append(u.Bindings, store.Bound{BindingUID: "d", Generation: 2})
			}), "account of type Employee", "label team=x")),
			of(shared(2, bob, takes("x")), "set t", "deny x"), ann,
		},
		"a binding that denies is stored after the user who saw it": {
			of(user("ann", bound("b", "d")), "account of type Employee", "label team=x"), of(shared(1, nil, takes("x")), "set t", "deny x"), ann,
		},
	}
}

func sessionsOfUsers() map[string]ending {
	account, ann := "account of type Employee", []string{"ann"}
	relabelled := func(bindings ...string) store.User {
		return user("ann", withLabels("others"), bound(bindings...), atGeneration(2))
	}
	return map[string]ending{
		"a user has less":                   {nil, of(user("ann"), "label team=x"), ann},
		"a user has more":                   {nil, of(user("ann", bound("b")), account, "label team=x", "kubernetes user ann"), nil},
		"a user is written again":           {nil, of(user("ann", bound("b"), atGeneration(2)), account, "label team=x"), nil},
		"a user is narrowed":                {nil, of(user("ann", bound("b")), account, "label team=x", "deny outside d Only x"), ann},
		"a user has other labels":           {nil, of(relabelled("b"), account, "label team=y"), nil},
		"a user has labels of no binding":   {nil, of(relabelled(), account, "label team=y"), ann},
		"a user has other labels only":      {of(binding("d", "t", []string{"ann"}), "set t"), of(relabelled("d"), account), ann},
		"a user gets a binding":             {nil, of(relabelled("b", "c"), account), nil},
		"a user gets a binding that denies": {of(binding("d", "t", nil, takes("x")), "set t", "deny x"), of(relabelled("b", "d"), account), ann},
		"a user keeps a binding that denies": {
			of(forAnn("d", "t", takes("x")), "set t", "deny x"), of(relabelled("b", "d"), account), nil,
		},
		"a user gets the labels by which a binding that denies saw it": {
			of(binding("d", "t", nil, takes("x"), func(b *store.RoleBinding) {
				b.Subjects = []store.Subject{{UserUID: "ann", LabelsHash: "others"}}
			}), "set t", "deny x"), of(relabelled("b"), account), ann,
		},
		"a user has another account type": {nil, of(user("ann", ofType("Staff"), bound("b")), "account of type Staff", "label team=x"), ann},
		"a user was blocked": {
			nil, append(of(user("ann", held, bound("b"))), told(user("ann", bound("b")), account, "label team=x")), ann,
		},
		"a row is taken over": {
			append(of(user("cy"), account), remove("cy", store.Deactivate)), of(user("cy", withUID("heir")), account), []string{"cy"},
		},
		"another user goes": {nil, []store.Change{remove("bob", store.Delete)}, nil},
	}
}

// sessionsOfOrphans are those of users who keep what their former owner gives, and lose what it takes.
func sessionsOfOrphans() map[string]ending {
	orphan, ann := []store.Change{remove("ann", store.Orphan)}, []string{"ann"}
	return map[string]ending{
		"an orphan goes its way":         {nil, orphan, nil},
		"an orphan's set gives less":     {orphan, of(set("p")), ann},
		"an orphan's set gives more":     {orphan, of(set("p"), "c Read", "d Read"), nil},
		"an orphan's set is removed":     {orphan, []store.Change{store.Remove{Key: set("s").Key()}}, ann},
		"an orphan's binding is removed": {orphan, []store.Change{store.Remove{Key: forAnn("b", "s").Key()}}, ann},
		"an orphan's binding drops it":   {orphan, of(binding("b", "s", nil, bindingAt(2)), "set s", "subject bob"), ann},
		"an orphan's catalogue closes":   {orphan, of(office(catalog("a"))), []string{"ann", "bob"}},
	}
}

func sessionsOfOffices() map[string]ending {
	both := []string{"ann", "bob"}
	return map[string]ending{
		"an office closes its catalogue":            {nil, of(office(catalog("a"))), both},
		"an office closes its catalogue by a lot":   {nil, of(office(catalog("a", "b", "c"))), both},
		"an office has fewer permissions":           {of(office(catalog("a", "b"))), of(office(catalog("b"))), both},
		"an office has other permissions":           {of(office(catalog("a", "b"))), of(office(catalog("b", "c"))), both},
		"an office has more permissions":            {of(office(catalog("a", "b"))), of(office(catalog("a", "b", "c"))), nil},
		"an office is written again":                {of(office(catalog("a", "b"))), of(office(catalog("a", "b"))), nil},
		"an office without catalogue, again":        {nil, of(office(maxUsers(9))), nil},
		"an office takes power, which is no access": {of(office(), "rank 4 to Group leads"), of(office()), nil},
		"an office gives power":                     {nil, of(office(), "rank 4 to Group leads"), nil},
		"another object stands for the office now": {
			of(office(catalog("a"))), of(office(catalog("a"), func(o *store.Office) { o.UID = "office-2" })), nil,
		},
	}
}
