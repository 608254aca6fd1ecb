// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// validator judges the requests for one kind. It answers with all that is wrong at once, as field errors whatever the rule, so that
// kubectl prints every one with its field. Where a fact cannot be read it refuses.
type validator[T client.Object, In any] struct {
	blank func() T
	facts gather.Admission
	self  string // the operator's user name
	// gather reads what the chains judge; old is nil on creation, obj on deletion.
	gather func(facts gather.Admission, ctx context.Context, req admission.Request, old, obj T) (In, error)
	// admission judges what is created or changed, deletion what is deleted.
	admission, deletion policy.Chain[In]
	// by changes who is judged.
	by func(In, policy.Actor) In
	// anew judges a change as if the old object had given nothing; nil where objects of the kind give nothing.
	anew policy.Rule[In]
	// changes tells what a change gives and takes, for a dry run; nil where objects of the kind give nothing.
	changes func(facts gather.Gatherer, ctx context.Context, old, obj T) ([]policy.Violation, error)
	// found is what the facts say about what a stamp may claim.
	found func(In) found
}

// Handle implements admission.Handler.
func (v *validator[T, In]) Handle(ctx context.Context, req admission.Request) admission.Response {
	old, obj, err := decoded(req, v.blank)
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	was, is := len(req.OldObject.Raw) > 0, len(req.Object.Raw) > 0
	switch {
	case req.Operation == admissionv1.Create && is && !was, req.Operation == admissionv1.Update && is && was:
		return v.written(ctx, req, old, obj)
	case req.Operation == admissionv1.Delete && was:
		return v.deleted(ctx, req, old)
	}
	return admission.Errored(http.StatusBadRequest, fmt.Errorf("a request to %s that cannot be understood", req.Operation))
}

// written answers to a creation or an update. What changes nothing that is judged passes. To lose our finalizer is to be deleted, for it is
// what withdraws the access in the end, and so is to get an owner, with which the garbage collector would delete the object.
func (v *validator[T, In]) written(ctx context.Context, req admission.Request, old, obj T) admission.Response {
	var before client.Object // no interface that holds a nil pointer
	if req.Operation == admissionv1.Update {
		before = old
	}
	c := changeOf(req.UserInfo, v.self, before, obj)
	loses, kept := !c.operator && losesFinalizer(before, obj), c.same && annotationOf(obj) == c.was
	switch {
	case !loses && kept, !loses && c.disowned && annotationOf(obj) == c.rehash():
		return admission.Allowed("")
	case kept:
		return v.removed(ctx, req, old)
	}
	facts := v.facts
	facts.Reviews = &oneReview{Reviews: v.facts.Reviews}
	claimed, _ := stamp.Of(obj)
	in, f, err := v.caughtUp(ctx, func() (In, error) { return v.gather(facts, ctx, req, old, obj) },
		func(f found) bool { return f.lags(claimed, req.UserInfo.Username, c.hash) })
	if err != nil {
		return unreadable(err)
	}
	violations := v.admission.Evaluate(in)
	if v.anew != nil && before != nil && !c.vouched(f.oldSets) {
		violations = append(violations, v.anew(in)...)
	}
	if loses || getsOwner(before, obj) {
		var none T
		parting, err := v.gather(facts, ctx, req, old, none)
		if err != nil {
			return unreadable(err)
		}
		violations = append(violations, v.deletion.Evaluate(v.by(parting, f.actor))...)
	}
	if !refuses(violations) {
		violations = append(violations, f.judge(claimed, req.UserInfo.Username, c.hash)...)
	}
	summary, err := v.summary(ctx, req, old, obj)
	if err != nil {
		return unreadable(err)
	}
	return answer{req, obj, claimed.ID, f.actor, append(violations, summary...)}.response(ctx)
}

// The cache of one replica may be behind that of the one which wrote the stamp. catchUp is for how long it is waited for, and catchUpPause how often
// it is looked at.
const catchUp, catchUpPause = 2 * time.Second, 20 * time.Millisecond

// caughtUp gathers the facts, and does so again for a moment while these lag behind.
func (v *validator[T, In]) caughtUp(ctx context.Context, gather func() (In, error), lags func(found) bool) (in In, f found, err error) {
	for range catchUp / catchUpPause {
		if in, err = gather(); err != nil {
			return in, f, err
		}
		if f = v.found(in); !lags(f) {
			return in, f, nil
		}
		select {
		case <-ctx.Done():
			return in, f, ctx.Err()
		case <-time.After(catchUpPause):
		}
	}
	return in, f, nil
}

// deleted answers to a deletion. The namespace controller may empty a namespace that is going. The garbage collector may delete what has owners
// by a stamp that fits: to write owner references takes the power to delete.
func (v *validator[T, In]) deleted(ctx context.Context, req admission.Request, old T) admission.Response {
	going, err := v.facts.NamespaceGoing(ctx, req)
	if err != nil {
		return unreadable(err)
	}
	if going || gather.IsGarbageCollector(req.UserInfo) && ownedByStamp(old) {
		return admission.Allowed("")
	}
	return v.removed(ctx, req, old)
}

// ownedByStamp tells whether an object has owners that somebody with power over it has admitted.
func ownedByStamp(o client.Object) bool {
	if len(o.GetOwnerReferences()) == 0 {
		return false
	}
	_, fits := stamp.Fitting(o)
	return fits
}

// removed judges whether the object may be deleted.
func (v *validator[T, In]) removed(ctx context.Context, req admission.Request, old T) admission.Response {
	var none T
	in, err := v.gather(v.facts, ctx, req, old, none)
	if err != nil {
		return unreadable(err)
	}
	summary, err := v.summary(ctx, req, old, none)
	if err != nil {
		return unreadable(err)
	}
	was, _ := stamp.Of(old)
	return answer{req, old, was.ID, v.found(in).actor, append(v.deletion.Evaluate(in), summary...)}.response(ctx)
}

// summary tells who asks for a dry run what the change would do. Nobody wants to read it at each request of a rollout.
func (v *validator[T, In]) summary(ctx context.Context, req admission.Request, old, obj T) ([]policy.Violation, error) {
	if v.changes == nil || !ptr.Deref(req.DryRun, false) {
		return nil, nil
	}
	return v.changes(v.facts.Gatherer, ctx, old, obj)
}

// oneReview asks the API server once: within a request it is always the same that is asked.
type oneReview struct {
	gather.Reviews
	answered *authorizationv1.SubjectAccessReview
}

// Create implements gather.Reviews.
func (r *oneReview) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	review, ok := o.(*authorizationv1.SubjectAccessReview)
	if ok && r.answered != nil {
		review.Status = r.answered.Status
		return nil
	}
	err := r.Reviews.Create(ctx, o, opts...)
	if err == nil {
		r.answered = review
	}
	return err
}

func losesFinalizer(old, obj client.Object) bool {
	return old != nil && slices.Contains(old.GetFinalizers(), v1alpha1.Finalizer) && !slices.Contains(obj.GetFinalizers(), v1alpha1.Finalizer)
}

// getsOwner tells whether an object that was there gets an owner.
func getsOwner(old, obj client.Object) bool {
	if old == nil {
		return false
	}
	for _, owner := range obj.GetOwnerReferences() {
		if !owns(old, owner) {
			return true
		}
	}
	return false
}
