// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// arrival tells whether a user, read anew after a change, has what was changed in force.
type arrival func(u *v1alpha1.BackOfficeUser) bool

// isSeen: the operator has looked at what spec says now.
func isSeen(u *v1alpha1.BackOfficeUser) bool { return u.Status.ObservedGeneration >= u.Generation }

// isOut: the store refuses the login.
func isOut(u *v1alpha1.BackOfficeUser) bool {
	return isSeen(u) && u.Status.State != v1alpha1.StateActive
}

// isDeactivated: the store refuses the login, and the seat is free.
func isDeactivated(u *v1alpha1.BackOfficeUser) bool {
	return isSeen(u) && (u.Status.State == v1alpha1.StateDeactivated || u.Status.State == "")
}

// isIn: the store lets the user log in.
func isIn(u *v1alpha1.BackOfficeUser) bool {
	return isSeen(u) && u.Status.State == v1alpha1.StateActive
}

// passing are the reasons for which a user is not ready that end by themselves, and soon.
var passing = []string{v1alpha1.ReasonProgressing, v1alpha1.ReasonStoreUnavailable, v1alpha1.ReasonBackOfficeNotReady}

// obstacle is why a user who has not what was changed in force will not have it by waiting; empty where it may.
func obstacle(u *v1alpha1.BackOfficeUser) string {
	ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
	if !isSeen(u) || ready == nil || ready.Status == metav1.ConditionTrue || slices.Contains(passing, ready.Reason) {
		return ""
	}
	return fmt.Sprintf("%s: %s", ready.Reason, ready.Message)
}

// settling is how long after a change what status says may still be about the time before: an annotation changes no generation.
const settling = 2 * time.Second

// The time between two looks grows from the first to the last.
const (
	firstLook = 20 * time.Millisecond
	lastLook  = 500 * time.Millisecond
)

// await looks at a user until it has arrived. The error says why it has not.
func (r *run) await(ctx context.Context, u *v1alpha1.BackOfficeUser, arrived arrival) error {
	backoff := wait.Backoff{Duration: firstLook, Factor: 1.5, Cap: lastLook, Steps: 1 << 20}
	last := "the operator has not seen the change"
	for {
		if err := r.client.Get(ctx, client.ObjectKeyFromObject(u), u); err != nil {
			return fmt.Errorf("changed, but not seen in force: %w", err)
		}
		if arrived(u) {
			r.progress = r.s.Clock.Now()
			return nil
		}
		if why := obstacle(u); why != "" && r.s.Clock.Since(r.changed) > settling {
			return fmt.Errorf("changed, but not in force: %s", why)
		}
		if ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady); ready != nil && isSeen(u) {
			last = fmt.Sprintf("%s: %s", ready.Reason, ready.Message)
		}
		if r.s.Clock.Since(r.progress) > r.timeout {
			return fmt.Errorf("changed, but not seen in force within %s: %s", r.timeout, last)
		}
		if err := pause(ctx, backoff.Step()); err != nil {
			return err
		}
	}
}

// pause waits, and fails where the command is interrupted.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
