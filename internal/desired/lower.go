// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// What the store is to hold while a back office is suspended: of each object what gives no more than the store holds already, and no more than is
// wanted. So what is taken away is taken away at once, also by a change that gives something else; and what would be given waits. To lower a record
// that was lowered to the same one changes nothing. Where two lists have nothing in common that a record can tell, it gives nothing.

// LowerUser returns what a user keeps while nothing new is given. The identity, which is the login, the e-mail address, the phone and the settings,
// stays as it is; the rows of bindings are the caller's business.
func LowerUser(held, wanted store.User) store.User {
	out := wanted
	out.Login, out.Email, out.Phone, out.Settings = held.Login, held.Email, held.Phone, held.Settings
	if held.AccountType != store.AccountTypeAdministrator { // of any other two types none is known to be the lesser
		out.AccountType = held.AccountType
	}
	if accessOf(held.State) < accessOf(wanted.State) {
		out.State = held.State
	}
	if held.Held && !wanted.Held {
		out.Held, out.HoldReason = true, held.HoldReason
	}
	out.Filters = lowerFilters(held.Filters, wanted.Filters)
	networks, some := lowerNetworks(held.Networks, wanted.Networks)
	if some {
		out.Networks = networks
	}
	out.InForce = held.InForce && wanted.InForce && some
	return out
}

// accessOf orders the states of accounts by what they give.
func accessOf(state string) int {
	return slices.Index([]string{store.StateDeactivated, store.StateBlocked, store.StateActive}, state)
}

// lowerNetworks are those within both lists; some is false where there are none, which no list can tell: an empty one restricts nothing.
func lowerNetworks(held, wanted []string) (networks []string, some bool) {
	switch {
	case slices.Equal(held, wanted), unrestricted(held) && !unrestricted(wanted):
		return wanted, true
	case unrestricted(wanted):
		return held, true
	}
	for _, a := range held {
		for _, b := range wanted {
			if narrower, ok := lowerNetwork(a, b); ok {
				networks = append(networks, narrower)
			}
		}
	}
	return sorted(networks), len(networks) > 0
}

func unrestricted(networks []string) bool {
	return len(networks) == 0 || slices.Contains(networks, store.AnyNetwork)
}

// lowerNetwork is the one of two prefixes that lies within the other.
func lowerNetwork(a, b string) (string, bool) {
	p, errA := netip.ParsePrefix(a)
	q, errB := netip.ParsePrefix(b)
	switch {
	case errA != nil || errB != nil || !p.Overlaps(q):
		return "", false
	case p.Bits() >= q.Bits():
		return a, true
	}
	return b, true
}

// lowerFilters are the filters that let through what both lists do. A dimension without a filter is not narrowed.
func lowerFilters(held, wanted []store.Filter) []store.Filter {
	out := slices.Clone(wanted)
	for _, h := range held {
		i := slices.IndexFunc(out, func(f store.Filter) bool { return f.Dimension == h.Dimension })
		if i < 0 {
			out = append(out, h)
		} else {
			out[i] = lowerFilter(h, out[i])
		}
	}
	slices.SortFunc(out, func(a, b store.Filter) int { return strings.Compare(a.Dimension, b.Dimension) })
	return out
}

func lowerFilter(held, wanted store.Filter) store.Filter {
	out := wanted
	switch {
	case wanted.Mode == string(v1alpha1.FilterAll):
		out = held
	case held.Mode == string(v1alpha1.FilterAll), wanted.Mode == string(v1alpha1.FilterNone):
	case held.Mode != wanted.Mode:
		out = store.Filter{Dimension: held.Dimension, Mode: string(v1alpha1.FilterNone)}
	case held.Mode == string(v1alpha1.FilterOwned), held.Mode == string(v1alpha1.FilterNone):
	default:
		out.Values, out.Groups, out.Tags = common(held.Values, wanted.Values), common(held.Groups, wanted.Groups), common(held.Tags, wanted.Tags)
		if len(out.Values)+len(out.Groups)+len(out.Tags) == 0 {
			out = store.Filter{Dimension: held.Dimension, Mode: string(v1alpha1.FilterNone)}
		}
	}
	out.Access = wanted.Access
	if held.Access == string(v1alpha1.FilterReadOnly) {
		out.Access = held.Access
	}
	if len(out.Values) > 0 && !slices.Contains(out.Values, out.Default) {
		out.Default = ""
	}
	return out
}

// common are the items of both lists, nil where there are none.
func common(held, wanted []string) []string {
	return sorted(slices.DeleteFunc(slices.Clone(wanted), func(item string) bool { return !slices.Contains(held, item) }))
}

// nowhere stands in lists of which an empty one would be no restriction: the leaf of a catalogue that is in no set, and a type that no account has.
const nowhere = "(suspended)"

// LowerOffice returns the policy that counts while nothing new is given. More seats give nothing by themselves.
func LowerOffice(held, wanted store.Office) store.Office {
	out := wanted
	out.TwoFactorRequired = held.TwoFactorRequired || wanted.TwoFactorRequired
	out.NeverReuse = held.NeverReuse || wanted.NeverReuse
	switch {
	case len(held.Catalog) == 0:
		return out
	case len(wanted.Catalog) == 0:
		out.Catalog = held.Catalog
		return out
	}
	out.Catalog = nil
	for _, leaf := range wanted.Catalog {
		if slices.ContainsFunc(held.Catalog, func(h string) bool { return covers(h, leaf) }) {
			out.Catalog = append(out.Catalog, leaf)
		}
	}
	for _, leaf := range held.Catalog {
		if slices.ContainsFunc(wanted.Catalog, func(w string) bool { return covers(w, leaf) }) {
			out.Catalog = append(out.Catalog, leaf)
		}
	}
	if out.Catalog = sorted(out.Catalog); out.Catalog == nil {
		out.Catalog = []string{nowhere}
	}
	return out
}

// covers tells whether a path is another one or above it.
func covers(path, other string) bool { return path == other || strings.HasPrefix(other, path+"/") }
