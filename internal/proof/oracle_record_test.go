// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// admitted is the annotation that tells who an object's author is.
const admitted = "access.backoffice-operator.io/admitted"

// weigh finds the requester's powers in each state that was seen.
func (e *event) weigh(c *cluster) {
	office := officeRef(e.subject())
	for _, o := range e.seen {
		has := o.powersOf(e.who, office)
		if len(has) == 0 && c.escalates[e.who.name] && e.breaksGlass() && o.find(officeKind, office) != nil {
			has = everything()
		}
		e.has = append(e.has, has)
	}
}

func (e *event) subject() client.Object {
	if e.obj != nil {
		return e.obj
	}
	return e.old.obj
}

// breaksGlass tells whether the request sets or changes the annotation break-glass, or deletes what the same user has changed by it.
func (e *event) breaksGlass() bool {
	reason, asked := e.subject().GetAnnotations()[v1alpha1.AnnotationBreakGlass]
	if e.old == nil || !asked {
		return asked
	}
	if e.obj == nil {
		return e.k != officeKind && authorOf(e.old).name == e.who.name
	}
	before, had := e.old.obj.GetAnnotations()[v1alpha1.AnnotationBreakGlass]
	return !had || before != reason
}

func authorOf(v *version) author { return v.memo.(interface{ common() memory }).common().author }

// lawless tells whether nobody's power was known when admission looked: the back office did not exist.
func (e *event) lawless() bool {
	return e.seen[1].find(officeKind, officeRef(e.subject())) == nil
}

// substance is what an author answers for.
func substance(o client.Object) []any {
	annotations := maps.Clone(o.GetAnnotations())
	maps.DeleteFunc(annotations, func(name, _ string) bool {
		return !strings.HasPrefix(name, v1alpha1.AnnotationPrefix) || name == admitted || name == v1alpha1.AnnotationReconcileRequestedAt
	})
	labels := o.GetLabels()
	if len(labels) == 0 {
		labels = nil
	}
	if len(annotations) == 0 {
		annotations = nil
	}
	return []any{specOf(o), labels, o.GetOwnerReferences(), annotations}
}

// authored tells whether the requester answers for the new state: it changes something, or is written into it as its author.
func (e *event) authored() bool {
	if e.who.name == operator || e.who.name == collector.name || e.obj == nil {
		return false
	}
	return e.old == nil || e.old.obj.GetAnnotations()[admitted] != e.obj.GetAnnotations()[admitted] || !equality.Semantic.DeepEqual(substance(e.old.obj), substance(e.obj))
}

// memo is what the oracle remembers of the new state.
func (e *event) memo() any {
	if !e.authored() {
		return e.old.memo
	}
	m := memory{author: author{name: e.who.name, at: time.Now(), has: slices.Concat(e.has...), unjudged: e.lawless()}}
	switch e.k { //nolint:exhaustive // The others have nothing to remember.
	case officeKind:
		return e.officeMemo()
	case userKind:
		return e.userMemo(m)
	case setKind:
		return e.setMemo(m)
	}
	return e.bindingMemo(m)
}

func (e *event) officeMemo() any {
	if slices.ContainsFunc([]identity{owner, firefighter}, func(i identity) bool { return i.name == e.who.name }) {
		return &officeMemo{lawful: e.obj.(*v1alpha1.BackOffice)}
	}
	if e.old != nil {
		return e.old.memo
	}
	return &officeMemo{}
}

// inSome tells whether something holds in one of the states by which the request was judged: what a cache shows is true a moment before.
func (e *event) inSome(holds func(o oracle, has powers) bool) bool {
	for i, o := range e.seen {
		if holds(o, e.has[i]) {
			return true
		}
	}
	return false
}

// bounds of the namespace of the object.
func (e *event) bounds(o oracle) bounds {
	office := o.office(officeRef(e.subject()))
	if office == nil {
		return bounds{}
	}
	return o.boundsOf(office, e.subject().GetNamespace())
}

func (e *event) bindingMemo(m memory) *bindingMemo {
	m.opener = m.author
	if !e.opens() {
		m.opener = e.opener(m, e.old.memo.(*bindingMemo).memory)
	}
	b := &bindingMemo{memory: m, judged: map[types.UID]need{}}
	if m.unjudged {
		return b
	}
	spec := binding(e.to).Spec
	for i, o := range e.seen {
		if s := o.referred(e.to, spec.PermissionSetRef); s != nil {
			n := needOf(set(s))
			if known, ok := b.judged[s.obj.GetUID()]; !ok || !m.has.reach(known) && e.has[i].reach(n) {
				b.judged[s.obj.GetUID()] = n
			}
		}
	}
	for leaf := range leaves {
		after := gives(spec, leaf)
		b.ungiven[leaf] = !e.inSome(func(o oracle, has powers) bool {
			if e.old != nil && within(binding(e.old), binding(e.to)) && after <= o.grantLawful(e.old, leaf) {
				return true
			}
			if s := o.referred(e.to, spec.PermissionSetRef); s != nil {
				return o.setDenies(s, leaf) || has.reachWith(needOf(set(s)), leaf, after)
			}
			return has.have(leaf, after)
		})
	}
	b.mistyped = e.wrongTypes()
	return b
}

// grantLawful is what the grants of a binding give of a leaf as far as somebody put it there who might.
func (o oracle) grantLawful(b *version, leaf int) int {
	m := b.memo.(*bindingMemo)
	level := gives(binding(b).Spec, leaf)
	if o.past(m.memory) || m.ungiven[leaf] || m.unjudged && !o.powersNow(m.author, officeRef(b.obj)).have(leaf, level) {
		return 0
	}
	return level
}

// within tells whether a binding reaches nobody after a change whom it did not reach before, with the same set, at the same time.
func within(old, to *v1alpha1.RoleBinding) bool {
	before, after := old.Spec, to.Spec
	for _, s := range after.Subjects {
		if !slices.Contains(before.Subjects, s) {
			return false
		}
	}
	sooner := before.NotBefore != nil && (after.NotBefore == nil || after.NotBefore.Before(before.NotBefore))
	longer := before.ExpiresAt != nil && (after.ExpiresAt == nil || before.ExpiresAt.Before(after.ExpiresAt))
	return !sooner && !longer && before.PermissionSetRef.In(old.Namespace) == after.PermissionSetRef.In(to.Namespace) &&
		(after.Selector == nil || equality.Semantic.DeepEqual(before.Selector, after.Selector))
}

// wrongTypes are the users of the new binding over whose accounts the requester has no power in any state.
func (e *event) wrongTypes() []types.UID {
	var wrong []types.UID
	for _, u := range e.seen[len(e.seen)-1].objects[userKind] {
		if !e.inSome(func(o oracle, has powers) bool {
			seen := o.find(userKind, u.name)
			if seen == nil || seen.obj.GetUID() != u.obj.GetUID() || !slices.Contains(o.with(bindingKind, e.to).bindings(seen), e.to) {
				return true
			}
			if s := o.referred(e.to, binding(e.to).Spec.PermissionSetRef); s != nil {
				return has.reachFor(needOf(set(s)), typeOf(user(seen)))
			}
			return has.concern(typeOf(user(seen)))
		}) {
			wrong = append(wrong, u.obj.GetUID())
		}
	}
	return wrong
}

// with is the oracle for the state with one object in another state.
func (o oracle) with(k kind, to *version) oracle {
	o.view = o.view.with(k, to)
	return o
}

func (e *event) setMemo(m memory) *setMemo {
	s := &setMemo{memory: m, ranked: m.at, bypasser: e.bypassed(m), reached: map[types.UID]bool{}}
	after := needOf(set(e.to))
	var old *setMemo
	if e.old != nil {
		old = e.old.memo.(*setMemo)
		more := bypasses(set(e.to)) && !bypasses(set(e.old))
		if needOf(set(e.old)) == after && !more && !e.seen[0].past(old.memory) {
			s.ranked = old.ranked
		}
	}
	if m.unjudged {
		return s
	}
	s.beneath = !e.inSome(func(o oracle, has powers) bool {
		return has.reach(after) && (old == nil || has.reach(e.bounds(o).cap(needOf(set(e.old)))))
	})
	e.to.memo = &setMemo{memory: m} // as if it were all lawful, while it is being looked at
	for leaf := range leaves {
		s.ungiven[leaf] = !e.inSome(func(o oracle, has powers) bool {
			level := o.with(setKind, e.to).given(e.to, leaf)
			if e.old != nil && level <= o.with(setKind, e.old).lawful(e.old, leaf) {
				return true
			}
			return has.reachWith(after, leaf, level)
		})
	}
	e.reach(s, old)
	return s
}

// reach finds the extended sets of which the requester reaches all ranks, or of which somebody did before.
func (e *event) reach(s, old *setMemo) {
	for i, o := range e.seen {
		for _, ref := range set(e.to).Spec.Extends {
			parent := o.referred(e.to, ref)
			if parent == nil {
				continue
			}
			uid := parent.obj.GetUID()
			lineage := slices.Concat(o.lineage(parent, nil)...)
			s.reached[uid] = s.reached[uid] || old != nil && old.reached[uid] ||
				!slices.ContainsFunc(lineage, func(x *version) bool { return !e.has[i].reach(needOf(set(x))) })
		}
	}
}
