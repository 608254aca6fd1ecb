// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// background is the operator: it finds what is in force by the standing chains, and remembers what a store would.
type background struct {
	*cluster
	// known are the stamps that the store has seen, by id, each with the object that it belongs to.
	known map[string]types.UID
	// access is what every user had when it was last looked at.
	access accesses
}

// inForce is what every user has now, with a cache that has seen everything.
func (b *background) inForce() accesses {
	shown := b.shown(&b.truth)
	g := gather.Gatherer{Reader: b.reader.reading(shown)}
	found := accesses{}
	for _, v := range shown.objects[userKind] {
		has := b.has(g, user(v))
		if !b.grants(shown, officeRef(v.obj)) {
			for leaf := range leaves {
				has[leaf] = has[leaf].lower(b.access[v.name][leaf])
			}
		}
		if has != (reach{}) {
			found[v.name] = has
		}
	}
	return found
}

// grants tells whether a back office gives anything new: one that is going, or was written past admission, only takes away.
func (b *background) grants(shown *view, name types.NamespacedName) bool {
	office := shown.find(officeKind, name)
	if office == nil || office.obj.GetDeletionTimestamp() != nil {
		return false
	}
	_, fits := stamp.Fitting(office.obj)
	return fits
}

// shown is a state as an operator takes it that looks at all objects anew: what it has said of them in their status does not count. An object
// whose stamp the store knows as another one's is not admitted.
func (b *background) shown(of *view) *view {
	shown := *of
	for _, k := range []kind{userKind, setKind, bindingKind} {
		shown.objects[k] = slices.Clone(shown.objects[k])
		for i, v := range shown.objects[k] {
			shown.objects[k][i] = v.unreported()
			id := stampID(v)
			if id == "" {
				continue
			}
			if uid, seen := b.known[id]; !seen {
				b.known[id] = v.obj.GetUID()
			} else if uid != v.obj.GetUID() {
				shown.objects[k][i] = versionOf(without(v.obj, v1alpha1.AnnotationAdmitted), v.memo)
			}
		}
	}
	return &shown
}

// unreported is the state without what the operator says of it.
func (v *version) unreported() *version {
	if len(*conditionsOf(v.obj)) == 0 {
		return v
	}
	if v.plain == nil {
		o := v.obj.DeepCopyObject().(client.Object)
		*conditionsOf(o) = nil
		v.plain = versionOf(o, v.memo)
	}
	return v.plain
}

// stampID is the id of a stamp that fits.
func stampID(v *version) string {
	const kept = "stamp"
	if ids, known := v.index[kept]; known {
		return ids[0]
	}
	if v.index == nil {
		v.index = map[string][]string{}
	}
	id := ""
	if s, fits := stamp.Fitting(v.obj); fits {
		id = s.ID
	}
	v.index[kept] = []string{id}
	return id
}

func without(o client.Object, annotation string) client.Object {
	o = o.DeepCopyObject().(client.Object)
	delete(o.GetAnnotations(), annotation)
	*conditionsOf(o) = nil
	return o
}

// has is what a user has by the chains.
func (b *background) has(g gather.Gatherer, u *v1alpha1.BackOfficeUser) reach {
	var has reach
	facts, err := g.UserStanding(b.ctx, u)
	if err != nil {
		panic(err)
	}
	if u.EffectiveState() != v1alpha1.StateActive || u.Held() || u.DeletionTimestamp != nil || refusal(policy.UserStanding.Evaluate(facts)) != nil {
		return has
	}
	world, grants, err := g.Holdings(b.ctx, u, facts.Office)
	if err != nil {
		panic(err)
	}
	grants = world.For(string(u.EffectiveAccountType()), grants)
	for _, part := range world.Parts(policy.FiltersOf(u.Spec.Filters), grants, time.Now()) {
		for leaf, name := range leaves {
			level := map[access.Level]int{access.Read: 1, access.Write: 2}[part.Content.At(name)]
			has[leaf] = has[leaf].higher(passing(part.Filters).lower(sight{level, level}))
		}
	}
	return has
}

// passing is what filters let through, as the model tells them.
func passing(filters []access.Filter) sight {
	s := everywhere
	for _, f := range filters {
		for cell, name := range cells {
			switch {
			case f.Mode == access.FilterNone, f.Mode == access.FilterOnly && !slices.Contains(f.Values, name):
				s[cell] = 0
			case f.ReadOnly:
				s[cell] = min(s[cell], 1)
			}
		}
	}
	return s
}

// refusal is the first violation that refuses.
func refusal(violations []policy.Violation) *policy.Violation {
	i := slices.IndexFunc(violations, func(v policy.Violation) bool { return v.Severity == policy.Refuse })
	if i < 0 {
		return nil
	}
	return &violations[i]
}

// report writes the status of an object as its controller would, from what the cache shows.
func (b *background) report(k kind, name types.NamespacedName) {
	seen, truth := b.cached.find(k, name), b.truth.find(k, name)
	if seen == nil || truth == nil || seen.obj.GetUID() != truth.obj.GetUID() {
		return
	}
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady, ObservedGeneration: seen.obj.GetGeneration(),
	}
	reason := b.reason(k, b.shown(&b.cached).find(k, name).obj)
	if reason != "" {
		ready.Status, ready.Reason = metav1.ConditionFalse, reason
	}
	obj := truth.obj.DeepCopyObject().(client.Object)
	changed := meta.SetStatusCondition(conditionsOf(obj), ready)
	if u, ok := obj.(*v1alpha1.BackOfficeUser); ok {
		state := v1alpha1.StateBlocked
		if reason == "" && !u.Held() {
			state = u.EffectiveState()
		}
		changed, u.Status.State = changed || state != u.Status.State, state
	}
	if changed {
		b.revise(obj)
		b.commit(k, versionOf(obj, truth.memo))
	}
}

// reason is why an object is not in force; empty where it is.
func (b *background) reason(k kind, o client.Object) string {
	g := gather.Gatherer{Reader: b.reader.reading(&b.cached)}
	var violations []policy.Violation
	var err error
	switch k {
	case userKind:
		var facts policy.UserInput
		facts, err = g.UserStanding(b.ctx, o.(*v1alpha1.BackOfficeUser))
		violations = policy.UserStanding.Evaluate(facts)
	case setKind:
		var facts policy.SetInput
		facts, err = g.SetStanding(b.ctx, o.(*v1alpha1.PermissionSet))
		violations = policy.SetStanding.Evaluate(facts)
	case bindingKind:
		var facts policy.BindingInput
		facts, err = g.BindingStanding(b.ctx, o.(*v1alpha1.RoleBinding))
		violations = policy.BindingStanding.Evaluate(facts)
		if err == nil && refusal(violations) == nil {
			return b.refusedSubjects(g, facts)
		}
	default:
		if _, fits := stamp.Fitting(o); !fits {
			return v1alpha1.ReasonNotAdmitted
		}
	}
	if err != nil {
		panic(err)
	}
	if v := refusal(violations); v != nil {
		return v.Reason
	}
	return ""
}

func (b *background) refusedSubjects(g gather.Gatherer, facts policy.BindingInput) string {
	users, _, err := g.SubjectsOf(b.ctx, facts.New)
	if err != nil {
		panic(err)
	}
	handing, err := g.HandingOf(b.ctx, facts.New, facts.NewSet, facts.Office)
	if err != nil {
		panic(err)
	}
	for _, u := range users {
		subject, err := handing.For(b.ctx, u)
		if err != nil {
			panic(err)
		}
		if refusal(policy.SubjectStanding.Evaluate(subject)) != nil {
			return v1alpha1.ReasonSubjectsRefused
		}
	}
	return ""
}

// finish lets an object go that is being deleted: the operator takes its finalizer away.
func (b *background) finish(k kind, v *version) *event {
	obj := v.obj.DeepCopyObject().(client.Object)
	obj.SetFinalizers(slices.DeleteFunc(slices.Clone(obj.GetFinalizers()), func(f string) bool { return f == v1alpha1.Finalizer }))
	return b.ask(attempt{who: identity{name: operator}, k: k, old: v, obj: obj})
}
