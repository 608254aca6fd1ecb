// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// GivesNothing tells whether a binding gives nothing to anybody; it may deny.
func GivesNothing(b store.RoleBinding) bool {
	none := func(e store.Entry) bool { return e.Level == "None" }
	return !b.InForce || b.PermissionSetUID == "" && !slices.ContainsFunc(b.Grants, func(e store.Entry) bool { return !none(e) })
}

// LowerBinding returns what a binding keeps while nothing new is given; of one that is not in the store held is the zero record. sets are the
// families of the two sets that the records hand out, which are looked at where these differ: a binding of another set hands that out where it gives
// no more, and else no set at all, and denies what either of them does.
func LowerBinding(held, wanted store.RoleBinding, sets Sets) store.RoleBinding {
	switch {
	case !wanted.InForce:
		return wanted
	case GivesNothing(held):
		return denyingOnly(held, wanted, sets)
	}
	out := wanted
	out.NotBefore, out.ExpiresAt = later(held.NotBefore, wanted.NotBefore), earlier(held.ExpiresAt, wanted.ExpiresAt)
	out.Deny = sorted(slices.Concat(held.Deny, wanted.Deny))
	out.Filters = lowerFilters(held.Filters, wanted.Filters)
	is, wants := contentOf(held.Grants), contentOf(wanted.Grants)
	if !wants.within(is) {
		out.Grants = lowerEntries(held.Grants, is, wants, content{})
	}
	if held.PermissionSetUID == wanted.PermissionSetUID {
		return out
	}
	out.Deny = sorted(slices.Concat(out.Deny, lost(sets)))
	if !sets.lower() {
		out.PermissionSetUID = ""
		out.Deny = sorted(slices.Concat(out.Deny, sets.Wanted.denials()))
	}
	return out
}

// denyingOnly is the binding without what it gives: with what its set denies, and with what it denied before.
func denyingOnly(held, wanted store.RoleBinding, sets Sets) store.RoleBinding {
	out := wanted
	out.PermissionSetUID, out.Grants, out.Filters = "", nil, nil
	out.Deny = sorted(slices.Concat(wanted.Deny, sets.Wanted.denials()))
	if held.InForce {
		out.Deny = sorted(slices.Concat(out.Deny, held.Deny))
	}
	out.InForce = len(out.Deny) > 0
	return out
}

// Sets are the sets that a binding hands out and is to hand out, each with those that it inherits from.
type Sets struct {
	Held, Wanted Family
}

// lower tells whether the wanted set gives no more than the other one does, and to no other accounts.
func (s Sets) lower() bool {
	is, holders := s.Held.types()
	wants, some := s.Wanted.types()
	types, _ := lowerTypes(is, wants)
	return holders && some && slices.Equal(types, wants) &&
		len(common(s.Held.Set.Bypass, s.Wanted.Set.Bypass)) == len(s.Wanted.Set.Bypass) &&
		s.Wanted.content().within(s.Held.content())
}

// lost are the paths that the wanted set does not deny, and the other one does.
func lost(s Sets) []string {
	still := s.Wanted.denials()
	return slices.DeleteFunc(s.Held.denials(), func(path string) bool { return slices.Contains(still, path) })
}

// later is the later one of two beginnings; zero is unbounded.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier is the earlier one of two ends; zero is unbounded.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
