// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"strconv"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// The texts of what narrows access. By what an admission notes as lost, sessions end (store.EndsSessions): so each change of an object by which
// somebody may lose something has to lose a text, or to gain one that denies. A binding that comes in force with what its set denies is the
// store's own business, which knows the set.

// denials are the paths that are taken away.
func denials(paths []string) []string {
	var denials []string
	for _, path := range paths {
		denials = append(denials, store.Denies+path)
	}
	return denials
}

// lowerings are the entries that may leave less of a path than something else gives: None takes it away, and Read leaves Read where a path above
// it has Write, or in sets that inherit from each other, of which the nearest one wins.
func lowerings(permissions []v1alpha1.Permission, kin Kin) []string {
	var lowerings []string
	for _, p := range permissions {
		lowers := bool(kin) || strings.Contains(p.Path, "/")
		if p.Level == v1alpha1.LevelNone || p.Level == v1alpha1.LevelRead && lowers {
			lowerings = append(lowerings, store.Denies+"above "+string(p.Level)+" on "+p.Path)
		}
	}
	return lowerings
}

// holders are the types of accounts that may hold a set. Other types get nothing; a type that is added has what the set denies, too.
func holders(types []v1alpha1.AccountType) []string {
	if len(types) == 0 {
		return nil
	}
	return []string{"for types" + listed(" ", types), store.Denies + "to other types than" + listed(" ", types)}
}

// bounds are those of the time in which a binding is in force: outside of it, it gives nothing and denies nothing.
func bounds(b *v1alpha1.RoleBinding) []string {
	var bounds []string
	from, until := Window(b)
	if !from.IsZero() {
		at := from.Format(time.RFC3339)
		bounds = append(bounds, "from "+at, store.Denies+"before "+at)
	}
	if !until.IsZero() {
		at := until.Format(time.RFC3339)
		bounds = append(bounds, "until "+at, store.Denies+"after "+at)
	}
	return bounds
}

// origins are the networks from which a user may log in.
func origins(allowed []string) []string {
	var origins []string
	for _, network := range networks(allowed) {
		if network == store.AnyNetwork {
			return []string{anyNetwork}
		}
		origins = append(origins, "network "+network)
	}
	if origins == nil {
		return []string{anyNetwork}
	}
	return origins
}

const anyNetwork = "any network"

// narrowings are the filters that keep something back.
func narrowings(filters []v1alpha1.Filter) []string {
	var narrowings []string
	for _, f := range filters {
		if f.Mode != v1alpha1.FilterAll || f.EffectiveAccess() == v1alpha1.FilterReadOnly {
			narrowings = append(narrowings, store.Denies+"outside "+described(f))
		}
	}
	return narrowings
}

// describe tells the data that filters let through.
func describe(filters []v1alpha1.Filter) []string {
	var all []string
	for _, f := range filters {
		all = append(all, described(f))
	}
	return all
}

func described(f v1alpha1.Filter) string {
	text := f.Dimension + " " + string(f.Mode) +
		listed(" ", quoted(f.Values)) + listed(" groups ", quoted(f.Groups)) + listed(" tags ", quoted(f.Tags))
	if f.EffectiveAccess() == v1alpha1.FilterReadOnly {
		text += " (ReadOnly)"
	}
	return text
}

// quoted are free texts so that two lists of them never read the same: one with anything that separates them is quoted.
func quoted(values []string) []string {
	var out []string
	for _, v := range values {
		if strings.ContainsAny(v, " ,()\"\\") {
			v = strconv.Quote(v)
		}
		out = append(out, v)
	}
	return out
}
