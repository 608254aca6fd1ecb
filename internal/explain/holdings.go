// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"slices"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// holdings are the bindings of a user that count, windows aside.
type holdings struct {
	world   access.World
	filters []access.Filter
	grants  []access.Grant
	now     time.Time
	// bindings are those of the grants, by their names.
	bindings map[string]*v1alpha1.RoleBinding
}

// add adds a binding. All bindings of a user are of one namespace: names tell them apart, also where none has a UID yet.
func (h *holdings) add(b *v1alpha1.RoleBinding) {
	grant := policy.GrantOf(b)
	grant.Name = b.Name
	h.grants, h.bindings[b.Name] = append(h.grants, grant), b
}

// moments are those at which a window begins or ends, from now on, in order.
func (h holdings) moments() []time.Time {
	var all []time.Time
	for _, g := range h.grants {
		for _, at := range []time.Time{g.NotBefore, g.ExpiresAt} {
			if at.After(h.now) {
				all = append(all, at.UTC())
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// paths are those of which something may be said: of a closed catalogue the leaves, else all that are named.
func (h holdings) paths(office *v1alpha1.BackOffice) []string {
	if office != nil && len(office.Spec.PermissionCatalog) > 0 {
		return desired.Leaves(office.Spec.PermissionCatalog)
	}
	return h.world.Statements(h.grants, h.now).Paths()
}

// permissions are those of the paths of which something is said.
func (h holdings) permissions(paths []string) []Permission {
	said := h.world.Statements(h.grants, h.now)
	later := h.later()
	narrowed := h.narrowed()
	var all []Permission
	for _, path := range paths {
		level, origins := said.Of(path)
		if len(origins) == 0 {
			continue
		}
		p := Permission{Path: path, Level: level.String(), Sources: h.sources(origins)}
		for _, l := range later {
			if then, _ := l.said.Of(path); then != level {
				p.Until = &l.from
				break
			}
		}
		if level > access.None {
			p.Data = dataOf(narrowed, path, level)
			if left := leftOf(narrowed, path); len(narrowed) > 0 && left < level {
				p.LeftByFilters = left.String()
			}
		}
		all = append(all, p)
	}
	return all
}

// period is what is said from a moment on.
type period struct {
	from time.Time
	said access.Statements
}

func (h holdings) later() []period {
	var periods []period
	for _, at := range h.moments() {
		periods = append(periods, period{at, h.world.Statements(h.grants, at)})
	}
	return periods
}

// narrowed are the parts that the grants give, where any filter narrows any of them.
func (h holdings) narrowed() []access.Part {
	if len(h.filters) == 0 && !slices.ContainsFunc(h.grants, func(g access.Grant) bool { return len(g.Filters) > 0 }) {
		return nil
	}
	return h.world.Parts(h.filters, h.grants, h.now)
}

// dataOf says on which data parts give a level: a text for each, none where one of them gives it on all data. What others give on more data, but
// less of it, follows.
func dataOf(parts []access.Part, path string, level access.Level) []string {
	var texts, lesser []string
	for _, p := range parts {
		given, narrowing := p.Content.At(path), strings.Join(policy.DataOf(narrowingOf(p.Filters)), ", ")
		switch {
		case given == level && narrowing == "":
			return nil
		case given == level:
			texts = append(texts, narrowing)
		case given > access.None && narrowing == "":
			lesser = append(lesser, given.String()+" on all data")
		case given > access.None:
			lesser = append(lesser, given.String()+" on "+narrowing)
		}
	}
	slices.Sort(texts)
	slices.Sort(lesser)
	return append(slices.Compact(texts), slices.Compact(lesser)...)
}

// leftOf is the highest level that parts leave of a path on whatever data.
func leftOf(parts []access.Part, path string) access.Level {
	highest := access.None
	for _, p := range parts {
		level := p.Content.At(path)
		for _, f := range p.Filters {
			switch {
			case f.Mode == access.FilterNone:
				level = access.None
			case f.ReadOnly:
				level = min(level, access.Read)
			}
		}
		highest = max(highest, level)
	}
	return highest
}

// narrowingOf leaves out filters that let all through. Of the others what they list is sorted, so that the same filter is told by the same text.
func narrowingOf(filters []access.Filter) []access.Filter {
	var narrowing []access.Filter
	for _, f := range filters {
		if f.Mode != access.FilterAll || f.ReadOnly {
			for _, list := range []*[]string{&f.Values, &f.Groups, &f.Tags} {
				*list = slices.Sorted(slices.Values(*list))
			}
			narrowing = append(narrowing, f)
		}
	}
	return narrowing
}

// sources are origins as they are told.
func (h holdings) sources(origins []access.Origin) []Source {
	sources := make([]Source, 0, len(origins))
	for _, o := range origins {
		b := h.bindings[o.Grant]
		s := Source{
			Kind: FromSet, Binding: o.Grant, Path: o.Path, Level: o.Level.String(), Decides: o.Decides,
			NotBefore: timeOf(b.Spec.NotBefore), ExpiresAt: timeOf(b.Spec.ExpiresAt),
		}
		for _, set := range o.Sets {
			s.Via = append(s.Via, strings.TrimPrefix(set, b.Namespace+"/"))
		}
		switch {
		case o.Denies:
			s.Kind = FromDeny
		case len(o.Sets) == 0:
			s.Kind = FromGrant
		}
		sources = append(sources, s)
	}
	return sources
}

// next is the next moment at which a window begins or ends; nil where none does.
func (h holdings) next() *time.Time {
	if moments := h.moments(); len(moments) > 0 {
		return &moments[0]
	}
	return nil
}
