// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/webhook"
)

// operator is the user that the operator is.
const operator = "system:serviceaccount:backoffice-operator-system:backoffice-operator-controller-manager"

// collector is the garbage collector of Kubernetes.
var collector = identity{name: "system:serviceaccount:kube-system:generic-garbage-collector"}

// cluster is an API server with our webhooks, and the cache behind it that they read.
type cluster struct {
	watched
	ctx       context.Context
	reader    *reader
	webhooks  map[string]admission.Handler
	written   int // counts writes: UIDs and resource versions follow from it
	escalates map[string]bool
	admitted  map[string]int // by operation and kind
	refused   map[string]int
}

func newCluster(ctx context.Context) *cluster {
	c := &cluster{
		ctx: log.IntoContext(ctx, logr.Discard()), escalates: map[string]bool{owner.name: true, firefighter.name: true},
		admitted: map[string]int{}, refused: map[string]int{},
	}
	c.reader = newReader(c.ctx, &c.cached)
	c.serve()
	return c
}

// fork is another cluster in the same state. What is counted is counted together.
func (c *cluster) fork() *cluster {
	forked := *c
	forked.log, forked.seen = [kinds][]change{}, [kinds]int{}
	forked.cached = forked.truth
	forked.reader = c.reader.reading(&forked.cached)
	forked.serve()
	return &forked
}

func (c *cluster) serve() {
	facts := gather.Admission{Gatherer: gather.Gatherer{Reader: c.reader}, Live: c.reader, Reviews: c}
	c.webhooks = webhook.Handlers(facts, operator)
}

// Create implements [gather.Reviews]: a table says who has the verb escalate.
func (c *cluster) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	review := o.(*authorizationv1.SubjectAccessReview)
	review.Status.Allowed = c.escalates[review.Spec.User]
	return nil
}

// attempt is a request. Without a new object it is to delete, without an old one to create.
type attempt struct {
	who identity
	k   kind
	old *version
	obj client.Object
	// meanwhile happens between the two webhooks.
	meanwhile func()
}

// event is a request that was admitted and changed something.
type event struct {
	attempt
	// to is the new state; nil where the object is gone at once.
	to *version
	// seen are the states by which the request was judged: as the cache had it when the first and the second webhook looked, and the truth.
	seen []oracle
	// has are the requester's powers in each of them.
	has []powers
}

// ask brings a request to the API server. It returns nil where it was refused or changes nothing.
func (c *cluster) ask(a attempt) *event {
	time.Sleep(time.Millisecond)
	e := &event{attempt: a}
	e.look(&c.cached)
	called := c.calls(a)
	operation := operationOf(a)
	if called && operation != admissionv1.Delete {
		c.mutate(c.webhooks["/admit"].Handle(c.ctx, c.request(a)), a.obj)
	}
	if a.meanwhile != nil {
		a.meanwhile()
	}
	if a.obj != nil {
		c.prepare(a)
		if equal(a.old, a.obj) || immutable(a.old, a.obj) {
			return nil
		}
	}
	e.look(&c.cached)
	if called {
		name := string(operation) + " " + a.k.String()
		path := "/validate-access-backoffice-operator-io-v1alpha1-" + strings.ToLower(a.k.String())
		if !c.webhooks[path].Handle(c.ctx, c.request(a)).Allowed {
			c.refused[name]++
			return nil
		}
		c.admitted[name]++
	}
	e.look(&c.truth)
	e.weigh(c)
	c.store(e)
	return e
}

// look remembers a state by which the request is judged.
func (e *event) look(at *view) {
	e.seen = append(e.seen, oracle{view: new(*at), now: time.Now(), trusting: true})
}

// store writes what was admitted.
func (c *cluster) store(e *event) {
	switch {
	case e.obj != nil && e.obj.GetDeletionTimestamp() != nil && len(e.obj.GetFinalizers()) == 0,
		e.obj == nil && len(e.old.obj.GetFinalizers()) == 0:
		c.remove(e.k, e.old.name)
	case e.obj == nil:
		e.to = versionOf(dying(e.old.obj), e.old.memo)
		c.revise(e.to.obj)
		c.commit(e.k, e.to)
	default:
		e.to = versionOf(e.obj, nil)
		e.to.memo = e.memo()
		c.commit(e.k, e.to)
	}
}

func dying(o client.Object) client.Object {
	o = o.DeepCopyObject().(client.Object)
	o.SetDeletionTimestamp(new(metav1.Now()))
	o.SetGeneration(o.GetGeneration() + 1)
	return o
}

func (c *cluster) revise(o client.Object) {
	c.written++
	o.SetResourceVersion(fmt.Sprint(c.written))
}

// prepare sets what the API server sets.
func (c *cluster) prepare(a attempt) {
	if a.old == nil {
		a.obj.SetUID(types.UID(fmt.Sprintf("uid-%d", c.written)))
		a.obj.SetCreationTimestamp(metav1.Now())
		a.obj.SetGeneration(1)
	} else if !equality.Semantic.DeepEqual(specOf(a.old.obj), specOf(a.obj)) {
		a.obj.SetGeneration(a.obj.GetGeneration() + 1)
	}
	if !equal(a.old, a.obj) {
		c.revise(a.obj)
	}
}

func equal(old *version, obj client.Object) bool {
	return old != nil && equality.Semantic.DeepEqual(old.obj, obj)
}

// immutable tells whether the schema refuses a change.
func immutable(old *version, obj client.Object) bool {
	return old != nil && officeRef(old.obj) != officeRef(obj)
}

func operationOf(a attempt) admissionv1.Operation {
	switch {
	case a.obj == nil:
		return admissionv1.Delete
	case a.old == nil:
		return admissionv1.Create
	}
	return admissionv1.Update
}

func (c *cluster) request(a attempt) admission.Request {
	var req admission.Request
	req.Operation = operationOf(a)
	req.Kind = metav1.GroupVersionKind{Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Kind: a.k.String()}
	req.UserInfo = authenticationv1.UserInfo{Username: a.who.name, Groups: a.who.groups}
	if a.old != nil {
		if a.old.raw == nil {
			a.old.raw = encoded(a.old.obj)
		}
		req.Name, req.Namespace, req.OldObject.Raw = a.old.name.Name, a.old.name.Namespace, a.old.raw
	}
	if a.obj != nil {
		req.Name, req.Namespace, req.Object.Raw = a.obj.GetName(), a.obj.GetNamespace(), encoded(a.obj)
	}
	return req
}

func encoded(o client.Object) []byte {
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return raw
}

// mutate applies a patch. Our webhook writes our annotation and our finalizer and nothing else.
func (c *cluster) mutate(answer admission.Response, o client.Object) {
	if !answer.Allowed {
		panic("the mutating webhook refuses nothing: " + answer.Result.Message)
	}
	annotations := maps.Clone(o.GetAnnotations())
	for _, p := range answer.Patches {
		switch {
		case p.Path == "/metadata/finalizers" && p.Operation == "add":
			o.SetFinalizers(p.Value.([]string))
		case p.Path == "/metadata/finalizers/-" && p.Operation == "add":
			o.SetFinalizers(append(slices.Clone(o.GetFinalizers()), p.Value.(string)))
		case strings.HasPrefix(p.Path, "/metadata/annotations"):
			annotations = annotated(annotations, p)
		default:
			panic("our webhook may not " + p.Json())
		}
	}
	o.SetAnnotations(annotations)
}

func annotated(annotations map[string]string, p jsonpatch.Operation) map[string]string {
	name := strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.TrimPrefix(strings.TrimPrefix(p.Path, "/metadata/annotations"), "/"))
	switch value := p.Value.(type) {
	case map[string]string:
		return value
	case string:
		if name != v1alpha1.AnnotationAdmitted {
			panic("our webhook may not " + p.Json())
		}
		annotations[name] = value
	case nil:
		if name == "" {
			return nil
		}
		delete(annotations, name)
	}
	return annotations
}

// calls tells whether the match conditions of config/webhook let the webhooks be called.
func (c *cluster) calls(a attempt) bool {
	if a.who.name == operator || a.old == nil || a.obj == nil {
		return a.who.name != operator
	}
	old, obj := a.old.obj, a.obj
	_, stamped := obj.GetAnnotations()[v1alpha1.AnnotationAdmitted]
	return !equality.Semantic.DeepEqual(specOf(old), specOf(obj)) || !maps.Equal(old.GetLabels(), obj.GetLabels()) ||
		!slices.EqualFunc(old.GetOwnerReferences(), obj.GetOwnerReferences(), func(a, b metav1.OwnerReference) bool { return equality.Semantic.DeepEqual(a, b) }) ||
		!maps.Equal(ours(old), ours(obj)) || finalized(old) != finalized(obj) || old.GetDeletionTimestamp() == nil && !stamped || wanting(old)
}

// ours are the annotations that mean something to the operator.
func ours(o client.Object) map[string]string {
	found := map[string]string{}
	for name, value := range o.GetAnnotations() {
		if strings.HasPrefix(name, v1alpha1.AnnotationPrefix) {
			found[name] = value
		}
	}
	return found
}

func finalized(o client.Object) bool { return slices.Contains(o.GetFinalizers(), v1alpha1.Finalizer) }

// wanting tells whether the operator has said that nobody stands behind the object who might.
func wanting(o client.Object) bool {
	ready := meta.FindStatusCondition(*conditionsOf(o), v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionFalse &&
		slices.Contains([]string{v1alpha1.ReasonNotAdmitted, v1alpha1.ReasonNotAuthorized, v1alpha1.ReasonSubjectsRefused}, ready.Reason)
}

func conditionsOf(o client.Object) *[]metav1.Condition {
	return o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions()
}

func specOf(o client.Object) any {
	switch o := o.(type) {
	case *v1alpha1.BackOffice:
		return o.Spec
	case *v1alpha1.BackOfficeUser:
		return o.Spec
	case *v1alpha1.PermissionSet:
		return o.Spec
	case *v1alpha1.RoleBinding:
		return o.Spec
	}
	return nil
}
