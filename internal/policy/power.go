// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Actor is the Kubernetes identity that makes a request.
type Actor struct {
	Name   string
	Groups []string
	// Delegations of the BackOffice that match the identity.
	Delegations []MatchedDelegation
}

// MatchedDelegation is an entry of spec.rank.delegations. It allows rank and every larger number in its families.
type MatchedDelegation struct {
	Index int
	Rank  int32
	// Families is empty for every family.
	Families []string
}

// Need is the power that something takes: the rank or a stronger one, in the family. An empty family means every family.
type Need struct {
	Family string
	Rank   int32
	// Through is the binding, as namespace/name, from which the need follows. It is empty where that is plain.
	Through string
}

// Bound is a binding of a user, with its set. Set is nil where it does not exist.
type Bound struct {
	Binding *v1alpha1.RoleBinding
	Set     *v1alpha1.PermissionSet
}

// Protection is what it takes to touch a user: the strongest rank in each family over all its bindings, in force or not, sorted by family.
type Protection []Need

// ProtectionOf returns the protection that follows from bindings.
func ProtectionOf(bindings []Bound) Protection {
	strongest := map[string]Need{}
	for _, b := range bindings {
		need := needOf(b.Set)
		need.Through = b.Binding.Namespace + "/" + b.Binding.Name
		known, ok := strongest[need.Family]
		if !ok || cmp.Or(cmp.Compare(need.Rank, known.Rank), cmp.Compare(need.Through, known.Through)) < 0 {
			strongest[need.Family] = need
		}
	}
	return slices.SortedFunc(maps.Values(strongest), func(a, b Need) int { return cmp.Compare(a.Family, b.Family) })
}

// needOf returns what it takes to hand a set out. Nobody knows the rank of a set that does not exist: it takes rank 0 in every family,
// else a weak actor could prepare the way for a strong set.
func needOf(set *v1alpha1.PermissionSet) Need {
	if set == nil {
		return Need{}
	}
	return Need{Family: set.EffectiveFamily(), Rank: set.EffectiveRank()}
}

// allows tells whether one of the delegations, alone, covers the need.
func (a Actor) allows(n Need) bool {
	return slices.ContainsFunc(a.Delegations, func(d MatchedDelegation) bool { return d.Rank <= n.Rank && d.covers(n.Family) })
}

// MayHandOut tells whether the actor's power reaches the rank of a set; nil is one that does not exist.
func (a Actor) MayHandOut(set *v1alpha1.PermissionSet) bool { return a.allows(needOf(set)) }

func (d MatchedDelegation) covers(family string) bool {
	return len(d.Families) == 0 || family != "" && slices.Contains(d.Families, family)
}

// lacks says what is missing and what helps. What is what the actor wants to do, such as "binding orders/headquarters".
func (a Actor) lacks(what string, n Need, office *v1alpha1.BackOffice) string {
	rank, ask := "rank 0", "rank 0"
	if n.Rank > 0 {
		rank, ask = fmt.Sprintf("rank %d or stronger", n.Rank), fmt.Sprintf("rank 0..%d", n.Rank)
	}
	family, families := "every family", ""
	if n.Family != "" {
		family, families = fmt.Sprintf("family %q", n.Family), fmt.Sprintf(", families: [%s]", n.Family)
	}
	return fmt.Sprintf("%s needs %s in %s; %s. Ask somebody with %s, or add a delegation: {subjects: [%s], rank: %d%s}",
		what, rank, family, a.power(n.Family, office), ask, a.subject(), n.Rank, families)
}

// lacksAny says that it takes a delegation of whatever rank.
func (a Actor) lacksAny(what string, office *v1alpha1.BackOffice) string {
	return fmt.Sprintf("%s needs a delegation of any rank; %s. Ask somebody who has one, or add a delegation: {subjects: [%s], rank: <number>}",
		what, a.power("", office), a.subject())
}

// power tells what the actor may do in a family, and where it comes from.
func (a Actor) power(family string, office *v1alpha1.BackOffice) string {
	of := office.Namespace + "/" + office.Name
	if len(a.Delegations) == 0 {
		return fmt.Sprintf("no delegation of BackOffice %s matches %q", of, a.Name)
	}
	var best *MatchedDelegation
	var elsewhere []string
	for i, d := range a.Delegations {
		switch {
		case !d.covers(family):
			elsewhere = append(elsewhere, fmt.Sprintf("spec.rank.delegations[%d]", d.Index))
		case best == nil || d.Rank < best.Rank:
			best = &a.Delegations[i]
		}
	}
	if best == nil {
		return fmt.Sprintf("%q has power in other families only (%s of BackOffice %s)", a.Name, strings.Join(elsewhere, ", "), of)
	}
	return fmt.Sprintf("%q has rank %d (spec.rank.delegations[%d] of BackOffice %s)", a.Name, best.Rank, best.Index, of)
}

// reasonNotAuthorized is no condition's reason: an object that its actor may not write is never stored. It stands in the webhook's log.
const reasonNotAuthorized = "NotAuthorized"

const serviceAccountPrefix = "system:serviceaccount:"

// subject is the actor as a subject of a delegation.
func (a Actor) subject() string {
	if rest, ok := strings.CutPrefix(a.Name, serviceAccountPrefix); ok {
		if namespace, name, ok := strings.Cut(rest, ":"); ok {
			return fmt.Sprintf("{kind: ServiceAccount, namespace: %s, name: %s}", namespace, name)
		}
	}
	return fmt.Sprintf("{kind: User, name: %s}", a.Name)
}

// forbidden is a refusal of the actor.
func forbidden(path *field.Path, message string) Violation {
	return Violation{
		Severity: Refuse, Reason: reasonNotAuthorized, Field: path, Kind: field.ErrorTypeForbidden, Message: message,
	}
}
