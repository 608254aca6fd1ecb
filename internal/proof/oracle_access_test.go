// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// author is who brought an object into the state in which it is.
type author struct {
	name string
	at   time.Time
	has  powers
	// unjudged is true where the back office did not exist then.
	unjudged bool
}

// memory is what the oracle remembers of every object of a back office.
type memory struct {
	author
	// behind is true where the state was written past admission.
	behind bool
	// copied is true where it was written past admission, and is that of another object which was admitted, with its stamp.
	copied bool
	// opener is, of users and bindings, who let it reach all that it reaches.
	opener author
}

func (m memory) common() memory { return m }

// past tells whether an object counts for nothing because it was written past admission.
func (o oracle) past(m memory) bool { return m.behind || m.copied && !o.trusting }

type officeMemo struct {
	// lawful is the last state that somebody wrote who had the right to. It is nil where there is none.
	lawful *v1alpha1.BackOffice
}

type userMemo struct {
	memory
}

type bindingMemo struct {
	memory
	// judged are the sets that admission saw, with what it took then to hand them out.
	judged map[types.UID]need
	// mistyped are users over whose type of account the author had no power.
	mistyped []types.UID
	// ungiven are the leaves which the grants give, and which nobody put there who had them.
	ungiven [len(leaves)]bool
}

type setMemo struct {
	memory
	// beneath is true where the author did not reach the rank.
	beneath bool
	// ranked is when somebody last set rank or family, or let the set bypass filters.
	ranked time.Time
	// bypasser is who let it bypass filters last.
	bypasser author
	// ungiven are the leaves which the set gives, with what it inherits, and which nobody put there who had them.
	ungiven [len(leaves)]bool
	// reached are the extended sets that admission saw, and whether the author reached the rank of each and of all above it.
	reached map[types.UID]bool
}

// powersNow are the powers of an author: those of then, and where nobody's power was known then, also those that the name has now.
func (o oracle) powersNow(a author, office types.NamespacedName) powers {
	if !a.unjudged {
		return a.has
	}
	return slices.Concat(a.has, delegated(o.office(office), byName(a.name)))
}

// referred is the set that an object refers to; nil where it does not exist or may not be referred to.
func (o oracle) referred(from *version, ref v1alpha1.PermissionSetReference) *version {
	name, office := ref.In(from.name.Namespace), officeRef(from.obj)
	if name.Namespace != from.name.Namespace && name.Namespace != office.Namespace {
		return nil
	}
	if found := o.find(setKind, name); found != nil && officeRef(found.obj) == office {
		return found
	}
	return nil
}

// generation are the sets that lie at one distance from a set.
type generation []*version

// lineage are a set and all that it inherits from, by distance, as far as they may be followed. A nil follow follows all.
func (o oracle) lineage(s *version, follow func(from, to *version) bool) []generation {
	if follow != nil && !follow(nil, s) {
		return nil
	}
	seen := []*version{s}
	all := []generation{{s}}
	for last := all[0]; len(last) > 0; {
		var next generation
		for _, from := range last {
			for _, ref := range set(from).Spec.Extends {
				to := o.referred(from, ref)
				if to == nil || slices.Contains(seen, to) || follow != nil && !follow(from, to) {
					continue
				}
				seen, next = append(seen, to), append(next, to)
			}
		}
		all, last = append(all, next), next
	}
	return all
}

// inherits tells whether a set is another one or inherits from it.
func (o oracle) inherits(s *version, from types.NamespacedName) bool {
	return slices.ContainsFunc(slices.Concat(o.lineage(s, nil)...), func(x *version) bool { return x.name == from })
}

// inherited is what a set gives of a leaf: the deepest path decides, for one path the nearest set, at equal distance the higher level.
func inherited(lineage []generation, leaf int) int {
	deepest, level := -1, 0
	for _, sets := range lineage {
		above := deepest
		for _, s := range sets {
			for _, p := range set(s).Spec.Permissions {
				d := depth(p.Path)
				if !covers(p.Path, leaves[leaf]) || d <= above || d < deepest {
					continue
				}
				if d > deepest {
					deepest, level = d, levelOf(p.Level)
				} else {
					level = max(level, levelOf(p.Level))
				}
			}
		}
	}
	return level
}

// full is what a set gives of a leaf as the objects stand there, whoever wrote them.
func (o oracle) full(s *version, leaf int) int { return inherited(o.lineage(s, nil), leaf) }

// given is what a set gives of a leaf, and does not deny, with all it inherits.
func (o oracle) given(s *version, leaf int) int {
	if o.setDenies(s, leaf) {
		return 0
	}
	return o.full(s, leaf)
}

// lawful is what a set gives of a leaf as far as it was put there by who might: what must be left out may not make more of the rest.
func (o oracle) lawful(s *version, leaf int) int {
	vouched := inherited(o.lineage(s, func(from, to *version) bool { return o.vouched(to, leaf) && o.linked(from, to, leaf) }), leaf)
	return min(vouched, o.full(s, leaf))
}

// vouched tells whether what a set gives of a leaf, by itself or by what it inherits, was put there by who might.
func (o oracle) vouched(s *version, leaf int) bool {
	m := s.memo.(*setMemo)
	if o.past(m.memory) || m.beneath || m.ungiven[leaf] {
		return false
	}
	return !m.unjudged || o.coversAll(m.author, s, leaf)
}

// linked tells whether who let a set extend another one might. One that admission did not see takes power over it as it is now.
func (o oracle) linked(from, to *version, leaf int) bool {
	if from == nil {
		return true
	}
	m := from.memo.(*setMemo)
	if reached, judged := m.reached[to.obj.GetUID()]; judged {
		return reached
	}
	return m.unjudged || o.coversAll(m.author, to, leaf)
}

// coversAll tells whether an author has power over a set and all that it inherits from, and has what it gives of a leaf.
func (o oracle) coversAll(a author, s *version, leaf int) bool {
	lineage := o.lineage(s, nil)
	level := inherited(lineage, leaf)
	return o.powersNow(a, officeRef(s.obj)).some(func(p power) bool { return p.has[leaf] >= level && reachesAll(p, lineage) })
}

func reachesAll(p power, lineage []generation) bool {
	for _, s := range slices.Concat(lineage...) {
		if !p.reaches(needOf(set(s))) {
			return false
		}
	}
	return true
}

// held is a binding that a user has, with its set.
type held struct {
	binding, set *version
}

// certain tells whether admission judged the binding for its set: of others the operator may withhold more than it has to, and what they deny
// with it.
func (h held) certain() bool {
	_, judged := h.binding.memo.(*bindingMemo).judged[h.set.obj.GetUID()]
	return judged
}

// bindings are those that name or select a user and are not being deleted, whatever becomes of them.
func (o oracle) bindings(u *version) []*version {
	var all []*version
	for _, b := range o.objects[bindingKind] {
		if b.obj.GetDeletionTimestamp() == nil && concerns(b, u) {
			all = append(all, b)
		}
	}
	return all
}

// concerns tells whether a binding names or selects a user.
func concerns(b, u *version) bool {
	return b.name.Namespace == u.name.Namespace && officeRef(b.obj) == officeRef(u.obj) && matches(binding(b), user(u))
}

func matches(b *v1alpha1.RoleBinding, u *v1alpha1.BackOfficeUser) bool {
	return slices.Contains(b.Spec.Subjects, v1alpha1.RoleBindingSubject{Name: u.Name}) ||
		b.Spec.Selector != nil && selects(b.Spec.Selector.MatchLabels, u.Labels)
}

// standing are the bindings by which a user may have something now.
func (o oracle) standing(u *version) []held {
	if o.objectionToUser(u) != "" {
		return nil
	}
	var all []held
	for _, b := range o.bindings(u) {
		h := held{b, o.referred(b, binding(b).Spec.PermissionSetRef)}
		if o.objectionToHolding(h, u) == "" {
			all = append(all, h)
		}
	}
	return all
}

// may is the most that a user may have now.
func (o oracle) may(u *version) levels {
	var most levels
	all := o.standing(u)
	for leaf := range leaves {
		for _, h := range all {
			most[leaf] = max(most[leaf], o.setMay(h.set, leaf), o.grantMay(h.binding, leaf))
		}
		if slices.ContainsFunc(all, func(h held) bool { return h.certain() && o.denies(h, leaf) }) {
			most[leaf] = 0
		}
	}
	return most
}

// strongest is the smallest rank by family that a user holds.
func (o oracle) strongest(u *version) map[string]int32 {
	ranks := map[string]int32{}
	for _, h := range o.standing(u) {
		n := needOf(set(h.set))
		if rank, known := ranks[n.family]; !known || n.rank < rank {
			ranks[n.family] = n.rank
		}
	}
	return ranks
}

// setMay is what may come of a leaf by a set: what was lawfully put there, within the bounds of the set's namespace.
func (o oracle) setMay(s *version, leaf int) int {
	b := o.boundsOf(o.office(officeRef(s.obj)), s.name.Namespace)
	if !b.admitted || !b.permits[leaf] {
		return 0
	}
	for _, x := range slices.Concat(o.lineage(s, nil)...) {
		if b.capped && needOf(set(x)).rank < b.rank {
			return 0
		}
	}
	return o.lawful(s, leaf)
}

// gives is what a binding grants of a leaf and does not deny itself.
func gives(b v1alpha1.RoleBindingSpec, leaf int) int {
	if denied(b.Deny, leaves[leaf]) {
		return 0
	}
	return granted(b.Grants, leaves[leaf])
}

// grantMay is what may come of a leaf by the grants of a binding.
func (o oracle) grantMay(b *version, leaf int) int {
	m := b.memo.(*bindingMemo)
	level, office := gives(binding(b).Spec, leaf), officeRef(b.obj)
	if m.ungiven[leaf] || !o.boundsOf(o.office(office), b.name.Namespace).permits[leaf] ||
		m.unjudged && !o.powersNow(m.author, office).have(leaf, level) {
		return 0
	}
	return level
}

// denies tells whether a binding, or its set, keeps a leaf from its users whatever others give.
func (o oracle) denies(h held, leaf int) bool {
	return denied(binding(h.binding).Spec.Deny, leaves[leaf]) || o.setDenies(h.set, leaf)
}

func (o oracle) setDenies(s *version, leaf int) bool {
	return slices.ContainsFunc(slices.Concat(o.lineage(s, nil)...), func(x *version) bool { return denied(set(x).Spec.Deny, leaves[leaf]) })
}
