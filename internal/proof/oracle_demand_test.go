// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// demand is what a request takes in one family: one power has to be enough for all of it.
type demand struct {
	rank  int32
	types []v1alpha1.AccountType
	gives levels
}

func (d *demand) metBy(p power) bool {
	for _, t := range d.types {
		if !p.concerns(t) {
			return false
		}
	}
	return p.hasAll(d.gives)
}

func (p power) hasAll(want levels) bool {
	for leaf, level := range want {
		if p.has[leaf] < level {
			return false
		}
	}
	return true
}

// demands are what a request takes.
type demands struct {
	families map[string]*demand
	// accounts are the types of the users that are touched, in whatever family.
	accounts []v1alpha1.AccountType
	// gives is what is given in no family: the set is not there.
	gives levels
	// each are to be met by one power each, besides.
	each []func(power) bool
}

func (d *demands) of(n need) *demand {
	if d.families[n.family] == nil {
		d.families[n.family] = &demand{rank: n.rank}
	}
	d.families[n.family].rank = min(d.families[n.family].rank, n.rank)
	return d.families[n.family]
}

// touch adds what it takes to touch a user.
func (d *demands) touch(o oracle, u *version, also ...need) {
	accountType := typeOf(user(u))
	d.accounts = append(d.accounts, accountType)
	for _, n := range append(o.protection(u), also...) {
		d.of(n).types = append(d.of(n).types, accountType)
	}
}

func (d *demands) met(has powers) bool {
	for family, demand := range d.families {
		if !has.some(func(p power) bool { return p.reaches(need{family, demand.rank}) && demand.metBy(p) }) {
			return false
		}
	}
	for _, t := range d.accounts {
		if !has.concern(t) {
			return false
		}
	}
	for _, met := range d.each {
		if !has.some(met) {
			return false
		}
	}
	return has.some(func(p power) bool { return p.hasAll(d.gives) })
}

// demands are what the event took in one of the states by which it was judged: for the object as it was, and as it is to be.
func (e *event) demands(o oracle) *demands {
	d := &demands{families: map[string]*demand{}}
	for _, v := range []*version{e.old, e.to} {
		if v == nil || v == e.to && e.obj == nil {
			continue
		}
		switch e.k { //nolint:exhaustive // The others demand nothing here.
		case userKind:
			d.touch(o, v)
			e.demandGrants(o, d, v)
		case setKind:
			e.demandSet(o, d, v)
		case bindingKind:
			e.demandBinding(o, d, v)
		}
	}
	return d
}

// demandSet adds the ranks of a set and of what the new one inherits from, what it gives that it did not give, and the holders from whom it keeps
// more than it did.
func (e *event) demandSet(o oracle, d *demands, s *version) {
	own := d.of(e.capped(o, s, s))
	if s == e.old {
		return
	}
	own.types = append(own.types, e.permitted(o)...)
	to := o.with(setKind, s)
	for _, x := range slices.Concat(to.lineage(s, nil)...) {
		d.of(needOf(set(x)))
	}
	for leaf := range leaves {
		if level := to.given(s, leaf); e.old == nil || level > o.with(setKind, e.old).lawful(e.old, leaf) {
			own.gives[leaf] = level
		}
		if to.setDenies(s, leaf) && (e.old == nil || !o.with(setKind, e.old).setDenies(e.old, leaf)) {
			e.demandHolders(to, d)
		}
	}
}

// demandHolders adds all users who hold the set, or one that inherits from it.
func (e *event) demandHolders(o oracle, d *demands) {
	for _, u := range o.objects[userKind] {
		if u.obj.GetDeletionTimestamp() == nil && slices.ContainsFunc(o.bindings(u), func(b *version) bool {
			s := o.referred(b, binding(b).Spec.PermissionSetRef)
			return s != nil && o.inherits(s, e.to.name)
		}) {
			d.touch(o, u)
		}
	}
}

// demandGrants adds what bindings grant to a user whom they did not name or select before: by the power that hands out the set.
func (e *event) demandGrants(o oracle, d *demands, u *version) {
	for _, b := range o.bindings(u) {
		if u == e.old || e.old != nil && concerns(b, e.old) {
			continue
		}
		s := o.referred(b, binding(b).Spec.PermissionSetRef)
		var given levels
		for leaf := range leaves {
			if s == nil || !o.setDenies(s, leaf) {
				given[leaf] = gives(binding(b).Spec, leaf)
			}
		}
		if given != (levels{}) {
			d.each = append(d.each, func(p power) bool {
				return p.hasAll(given) && p.concerns(typeOf(user(u))) && (s == nil || p.reaches(e.bounds(o).cap(needOf(set(s)))))
			})
		}
	}
}

func (e *event) demandBinding(o oracle, d *demands, b *version) {
	var needs []need
	s := o.referred(b, binding(b).Spec.PermissionSetRef)
	if s != nil {
		needs = append(needs, e.capped(o, b, s))
		d.of(needs[0])
	}
	for _, u := range o.objects[userKind] {
		if u.obj.GetDeletionTimestamp() == nil && concerns(b, u) {
			d.touch(o, u, needs...)
		}
	}
	if b == e.old || b.obj.GetDeletionTimestamp() != nil {
		return
	}
	given := &d.gives
	if s != nil {
		given = &d.of(needs[0]).gives
	}
	for leaf := range leaves {
		level := gives(binding(b).Spec, leaf)
		if s != nil && o.setDenies(s, leaf) {
			continue
		}
		if e.old == nil || !within(binding(e.old), binding(b)) || level > o.grantLawful(e.old, leaf) {
			given[leaf] = level
		}
	}
}

// capped is what the set of an object takes: of an old object no more than its namespace may hand out.
func (e *event) capped(o oracle, v, s *version) need {
	if v == e.old {
		return e.bounds(o).cap(needOf(set(s)))
	}
	return needOf(set(s))
}
