// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// stepsTimeout bounds the steps of one reconcile. It is shorter than what is left for the status write, so that a slow store cannot stop
// the report of its slowness.
const stepsTimeout = 30 * time.Second

// staleAfter is when a reconcile is repeated for which the cache was behind.
const staleAfter = time.Second

// Object is an API object with the status that this package writes.
type Object interface {
	client.Object
	GetConditions() *[]metav1.Condition
	SetObservedGeneration(generation int64)
}

// Scoped is the memory of one reconcile, which its steps share.
type Scoped[T Object] interface {
	// Subject is the object that is reconciled: a copy of its own.
	Subject() T
}

// Step is one thing to do.
type Step[S any] func(ctx context.Context, s S) error

// Runner writes what the steps found.
type Runner struct {
	Client   client.Client
	Recorder events.EventRecorder
}

// Run runs the steps until one has an outcome, and writes the status if it has changed: at most one write, after the one which adds the
// finalizer to a new object.
func Run[T Object, S Scoped[T]](ctx context.Context, r *Runner, s S, steps ...Step[S]) (ctrl.Result, error) {
	o := s.Subject()
	if err := r.addFinalizer(ctx, o); err != nil {
		return settle(err)
	}
	before := o.DeepCopyObject().(T)
	outcome := runSteps(ctx, s, steps)
	if errors.As(outcome, new(Release)) {
		return settle(r.removeFinalizer(ctx, o))
	}
	if later, ok := errors.AsType[Later](outcome); ok {
		return ctrl.Result{RequeueAfter: later.After}, nil
	}
	if apierrors.IsConflict(outcome) {
		return ctrl.Result{RequeueAfter: staleAfter}, nil
	}
	summarize(o, outcome)
	if err := r.writeStatus(ctx, before, o); err != nil {
		return settle(err)
	}
	return schedule(outcome)
}

func runSteps[S any](ctx context.Context, s S, steps []Step[S]) error {
	ctx, cancel := context.WithTimeout(ctx, stepsTimeout)
	defer cancel()
	for _, step := range steps {
		if err := step(ctx, s); err != nil {
			return unwrap(err)
		}
	}
	return nil
}

// unwrap finds the outcome in a wrapped error.
func unwrap(err error) error {
	var (
		wait  Wait
		stall Stall
		done  Done
	)
	switch {
	case errors.As(err, &wait):
		return wait
	case errors.As(err, &stall):
		return stall
	case errors.As(err, &done):
		return done
	}
	return err
}

func schedule(outcome error) (ctrl.Result, error) {
	switch out := outcome.(type) { //nolint:errorlint // Unwrapped before.
	case nil:
		return ctrl.Result{}, nil
	case Done:
		return ctrl.Result{RequeueAfter: out.After}, nil
	case Wait:
		return ctrl.Result{RequeueAfter: out.After}, nil
	case Stall:
		return ctrl.Result{RequeueAfter: out.After}, nil
	}
	return ctrl.Result{}, outcome
}

// settle drops the error of an object that has gone meanwhile, and repeats the reconcile of one that has changed: its event may be none that wakes us,
// as where the garbage collector takes a finalizer of its own away at the moment at which we take ours.
func settle(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: staleAfter}, nil
	}
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

// addFinalizer marks the object before the first write to the store, so that no deletion can be missed.
func (r *Runner) addFinalizer(ctx context.Context, o Object) error {
	if !o.GetDeletionTimestamp().IsZero() || controllerutil.ContainsFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	before := o.DeepCopyObject().(client.Object)
	controllerutil.AddFinalizer(o, v1alpha1.Finalizer)
	return r.Client.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

func (r *Runner) removeFinalizer(ctx context.Context, o Object) error {
	before := o.DeepCopyObject().(client.Object)
	if !controllerutil.RemoveFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return r.Client.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// writeStatus writes the status where it has changed. It is an update: the API server takes nothing but the status from it, and has less to do
// than for a patch.
func (r *Runner) writeStatus(ctx context.Context, before, after Object) error {
	if equality.Semantic.DeepEqual(before, after) {
		return nil
	}
	was := meta.FindStatusCondition(*before.GetConditions(), v1alpha1.ConditionStalled)
	if err := r.Client.Status().Update(ctx, after); err != nil {
		return err
	}
	r.announce(after, was)
	return nil
}

// announce tells of an object that stalled, or stalled for another reason, and of one that recovered from that: an object that is healthy,
// or merely waits, is silent. was is how it was stalled before, nil where it was not.
func (r *Runner) announce(o Object, was *metav1.Condition) {
	now := meta.FindStatusCondition(*o.GetConditions(), v1alpha1.ConditionReady)
	stalled := meta.IsStatusConditionTrue(*o.GetConditions(), v1alpha1.ConditionStalled)
	switch {
	case stalled && (was == nil || was.Reason != now.Reason):
		r.Recorder.Eventf(o, nil, corev1.EventTypeWarning, now.Reason, "Reconcile", "%s", now.Message)
	case now.Status == metav1.ConditionTrue && was != nil:
		r.Recorder.Eventf(o, nil, corev1.EventTypeNormal, now.Reason, "Reconcile", "recovered from %s", was.Reason)
	}
}
