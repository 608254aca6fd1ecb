// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
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
}

// userScope is the memory of one reconcile, in the order in which the steps fill it.
type userScope struct {
	user *v1alpha1.BackOfficeUser
	member
	bindings []*v1alpha1.RoleBinding // set by judge
	record   store.User              // set by judge
	withheld error                   // set by judge: why the account is not in force
	password delivery                // set by planCredential
}

// Subject implements flow.Scoped.
func (s *userScope) Subject() *v1alpha1.BackOfficeUser { return s.user }

func (s *userScope) key() store.Key { return s.record.Key() }

// Reconcile brings one user in force.
func (r *UserReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &userScope{user: &v1alpha1.BackOfficeUser{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.user); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s.object, s.ref = s.user, s.user.Spec.BackOfficeRef
	return flow.Run(ctx, &r.Runner, s,
		resolveOffice[*userScope](&r.Base),
		r.finalize, r.connect, r.judge, r.planCredential, r.syncAccount, r.deliverPassword, r.finishCredential, r.report)
}

// connect lets an account be cut off while its back office is being deleted, too: that never waits.
func (r *UserReconciler) connect(ctx context.Context, s *userScope) error {
	err := connect(ctx, s)
	if err != nil && s.office != nil && s.conn != nil && (s.user.Held() || s.user.EffectiveState() != v1alpha1.StateActive) &&
		s.conn.known.Has(store.Key{Kind: store.KindUser, UID: string(s.user.UID)}) {
		return nil
	}
	return err
}

// finalize ends the account as the deletion policy says.
func (r *UserReconciler) finalize(ctx context.Context, s *userScope) error {
	if s.user.DeletionTimestamp.IsZero() {
		return nil
	}
	if err := withdrawable(&s.member); err != nil {
		return err
	}
	policy := s.user.EffectiveDeletionPolicy()
	if err := s.conn.submit(ctx, store.RemoveUser{UID: string(s.user.UID), Disposal: store.Disposal(policy)}); err != nil {
		return withdrawal(err)
	}
	if policy == v1alpha1.DeletionOrphan {
		if err := r.disownSecret(ctx, s.user); err != nil {
			return err
		}
	}
	return flow.Release{}
}

// judge evaluates the rules that do not depend on who asks, and says what the store is to hold.
func (r *UserReconciler) judge(ctx context.Context, s *userScope) error {
	facts, err := r.Gather.UserStanding(ctx, s.user)
	if err != nil {
		return err
	}
	if s.bindings, err = r.Gather.BindingsOf(ctx, s.user); err != nil {
		return err
	}
	var force desired.Force
	force, s.withheld = verdict(policy.UserStanding.Evaluate(facts))
	s.record = desired.User(s.user, s.bindings, force)
	if s.withheld != nil {
		reason, message := flow.Explain(s.withheld)
		flow.Fails(s.user, v1alpha1.ConditionPolicyAccepted, reason, message)
		return nil
	}
	flow.Clear(s.user, v1alpha1.ConditionPolicyAccepted)
	return r.waitForLogin(ctx, s)
}

// waitForLogin lets the oldest of several users with one login claim it, unless one of them has it already. A user whom a rule withholds, such
// as one of a namespace that is not admitted, claims nothing.
func (r *UserReconciler) waitForLogin(ctx context.Context, s *userScope) error {
	if s.conn.known.Has(s.key()) {
		return nil
	}
	rivals, err := r.rivals(ctx, s.user)
	if err != nil {
		return err
	}
	for _, rival := range rivals {
		if s.conn.known.Has(store.Key{Kind: store.KindUser, UID: string(rival.UID)}) {
			return loginTaken(s.user)
		}
		if !older(rival, s.user) {
			continue
		}
		facts, err := r.Gather.UserStanding(ctx, rival)
		if err != nil {
			return err
		}
		if _, withheld := verdict(policy.UserStanding.Evaluate(facts)); withheld == nil {
			return loginTaken(s.user)
		}
	}
	return nil
}

// syncAccount writes the account and, with it, the verifier of a new password: a user who is in sync costs nothing.
func (r *UserReconciler) syncAccount(ctx context.Context, s *userScope) error {
	stored := s.conn.known.Has(s.key())
	if s.withheld != nil && !stored {
		s.user.Status.State = ""
		return s.withheld
	}
	var changes []store.Change
	if !s.conn.known.Holds(s.record) || len(s.conn.known.MissingBindings(s.record)) > 0 {
		changes = append(changes, store.Put{Record: s.record, Revoking: stored})
	}
	if s.password.issue != nil {
		changes = append(changes, *s.password.issue)
	}
	if len(changes) > 0 {
		if err := s.conn.available(); err != nil {
			return r.unsynced(s, err)
		}
		if err := r.write(ctx, s, changes); err != nil {
			return r.unsynced(s, err)
		}
	}
	s.user.Status.Login = s.record.Login
	s.user.Status.AccountType = s.user.EffectiveAccountType()
	s.user.Status.State = effectiveState(s.record)
	flow.Clear(s.user, v1alpha1.ConditionSynced)
	return s.withheld
}

// write submits the changes and says what the store's verdict means for a user.
func (r *UserReconciler) write(ctx context.Context, s *userScope, changes []store.Change) error {
	err := s.conn.submit(ctx, changes...)
	if s.password.issue != nil && (errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNotFound)) {
		is, found, err := s.conn.observe(ctx, s.key())
		if err != nil {
			return outcome(err)
		}
		if u, _ := is.Record.(store.User); !found || u.Generation <= s.record.Generation {
			return flow.Later{After: retryAfter} // an issue whose outcome was unknown has gone through, or the account is gone
		}
	}
	switch {
	case errors.Is(err, store.ErrTaken):
		return loginTaken(s.user)
	case errors.Is(err, store.ErrForeignRow):
		return flow.Stall{
			Reason:  v1alpha1.ReasonForeignAccount,
			Message: fmt.Sprintf("the store holds an account with login %q that this operator does not own, and leaves it alone: use another login, or remove that account", s.record.Login),
			After:   recheckAfter,
		}
	case errors.Is(err, store.ErrQuota):
		return flow.Wait{
			Reason:  v1alpha1.ReasonQuotaExceeded,
			Message: fmt.Sprintf("BackOffice %s has no seat left for account type %s; the account is created when one is free. See its spec.quotas", client.ObjectKeyFromObject(s.office), s.record.AccountType),
		}
	}
	return outcome(err)
}

// unsynced reports that the store does not hold what it should.
func (r *UserReconciler) unsynced(s *userScope, err error) error {
	if reason, message := flow.Explain(err); reason != "" {
		flow.Fails(s.user, v1alpha1.ConditionSynced, reason, message)
	}
	return err
}

// report tells what is in force and when that changes by itself.
func (r *UserReconciler) report(_ context.Context, s *userScope) error {
	now := r.Clock.Now()
	sets, next := inForce(s.bindings, now)
	s.user.Status.PermissionSets, s.user.Status.NextChangeTime = sets, nil
	if next.IsZero() {
		return nil
	}
	at := metav1.NewTime(next)
	s.user.Status.NextChangeTime = &at
	return flow.Done{After: next.Sub(now)}
}

func loginTaken(u *v1alpha1.BackOfficeUser) error {
	return flow.Wait{
		Reason:  v1alpha1.ReasonLoginTaken,
		Message: fmt.Sprintf("login %q belongs to another account of the back office (logins are compared without case); this user gets it when it is free", u.EffectiveLogin()),
	}
}

func effectiveState(r store.User) v1alpha1.UserState {
	switch {
	case r.State == store.StateDeactivated:
		return v1alpha1.StateDeactivated
	case r.State == store.StateBlocked, r.Held, !r.InForce:
		return v1alpha1.StateBlocked
	}
	return v1alpha1.StateActive
}
