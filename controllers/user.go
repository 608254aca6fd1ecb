// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backofficeusers,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backofficeusers/status,verbs=update
// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backofficeusers/finalizers,verbs=update

// UserReconciler turns a BackOfficeUser into an account with a password.
type UserReconciler struct {
	Base
	// Refused asks for a reconcile of a binding that refuses one of its users.
	Refused func(binding types.NamespacedName)
	// Freed asks for a reconcile of a user who waits for an e-mail address that is free now.
	Freed func(user types.NamespacedName)
}

// userScope is the memory of one reconcile, in the order in which the steps fill it.
type userScope struct {
	user *v1alpha1.BackOfficeUser
	member
	facts     policy.UserInput        // set by assess
	standing  []policy.Violation      // set by assess: the rules that the user breaks
	author    policy.Author           // set by assess
	password  password                // set by assess and the steps about passwords
	bindings  []*v1alpha1.RoleBinding // set by judge: those that give the user their set
	record    store.User              // set by judge
	lost      []types.NamespacedName  // set by judge: bindings whose rows the store holds, and which are to go
	withheld  error                   // set by judge: why the account is not in force
	unclaimed error                   // set by judge or syncAccount: why the account keeps the e-mail address that it had
}

// Subject implements flow.Scoped.
func (s *userScope) Subject() *v1alpha1.BackOfficeUser { return s.user }

// Reconcile brings one user in force.
func (r *UserReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &userScope{user: &v1alpha1.BackOfficeUser{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.user); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s.object, s.kind, s.ref = s.user, store.KindUser, s.user.Spec.BackOfficeRef
	return flow.Run(ctx, &r.Runner, s,
		resolveOffice[*userScope](&r.Base),
		r.finalize, connect, r.assess, r.endPassword, r.judge, r.planCredential, r.syncAccount, r.deliver, r.finish, r.retire, r.report)
}

// finalize ends the account as the deletion policy says.
func (r *UserReconciler) finalize(ctx context.Context, s *userScope) error {
	if s.user.DeletionTimestamp.IsZero() {
		return nil
	}
	if err := withdrawable(&s.member); err != nil {
		return err
	}
	protection, err := r.protection(ctx, s.user)
	if err != nil {
		return err
	}
	policy := s.user.EffectiveDeletionPolicy()
	change := store.RemoveUser{UID: string(s.user.UID), Disposal: store.Disposal(policy), Protection: protection}
	if err := s.conn.submit(ctx, change); err != nil {
		return withdrawal(err)
	}
	if policy == v1alpha1.DeletionOrphan {
		if err := r.disownSecret(ctx, s.user); err != nil {
			return err
		}
	}
	return flow.Release{}
}

// protection is what it takes to have the account back, as the store keeps it.
func (r *UserReconciler) protection(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]store.Need, error) {
	facts, err := r.Gather.UserStanding(ctx, u)
	if err != nil {
		return nil, err
	}
	protection, err := r.Gather.Protection(ctx, u, facts.Terms)
	var needs []store.Need
	for _, n := range protection.Needs() {
		needs = append(needs, store.Need(n))
	}
	return needs, err
}

// judge says what the store is to hold.
func (r *UserReconciler) judge(ctx context.Context, s *userScope) (err error) {
	if s.bindings, err = r.Gather.BindingsOf(ctx, s.user); err != nil {
		return err
	}
	var force desired.Force
	if force, s.withheld, err = r.verdict(ctx, s); err != nil {
		return err
	}
	s.record = desired.User(s.user, s.bindings, force)
	if err := r.sortOut(ctx, s); err != nil {
		return err
	}
	if s.closed != nil && effectiveState(s.record) == v1alpha1.StateActive {
		return s.closed
	}
	if err := r.lower(ctx, s); err != nil {
		return err
	}
	if s.withheld != nil {
		reason, message := flow.Explain(s.withheld)
		flow.Fails(s.user, v1alpha1.ConditionPolicyAccepted, reason, message)
		return s.keepEmail(ctx, nil)
	}
	flow.Clear(s.user, v1alpha1.ConditionPolicyAccepted)
	if err := r.waitForLogin(ctx, s); err != nil {
		return err
	}
	return r.waitForEmail(ctx, s)
}

// verdict is what the rules say of the user. One who has access, and would lose it for facts that others have changed, keeps it as it was while the
// brake holds; a hold does not wait for that. The policy of a BackOffice that grants nothing new does not count.
func (r *UserReconciler) verdict(ctx context.Context, s *userScope) (force desired.Force, withheld, err error) {
	force, withheld = verdict(s.standing)
	switch {
	case withheld == nil, !byFacts(s.standing, policy.UserWithdrawal.Evaluate(s.facts)):
		return force, withheld, nil
	case s.closed != nil:
		return desired.InForce, nil, nil
	case s.user.Held():
		return force, withheld, nil
	}
	if permitted, err := r.mayWithhold(ctx, &s.member); err != nil || permitted {
		return force, withheld, err
	}
	return desired.InForce, nil, nil
}

// report tells what is in force and when that changes by itself.
func (r *UserReconciler) report(_ context.Context, s *userScope) error {
	now := r.Clock.Now()
	sets, next := inForce(s.bindings, now)
	s.user.Status.PermissionSets, s.user.Status.NextChangeTime = sets, nil
	if !next.IsZero() {
		at := metav1.NewTime(next)
		s.user.Status.NextChangeTime = &at
	}
	why := s.reportCredential()
	switch {
	case s.password.failed != nil && why == nil: // it is tried again
		return s.password.failed
	case why == nil && s.unclaimed != nil:
		why = s.unclaimed
	case why == nil:
		why = s.waits
	}
	return s.wake(next.Sub(now), why)
}

// wake says when to look again: at the first of the moments at which something changes by itself, and no later than the outcome asks for.
func (s *userScope) wake(change time.Duration, why error) error {
	now, after := s.conn.clock.now(), time.Duration(0)
	next := credential.Decide(now, s.password.policy, stateOf(s.conn.known.Credential(string(s.user.UID)))).Next // of what is stored by now
	for _, d := range []time.Duration{change, next.Sub(now), s.password.turn, afterOf(why)} {
		if d > 0 && (after == 0 || d < after) {
			after = d
		}
	}
	if plan := s.password.plan; plan.Action == credential.Finish && !plan.Next.IsZero() && !plan.Next.After(now) { // it is not the last step
		after = time.Millisecond
	}
	if why == nil {
		return flow.Done{After: after}
	}
	return within(after, why)
}

// afterOf is when an outcome asks to look again; 0: it does not.
func afterOf(outcome error) time.Duration {
	var wait flow.Wait
	var stall flow.Stall
	switch {
	case errors.As(outcome, &wait):
		return wait.After
	case errors.As(outcome, &stall):
		return stall.After
	}
	return 0
}
