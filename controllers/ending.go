// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// lastWords is how long a reconcile may go on that runs when the manager ends: what it has begun, such as a new password that the store has and the Secret
// has not, is then done, and not left for the next leader. It is shorter than the manager's grace period.
const lastWords = 10 * time.Second

// ending lets what runs go on when the manager ends, and nothing begin. It is safe for concurrent use.
type ending struct {
	running sync.RWMutex // read while a reconcile runs
}

// wrap returns a reconciler whose reconciles end by themselves.
func (e *ending) wrap(r reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
		e.running.RLock()
		defer e.running.RUnlock()
		if ctx.Err() != nil {
			return ctrl.Result{}, nil // whoever works next begins with everything
		}
		ctx, cancel := outliving(ctx, lastWords)
		defer cancel()
		return r.Reconcile(ctx, req)
	})
}

// wait returns when no reconcile runs, and none begins any more with a context that has ended.
func (e *ending) wait() {
	e.running.Lock()
	e.running.Unlock() //nolint:staticcheck // To have had it is what matters.
}

// outliving returns a context that ends a while after its parent.
func outliving(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() {
		stop()
		cancel()
	}
}
