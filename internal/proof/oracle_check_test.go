// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// accesses are what every user has, without those who have nothing.
type accesses map[types.NamespacedName]reach

// transition is what happened, and what everybody had before and after.
type transition struct {
	// event is nil where nobody asked for it.
	*event
	// restored is what was written past admission.
	restored      *version
	before, after accesses
	was, is       oracle
	// fresh is true where the cache had seen everything when it was asked.
	fresh bool
}

// complaint is what is wrong after a transition; empty where nothing is.
func (t transition) complaint() string {
	for _, u := range t.is.objects[userKind] {
		had := reach{}
		if t.is.tampered(officeRef(u.obj)) { // it gives nothing new, and takes away what it can
			had = t.before[u.name]
		}
		if wrong := t.is.beyond(u, had, t.after[u.name]); wrong != "" {
			return wrong
		}
	}
	if t.event == nil || t.who.name == collector.name || t.who.name == operator {
		return ""
	}
	for _, check := range []func() string{t.reach, t.lift, t.take} {
		if wrong := check(); wrong != "" {
			return wrong
		}
	}
	return ""
}

// tampered tells whether a back office was written past admission.
func (o oracle) tampered(name types.NamespacedName) bool {
	found := o.find(officeKind, name)
	if found == nil {
		return false
	}
	lawful := found.memo.(*officeMemo).lawful
	return lawful == nil || !equality.Semantic.DeepEqual(substance(found.obj), substance(lawful))
}

// beyond says what a user has that it had not and may not have.
func (o oracle) beyond(u *version, had, has reach) string {
	if has == (reach{}) {
		return ""
	}
	may := o.reachMay(u)
	for leaf, name := range leaves {
		for cell, of := range cells {
			if has[leaf][cell] > max(may[leaf][cell], had[leaf][cell]) {
				return fmt.Sprintf("HANDED OUT: user %s has %s of %s at level %d and may have %d: %s",
					u.name, name, of, has[leaf][cell], may[leaf][cell], o.explain(u, leaf))
			}
		}
	}
	return ""
}

// explain says what comes of a leaf by each binding of a user, and why no more.
func (o oracle) explain(u *version, leaf int) string {
	if objection := o.objectionToUser(u); objection != "" {
		return objection
	}
	var text []string
	for _, b := range o.bindings(u) {
		h := held{b, o.referred(b, binding(b).Spec.PermissionSetRef)}
		objection := o.objectionToHolding(h, u)
		if objection == "" {
			objection = fmt.Sprintf("its set gives %d, of which %d are lawful and %d within the bounds; its grants may give %d of %d; it denies: %t; the filters let through %v, of which %v are lawful",
				o.full(h.set, leaf), o.lawful(h.set, leaf), o.setMay(h.set, leaf),
				o.grantMay(b, leaf), granted(binding(b).Spec.Grants, leaves[leaf]), o.denies(h, leaf),
				o.sightBy(h, u), o.sightMay(h, u))
		}
		text = append(text, fmt.Sprintf("binding %s: %s", b.name, objection))
	}
	return strings.Join(text, "; ")
}

// reach tells whether somebody changed what takes more power than it had.
func (t transition) reach() string {
	lost := t.obj != nil && t.old != nil && finalized(t.old.obj) && !finalized(t.obj)
	if t.k == officeKind || t.obj != nil && !t.authored() && !lost {
		return ""
	}
	if t.inSome(func(o oracle, has powers) bool {
		return o.find(officeKind, officeRef(t.subject())) == nil || t.demands(o).met(has)
	}) {
		return ""
	}
	return fmt.Sprintf("TOUCHED: %s does not reach %s %s/%s", t.who.name, t.k, t.subject().GetNamespace(), t.subject().GetName())
}

// lift tells whether somebody took a denial away from a user who had not what was denied.
func (t transition) lift() string {
	if t.k == officeKind {
		return ""
	}
	for _, u := range t.is.objects[userKind] {
		before := t.was.find(userKind, u.name)
		if before == nil {
			continue
		}
		if wrong := t.liftOf(u, before); wrong != "" {
			return wrong
		}
	}
	return ""
}

func (t transition) liftOf(u, before *version) string {
	for leaf, name := range leaves {
		for cell, of := range cells {
			level := t.after[u.name][leaf][cell]
			if level <= t.before[u.name][leaf][cell] || !t.denied(t.was, before, leaf) || t.inSome(func(o oracle, has powers) bool {
				seen := o.find(userKind, u.name)
				may := has.some(func(p power) bool { return p.has[leaf] >= level && p.sees[cell] >= level })
				return may || seen == nil || !t.denied(o, seen, leaf)
			}) {
				continue
			}
			return fmt.Sprintf("LIFTED: %s gave user %s %s of %s at level %d by taking a denial away", t.who.name, u.name, name, of, level)
		}
	}
	return ""
}

// denied tells whether a binding that a user has keeps a leaf from it: the one that was changed, or one that hands out the set that was changed or
// one that inherits from it. Where the user was changed it may be any.
func (t transition) denied(o oracle, u *version, leaf int) bool {
	changed := types.NamespacedName{Namespace: t.subject().GetNamespace(), Name: t.subject().GetName()}
	return slices.ContainsFunc(o.standing(u), func(h held) bool {
		concerned := t.k == userKind || t.k == bindingKind && h.binding.name == changed || t.k == setKind && o.inherits(h.set, changed)
		return concerned && o.denies(h, leaf)
	})
}

// take tells whether somebody took from a user whose protection it did not reach what did not come by the set that was changed.
func (t transition) take() string {
	if !t.fresh || t.k == officeKind {
		return ""
	}
	for name, before := range t.before {
		u := t.was.find(userKind, name)
		if u == nil || slices.ContainsFunc(t.has, func(has powers) bool { return t.was.touches(has, u) }) {
			continue
		}
		if t.k == setKind {
			elsewhere := t.was.mayWithout(u, t.subject())
			for leaf := range leaves {
				before[leaf] = before[leaf].lower(elsewhere[leaf])
				if now := t.is.find(userKind, name); now != nil && t.is.bindingDenies(now, leaf) {
					before[leaf] = sight{} // a binding that waited for the set says so
				}
			}
		}
		for leaf := range leaves {
			if after := t.after[name][leaf]; before[leaf].lower(after) != before[leaf] {
				return fmt.Sprintf("TAKEN: %s took %s from user %s, whom it does not reach", t.who.name, leaves[leaf], name)
			}
		}
	}
	return ""
}

// bindingDenies tells whether a binding that a user has keeps a leaf from it, whatever its set does.
func (o oracle) bindingDenies(u *version, leaf int) bool {
	return slices.ContainsFunc(o.standing(u), func(h held) bool { return denied(binding(h.binding).Spec.Deny, leaves[leaf]) })
}

// complete tells whether all is there that a set inherits from, and nothing inherits from itself: else it gives nothing.
func (o oracle) complete(s *version) bool {
	return !slices.ContainsFunc(slices.Concat(o.lineage(s, nil)...), func(x *version) bool {
		return slices.ContainsFunc(set(x).Spec.Extends, func(ref v1alpha1.PermissionSetReference) bool {
			parent := o.referred(x, ref)
			return parent == nil || o.inherits(parent, x.name)
		})
	})
}

// mayWithout is what a user may have by bindings of sets that have nothing to do with one set.
func (o oracle) mayWithout(u *version, set interface {
	GetNamespace() string
	GetName() string
},
) reach {
	name := types.NamespacedName{Namespace: set.GetNamespace(), Name: set.GetName()}
	var most reach
	for _, h := range o.standing(u) {
		if o.inherits(h.set, name) || !o.complete(h.set) {
			continue
		}
		for leaf := range leaves {
			level := max(o.setMay(h.set, leaf), o.grantMay(h.binding, leaf))
			most[leaf] = most[leaf].higher(o.sightMay(h, u).lower(sight{level, level}))
		}
	}
	return most
}

// describe is an object as far as it matters.
func describe(v *version) string {
	if v == nil {
		return "nothing"
	}
	o := v.obj
	text := fmt.Sprintf("%s %s uid=%s %s", kindOf(o), v.name, o.GetUID(), encoded(o))
	return strings.ReplaceAll(text, v1alpha1.AnnotationPrefix, "")
}
