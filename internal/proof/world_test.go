// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// world is a cluster with its operator, and what is done in it.
type world struct {
	background
	plan plan
	// deletions are the requests by which objects are going, by UID.
	deletions map[types.UID]*event
	// past are states of objects that were admitted once, which a backup may have.
	past  []*version
	tally *tally
}

// tally counts what happened in all sequences, so that a run in which nothing happened does not pass for a proof.
type tally struct {
	sequences, steps, stale, events int
	having, effective, narrowed     int
}

// plan says how often what is done. Each list is drawn from, and what stands in it more often is drawn more often.
type plan struct {
	starts  []start
	steps   []string
	actors  []identity
	kinds   []kind
	methods []string
	// stale is how many requests there are to one that is judged by a cache which is behind.
	stale int
	// finds are the kinds of complaint that count.
	finds []string
}

func usual() plan {
	return plan{
		finds:   []string{handedOut, lifted, taken},
		starts:  []start{bare, furnished, furnished, dangling, officeless},
		steps:   []string{"ask", "ask", "ask", "ask", "ask", "ask", "ask", "ask", "wait", "report", "finish", "restore", "relabel", "collect"},
		actors:  actors,
		kinds:   []kind{bindingKind, userKind, setKind, bindingKind, userKind, setKind, bindingKind, userKind, setKind, officeKind},
		methods: []string{"update", "create", "delete", "update", "create", "tamper"},
		stale:   3,
	}
}

func newWorld(ctx context.Context, p plan, counts *tally) *world {
	w := &world{plan: p, deletions: map[types.UID]*event{}, tally: counts}
	w.background = background{cluster: newCluster(ctx), known: map[string]types.UID{}, access: accesses{}}
	for name, labels := range map[string]map[string]string{"shop": nil, "alpha": nil, "beta": {"tier": "gold"}, "stray": nil} {
		w.name(name, labels)
	}
	w.catchUp()
	return w
}

// fork is another world in the same state.
func (w *world) fork() *world {
	forked := *w
	forked.cluster = w.cluster.fork()
	forked.known, forked.access, forked.deletions = maps.Clone(w.known), maps.Clone(w.access), maps.Clone(w.deletions)
	forked.past = slices.Clone(w.past)
	return &forked
}

// name writes a namespace.
func (w *world) name(name string, labels map[string]string) {
	namespace := gather.NamespaceMetadata()
	namespace.Name, namespace.Labels = name, labels
	w.commit(namespaceKind, versionOf(namespace, nil))
}

// sequence draws what happens, and looks at everything after each step.
func (w *world) sequence(t *rapid.T) {
	w.tally.sequences++
	t.Repeat(map[string]func(*rapid.T){"step": w.step})
	w.tally.having += len(w.access)
}

func (w *world) step(t *rapid.T) {
	w.tally.steps++
	step := transition{was: moment(new(w.truth), time.Now()), before: w.access}
	what := pick(t, "step", w.plan.steps)
	revision := w.written
	switch what {
	case "ask":
		step.fresh = w.sync(t)
		step.event = w.ask(w.draw(t))
	case "wait":
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		revision = -1
	case "report":
		w.catchUp()
		k := pick(t, "kind", []kind{userKind, setKind, bindingKind, officeKind})
		w.report(k, anyName(t, k))
	case "finish":
		step.event = w.finishOne(t)
	case "restore":
		step.restored = w.restore(t)
	case "relabel":
		w.name("beta", pick(t, "labels", []map[string]string{{"tier": "gold"}, {"tier": "tin"}}))
		revision = -1
	case "collect":
		step.event = w.collect()
	}
	if step.event != nil {
		w.remember(step.event)
	}
	if w.written == revision {
		return
	}
	t.Logf("%s: %v", what, told{w, step})
	w.look(t, step)
}

// told is a step for the log of a counterexample.
type told struct {
	w    *world
	step transition
}

func (s told) String() string {
	if e := s.step.event; e != nil {
		return fmt.Sprintf("%s, with a cache that has seen everything: %t\n\tfrom %s\n\tto   %s", e.who.name, s.step.fresh, describe(e.old), describe(e.to))
	}
	if s.step.restored != nil {
		return "past admission\n\tto   " + describe(s.step.restored)
	}
	return fmt.Sprint(time.Now().Format(time.TimeOnly))
}

// look compares what everybody has with what the oracle permits.
func (w *world) look(t *rapid.T, step transition) {
	w.access = w.inForce()
	step.after, step.is = w.access, moment(new(w.truth), time.Now())
	for _, has := range w.access {
		for leaf := range leaves {
			if has[leaf] != (sight{}) {
				w.tally.effective++
			}
			if has[leaf] != (sight{}) && has[leaf][0] != has[leaf][1] {
				w.tally.narrowed++
			}
		}
	}
	wrong := step.complaint()
	if what, _, _ := strings.Cut(wrong, ":"); slices.Contains(w.plan.finds, what) {
		t.Fatalf("%s", wrong)
	}
}

// sync lets the cache see everything, or, now and then, some of it. It tells whether there is nothing more to see.
func (w *world) sync(t *rapid.T) bool {
	if !oneIn(t, "stale", w.plan.stale) {
		w.catchUp()
		return true
	}
	w.deliverSome(t)
	if w.behind() {
		w.tally.stale++
	}
	return !w.behind()
}

func (w *world) deliverSome(t *rapid.T) {
	for k := range kinds {
		if pending := w.pending(k); pending > 0 {
			w.deliver(k, rapid.IntRange(0, pending).Draw(t, k.String()+" events"))
		}
	}
}

// draw draws a request.
func (w *world) draw(t *rapid.T) attempt {
	k := pick(t, "kind", w.plan.kinds)
	a := attempt{k: k, who: pick(t, "actor", w.plan.actors)}
	if k == officeKind && !oneIn(t, "not the owner", 8) {
		a.who = owner
	}
	name := anyName(t, k)
	a.old = w.truth.find(k, name)
	method := pick(t, "method", w.plan.methods)
	switch {
	case a.old == nil:
		a.obj = fresh(t, k, name)
	case method == "delete" && a.old.obj.GetDeletionTimestamp() == nil:
	default:
		a.obj = a.old.obj.DeepCopyObject().(client.Object)
		if method == "tamper" {
			tamper(t, a.obj, w.truth.objects[k])
		} else {
			edit(t, a.obj)
		}
	}
	if a.who.name == firefighter.name && a.obj != nil {
		a.obj.SetAnnotations(with(a.obj.GetAnnotations(), v1alpha1.AnnotationBreakGlass, fmt.Sprint("at ", time.Now().UnixMilli())))
	}
	if oneIn(t, "meanwhile", 8) {
		a.meanwhile = func() { w.deliverSome(t) }
	}
	return a
}

// remember keeps what later steps need.
func (w *world) remember(e *event) {
	w.tally.events++
	if e.obj == nil && e.to != nil {
		w.deletions[e.old.obj.GetUID()] = e
	}
	if e.to != nil && e.authored() {
		w.past = append(w.past, e.to)
	}
}

// finishOne lets one object go that is being deleted. Whoever had it deleted answers for that.
func (w *world) finishOne(t *rapid.T) *event {
	var going []*version
	for k := range namespaceKind {
		for _, v := range w.truth.objects[k] {
			if v.obj.GetDeletionTimestamp() != nil {
				going = append(going, v)
			}
		}
	}
	if len(going) == 0 {
		return nil
	}
	v := pick(t, "going", going)
	done := w.finish(kindOf(v.obj), v)
	if by := w.deletions[v.obj.GetUID()]; done != nil && by != nil && by.to == v {
		done.who, done.seen, done.has, done.obj = by.who, by.seen, by.has, nil
	}
	return done
}

// collect is the garbage collector: it deletes the first object whose owners are gone.
func (w *world) collect() *event {
	w.catchUp()
	for _, k := range []kind{userKind, setKind, bindingKind} {
		for _, v := range w.truth.objects[k] {
			if len(v.obj.GetOwnerReferences()) > 0 && v.obj.GetDeletionTimestamp() == nil {
				return w.ask(attempt{who: collector, k: k, old: v})
			}
		}
	}
	return nil
}

// restore writes an object past admission: an edit of one that is there, or what a backup has.
func (w *world) restore(t *rapid.T) *version {
	if len(w.past) == 0 || oneIn(t, "edit", 2) {
		return w.editBehind(t)
	}
	v := pick(t, "backup", w.past)
	k := kindOf(v.obj)
	obj := v.obj.DeepCopyObject().(client.Object)
	obj.SetDeletionTimestamp(nil)
	if pick(t, "with its stamp", []bool{true, false}) {
		obj.SetAnnotations(nil)
	}
	if there := w.truth.find(k, v.name); there != nil {
		obj.SetUID(there.obj.GetUID())
		obj.SetDeletionTimestamp(there.obj.GetDeletionTimestamp())
	} else {
		obj.SetUID(types.UID(fmt.Sprintf("restored-%d", w.written)))
	}
	return w.smuggle(k, obj, v.memo)
}

// editBehind changes an object while the webhooks are not there.
func (w *world) editBehind(t *rapid.T) *version {
	k := pick(t, "kind", []kind{bindingKind, setKind, userKind, officeKind})
	v := w.truth.find(k, anyName(t, k))
	if v == nil {
		return nil
	}
	obj := v.obj.DeepCopyObject().(client.Object)
	edit(t, obj)
	if equal(v, obj) {
		return nil
	}
	return w.smuggle(k, obj, v.memo)
}

// smuggle writes an object past admission. One that is again as it was admitted once, with its stamp and its UID, is as admitted as it was then.
func (w *world) smuggle(k kind, obj client.Object, memo any) *version {
	memo = marked(memo, memory{behind: true})
	for _, v := range w.past {
		if kindOf(v.obj) != k || v.obj.GetAnnotations()[admitted] != obj.GetAnnotations()[admitted] ||
			!equality.Semantic.DeepEqual(substance(v.obj), substance(obj)) {
			continue
		}
		if v.obj.GetUID() == obj.GetUID() {
			memo = v.memo
			break
		}
		memo = marked(v.memo, memory{copied: true})
	}
	w.revise(obj)
	v := versionOf(obj, memo)
	w.commit(k, v)
	return v
}

// marked is the memo of an object that was written past admission. Of a BackOffice the last lawful state counts.
func marked(memo any, how memory) any {
	switch memo := memo.(type) {
	case *userMemo:
		marked := *memo
		marked.behind, marked.copied = how.behind, how.copied
		return &marked
	case *setMemo:
		marked := *memo
		marked.behind, marked.copied = how.behind, how.copied
		return &marked
	case *bindingMemo:
		marked := *memo
		marked.behind, marked.copied = how.behind, how.copied
		return &marked
	default:
		return memo
	}
}

// write is a request in the beginning, which has to pass.
func (w *world) write(who identity, obj client.Object) {
	k := kindOf(obj)
	a := attempt{who: who, k: k, old: w.truth.find(k, client.ObjectKeyFromObject(obj)), obj: obj}
	w.catchUp()
	e := w.ask(a)
	if e == nil {
		panic(fmt.Sprintf("%s may not write %s %s/%s", who.name, k, obj.GetNamespace(), obj.GetName()))
	}
	w.remember(e)
	w.access = w.inForce()
}
