// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"maps"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// Actor is the Kubernetes identity that makes a request.
type Actor struct {
	Name   string
	Groups []string
	// Powers are what the identity may hand out. Each is judged alone: the rank of one does not lend itself to the families of another.
	Powers []Power
	// Escalation tells whether the identity has the RBAC verb escalate on the BackOffice. It is asked only where that decides.
	Escalation Escalation
	// BreakGlass is true where the request asks for power by the annotation.
	BreakGlass bool
}

// Power is one source of an actor's power.
type Power struct {
	access.Power
	// Source tells where it comes from, such as "spec.rank.delegations[0] of BackOffice shop/shop".
	Source string
}

// Need is what something takes: the rank or a stronger one, in the family. An empty family means every family.
type Need struct {
	Family string
	Rank   int32
	// Through is the binding, as namespace/name, from which the need follows. It is empty where that is plain.
	Through string
}

func (n Need) plain() access.Need { return access.Need{Family: n.Family, Rank: n.Rank} }

// Bound is a binding of a user, with its set. Set is nil where it does not exist.
type Bound struct {
	Binding *v1alpha1.RoleBinding
	Set     *v1alpha1.PermissionSet
}

// Protection is what it takes to touch a user: the strongest rank in each family over all its bindings, in force or not, sorted by family.
type Protection []Need

// ProtectionOf returns the protection that follows from bindings. A set that does not exist protects nobody: when it appears, the stamps of
// binding and user decide. A set beyond the namespace's ceiling is in force for nobody there, and protects up to the ceiling.
func ProtectionOf(bindings []Bound, terms Terms) Protection {
	var all Protection
	for _, b := range bindings {
		if b.Set != nil {
			need := terms.capped(needOf(b.Set))
			need.Through = b.Binding.Namespace + "/" + b.Binding.Name
			all = append(all, need)
		}
	}
	return all.Strongest()
}

// Strongest leaves the strongest need of each family.
func (p Protection) Strongest() Protection {
	strongest := map[string]Need{}
	for _, need := range p {
		known, ok := strongest[need.Family]
		if !ok || cmp.Or(cmp.Compare(need.Rank, known.Rank), cmp.Compare(need.Through, known.Through)) < 0 {
			strongest[need.Family] = need
		}
	}
	return slices.SortedFunc(maps.Values(strongest), func(a, b Need) int { return cmp.Compare(a.Family, b.Family) })
}

// Needs are the plain needs of a protection.
func (p Protection) Needs() []access.Need {
	var needs []access.Need
	for _, n := range p {
		needs = append(needs, n.plain())
	}
	return needs
}

// needOf returns what it takes to hand a set out. Of one that is nil nobody knows, so that it takes everything.
func needOf(set *v1alpha1.PermissionSet) Need {
	if set == nil {
		return Need{}
	}
	return Need{Family: set.EffectiveFamily(), Rank: set.EffectiveRank()}
}

// NeedOf returns what it takes to hand a set out.
func NeedOf(set *v1alpha1.PermissionSet) access.Need { return needOf(set).plain() }

// reaching returns the powers that are enough for the need.
func (a Actor) reaching(n Need) []Power {
	var powers []Power
	for _, p := range a.Powers {
		if p.Reaches(n.plain()) {
			powers = append(powers, p)
		}
	}
	return powers
}

// allows tells whether one of the powers is enough for the need.
func (a Actor) allows(n Need) bool { return len(a.reaching(n)) > 0 }

// touches tells whether one of the powers is enough for the need, and about accounts of this type.
func (a Actor) touches(n Need, accountType v1alpha1.AccountType) bool {
	return slices.ContainsFunc(a.reaching(n), func(p Power) bool { return p.Concerns(string(accountType)) })
}

// concerns tells whether one of the powers, of whatever rank, is about accounts of this type.
func (a Actor) concerns(accountType v1alpha1.AccountType) bool {
	return slices.ContainsFunc(a.Powers, func(p Power) bool { return p.Concerns(string(accountType)) })
}

// lacking returns what none of these powers has to give of this content: the shortest list, where several lack something. Without a power
// that is all of it.
func lacking(powers []Power, content access.Content) []access.Entry {
	if len(powers) == 0 {
		return access.Content(nil).Lacks(content)
	}
	var least []access.Entry
	for i, p := range powers {
		if missing := p.Permissions.Lacks(content); i == 0 || len(missing) < len(least) {
			least = missing
		}
	}
	return least
}

// MayHandOutToAll tells whether the actor may hand out a set to accounts of every type whatever else the request takes: by each of its powers
// in the set's family, for they are not added up. Nil is a set that does not exist.
func (a Actor) MayHandOutToAll(set *v1alpha1.PermissionSet) bool {
	if set == nil {
		return true
	}
	need := needOf(set)
	var may bool
	for i, p := range a.Powers {
		if !p.Reaches(access.Need{Family: need.Family, Rank: p.Rank}) {
			continue
		}
		if p.Reaches(need.plain()) && len(p.AccountTypes) == 0 {
			may = true
		} else if !a.surpassed(i) {
			return false
		}
	}
	return may
}

// surpassed tells whether another power allows all that this one does, so that it decides nothing.
func (a Actor) surpassed(index int) bool {
	p := a.Powers[index]
	for i, other := range a.Powers {
		if i != index && p.Within(other.Power) && !other.Within(p.Power) {
			return true
		}
	}
	return false
}

// Specialised tells whether none of the actor's powers is about accounts of every type.
func (a Actor) Specialised() bool {
	return !slices.ContainsFunc(a.Powers, func(p Power) bool { return len(p.AccountTypes) == 0 })
}
