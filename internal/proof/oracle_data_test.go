// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// entities is the dimension by which data is told apart, and cells are the data that is looked at.
const entities = "entities"

var cells = [...]string{"de", "fr"}

// sight is what may be done with the data of each cell: 0 is nothing, 1 Read, 2 Write.
type sight [len(cells)]int

// everywhere is the sight of who is not narrowed.
var everywhere = sight{2, 2}

func (s sight) lower(than sight) sight {
	for cell := range cells {
		s[cell] = min(s[cell], than[cell])
	}
	return s
}

func (s sight) higher(than sight) sight {
	for cell := range cells {
		s[cell] = max(s[cell], than[cell])
	}
	return s
}

// sightOf is what filters let through, all of them together.
func sightOf(filters []v1alpha1.Filter) sight {
	s := everywhere
	for _, f := range filters {
		for cell, name := range cells {
			if f.Dimension == entities {
				s[cell] = min(s[cell], through(f, name))
			}
		}
	}
	return s
}

func through(f v1alpha1.Filter, cell string) int {
	switch {
	case f.Mode == v1alpha1.FilterNone, f.Mode == v1alpha1.FilterOnly && !slices.Contains(f.Values, cell):
		return 0
	case f.Access == v1alpha1.FilterReadOnly:
		return 1
	}
	return 2
}

func bypasses(s *v1alpha1.PermissionSet) bool { return slices.Contains(s.Spec.BypassFilters, entities) }

// reach is what somebody has of each leaf, on the data of each cell.
type reach [len(leaves)]sight

// see is the most that one of the powers for which something holds may give access to.
func (ps powers) see(holds func(power) bool) sight {
	var s sight
	for _, p := range ps {
		if holds(p) {
			s = s.higher(p.sees)
		}
	}
	return s
}

// opener is who let an object reach all that it reaches, where the event lets it reach no more: whoever did before, where somebody was judged.
func (e *event) opener(m, old memory) author {
	if e.old == nil || old.behind || old.copied || old.opener.unjudged || m.unjudged || wanting(e.old.obj) {
		return m.author
	}
	return old.opener
}

func (e *event) userMemo(m memory) *userMemo {
	m.opener = m.author
	if e.old == nil {
		return &userMemo{m}
	}
	before, after := user(e.old), user(e.to)
	was, is := sightOf(before.Spec.Filters), sightOf(after.Spec.Filters)
	if maps.Equal(before.Labels, after.Labels) && typeOf(before) == typeOf(after) && is.lower(was) == is {
		m.opener = e.opener(m, e.old.memo.(*userMemo).memory)
	}
	return &userMemo{m}
}

// opens tells whether a binding reaches more than it did before the event: for others, at other times, more of something, or on more data.
func (e *event) opens() bool {
	if e.old == nil {
		return true
	}
	before, after := binding(e.old), binding(e.to)
	is := sightOf(after.Spec.Filters)
	if !within(before, after) || is.lower(sightOf(before.Spec.Filters)) != is {
		return true
	}
	for leaf := range leaves {
		if granted(after.Spec.Grants, leaves[leaf]) > granted(before.Spec.Grants, leaves[leaf]) {
			return true
		}
	}
	return e.inSome(func(o oracle, _ powers) bool { // the set is one that nobody was judged for
		s := o.referred(e.to, after.Spec.PermissionSetRef)
		return s != nil && !e.old.memo.(*bindingMemo).saw(s.obj.GetUID())
	})
}

func (m *bindingMemo) saw(set types.UID) bool {
	_, judged := m.judged[set]
	return judged
}

// permits tells whether accounts of a type may hold a set: it, and all that it inherits from, is for such accounts.
func (o oracle) permits(s *version, t v1alpha1.AccountType) bool {
	return !slices.ContainsFunc(slices.Concat(o.lineage(s, nil)...), func(x *version) bool {
		types := set(x).Spec.AccountTypes
		return len(types) > 0 && !slices.Contains(types, t)
	})
}

// considered is when somebody last looked at what a binding hands out: whoever changed it or, since, the rank of its set, or what that bypasses.
func (o oracle) considered(h held) time.Time {
	m, ranked := h.binding.memo.(*bindingMemo), h.set.memo.(*setMemo).ranked
	if m.saw(h.set.obj.GetUID()) && ranked.After(m.at) {
		return ranked
	}
	return m.at
}

// sightMay is the data on which a user may have something by a binding: what the filters let through, as far as whoever let them might. A bypass
// is answered for by whoever came last, of who let the set bypass filters and who bound it.
func (o oracle) sightMay(h held, u *version) sight {
	bm, um, sm := h.binding.memo.(*bindingMemo), u.memo.(*userMemo), h.set.memo.(*setMemo)
	office := officeRef(u.obj)
	is := o.sightBy(h, u)
	opener, bypassed := bm.opener, bypasses(set(h.set))
	if bypassed && sm.bypasser.at.After(opener.at) {
		opener = sm.bypasser
	}
	now := needOf(set(h.set))
	then, seen := bm.judged[h.set.obj.GetUID()]
	if !seen {
		then = now
	}
	is = is.lower(o.powersNow(opener, office).see(func(p power) bool { return p.reaches(then) || p.reaches(now) || opener.name != bm.opener.name }))
	if um.opener.at.After(o.considered(h)) {
		is = is.lower(o.powersNow(um.opener, office).see(func(p power) bool { return p.concerns(typeOf(user(u))) }))
	}
	return is
}

// sightBy is what the filters let through for a user by a binding, whoever wrote them.
func (o oracle) sightBy(h held, u *version) sight {
	if bypasses(set(h.set)) {
		return everywhere
	}
	return sightOf(user(u).Spec.Filters).lower(sightOf(binding(h.binding).Spec.Filters))
}

// reachMay is the most that a user may have now, on which data.
func (o oracle) reachMay(u *version) reach {
	var most reach
	all := o.standing(u)
	for leaf := range leaves {
		if slices.ContainsFunc(all, func(h held) bool { return h.certain() && o.denies(h, leaf) }) {
			continue
		}
		for _, h := range all {
			level := max(o.setMay(h.set, leaf), o.grantMay(h.binding, leaf))
			if level > 0 {
				most[leaf] = most[leaf].higher(o.sightMay(h, u).lower(sight{level, level}))
			}
		}
	}
	return most
}

// sees is the data that a user has something of.
func (o oracle) sees(u *version) sight {
	var s sight
	for _, h := range o.standing(u) {
		s = s.higher(o.sightMay(h, u))
	}
	return s
}

// bypassed finds who let the set bypass filters last.
func (e *event) bypassed(m memory) author {
	if e.old == nil || !bypasses(set(e.to)) {
		return m.author
	}
	old := e.old.memo.(*setMemo)
	if !bypasses(set(e.old)) || e.seen[0].past(old.memory) || old.bypasser.unjudged || m.unjudged || wanting(e.old.obj) {
		return m.author
	}
	return old.bypasser
}

// permitted are the types of accounts that may hold a set after the event and could not before.
func (e *event) permitted(o oracle) []v1alpha1.AccountType {
	if e.old == nil || e.obj == nil || equality.Semantic.DeepEqual(specOf(e.old.obj), specOf(e.obj)) {
		return nil
	}
	return slices.DeleteFunc([]v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAffiliate}, func(t v1alpha1.AccountType) bool {
		return o.with(setKind, e.old).permits(e.old, t) || !o.with(setKind, e.to).permits(e.to, t)
	})
}
