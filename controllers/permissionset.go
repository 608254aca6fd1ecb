// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=permissionsets,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=permissionsets/status,verbs=update

// PermissionSetReconciler writes a set with what it inherits. Its holders are not touched: the views resolve them.
type PermissionSetReconciler struct {
	Base
}

// setScope is the memory of one reconcile, in the order in which the steps fill it.
type setScope struct {
	set *v1alpha1.PermissionSet
	member
	record  store.PermissionSet // set by judge
	pending error               // set by judge: why it is not in force
	byFacts bool                // set by judge: whether that is for nothing but facts that others have changed
}

// Subject implements flow.Scoped.
func (s *setScope) Subject() *v1alpha1.PermissionSet { return s.set }

// Reconcile brings one set in force.
func (r *PermissionSetReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &setScope{set: &v1alpha1.PermissionSet{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.set); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s.object, s.kind, s.ref = s.set, store.KindPermissionSet, s.set.Spec.BackOfficeRef
	return flow.Run(ctx, &r.Runner, s,
		resolveOffice[*setScope](&r.Base),
		r.finalize, connect, r.judge, r.syncSet, r.report)
}

func (r *PermissionSetReconciler) finalize(ctx context.Context, s *setScope) error {
	return withdraw(ctx, &s.member)
}

// judge evaluates the rules that do not depend on who asks, and says what the store is to hold. A set that inherits from one which is not
// in force is not in force either: what it does not inherit might take something away.
func (r *PermissionSetReconciler) judge(ctx context.Context, s *setScope) error {
	facts, err := r.Gather.SetStanding(ctx, s.set)
	if err != nil {
		return err
	}
	standing := policy.SetStanding.Evaluate(facts)
	_, s.pending = verdict(standing)
	s.byFacts = s.pending == nil || byFacts(standing, policy.SetWithdrawal.Evaluate(facts))
	for _, name := range slices.Sorted(maps.Keys(facts.NewAncestry.Distance)) {
		ancestor := facts.Sets[name]
		if ancestor == nil || ancestor.UID == s.set.UID || !s.byFacts {
			continue
		}
		if err := r.judgeAncestor(ctx, s, ancestor); err != nil {
			return err
		}
	}
	s.record = desired.PermissionSet(s.set, distances(facts), desired.Force(s.pending == nil))
	if err := r.lower(ctx, s, facts); err != nil {
		return err
	}
	if s.pending == nil {
		return s.closed
	}
	return r.awaitBrake(ctx, s)
}

// judgeAncestor withholds a set of which an inherited one is not in force, because a rule withholds it or because the store does not hold it.
func (r *PermissionSetReconciler) judgeAncestor(ctx context.Context, s *setScope, ancestor *v1alpha1.PermissionSet) error {
	facts, err := r.Gather.SetStanding(ctx, ancestor)
	if err != nil {
		return err
	}
	standing := policy.SetStanding.Evaluate(facts)
	_, withheld := verdict(standing)
	wait := flow.Wait{
		Reason: v1alpha1.ReasonExtendedSetNotInForce,
		Message: fmt.Sprintf("extended PermissionSet %s is not in force, so this one is not either; see its conditions",
			client.ObjectKeyFromObject(ancestor)),
	}
	switch {
	case withheld != nil:
		s.byFacts = byFacts(standing, policy.SetWithdrawal.Evaluate(facts))
	case s.suspends(): // what it does not inherit yet gives nothing, and what that would take away is taken away: see lower
		return nil
	case !s.conn.known.Has(store.Key{Kind: store.KindPermissionSet, UID: string(ancestor.UID)}):
		s.byFacts, wait.After = false, retryAfter // of what the store holds no event tells
	default:
		return nil
	}
	if s.pending == nil {
		s.pending = wait
	}
	return nil
}

// awaitBrake leaves a set that was in force as it is, where it is withheld for facts and the brake holds.
func (r *PermissionSetReconciler) awaitBrake(ctx context.Context, s *setScope) error {
	if !s.byFacts {
		return nil
	}
	permitted, err := r.mayWithhold(ctx, &s.member)
	if err == nil && !permitted {
		return flow.Later{}
	}
	return err
}

func (r *PermissionSetReconciler) syncSet(ctx context.Context, s *setScope) error {
	if !s.conn.known.Holds(s.record) {
		if err := s.conn.available(); err != nil {
			return err
		}
		if err := r.write(ctx, s); err != nil {
			return err
		}
	}
	s.set.Status.Key = s.record.SetKey
	return nil
}

// write submits the record and says what the store's verdict means for a set.
func (r *PermissionSetReconciler) write(ctx context.Context, s *setScope) error {
	heirs, err := r.heirs(ctx, s.set)
	if err != nil {
		return err
	}
	err = s.conn.submit(ctx, store.Put{
		Record: s.record, Revoking: s.conn.known.Has(s.record.Key()),
		Admission: desired.PermissionSetAdmission(s.set, desired.Force(s.record.InForce), heirs),
	})
	switch {
	case errors.Is(err, store.ErrTaken):
		return flow.Wait{
			Reason:  v1alpha1.ReasonKeyTaken,
			Message: fmt.Sprintf("key %q belongs to another PermissionSet of the back office; this one gets it when it is free", s.record.SetKey),
		}
	case errors.Is(err, store.ErrReplayed):
		withheld := s.record
		withheld.InForce, withheld.Stamp = false, ""
		if err := s.retract(ctx, store.Put{Record: withheld, Admission: desired.PermissionSetAdmission(s.set, desired.Withheld, heirs)}); err != nil {
			return err
		}
		return copied()
	}
	return outcome(err)
}

// heirs tells whether other sets inherit from one.
func (r *PermissionSetReconciler) heirs(ctx context.Context, s *v1alpha1.PermissionSet) (desired.Kin, error) {
	var list v1alpha1.PermissionSetList
	err := r.Client.List(ctx, &list, client.MatchingFields{gather.IndexExtends: client.ObjectKeyFromObject(s).String()}, client.Limit(1),
		client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
	return desired.Kin(len(list.Items) > 0), err
}

func (r *PermissionSetReconciler) report(_ context.Context, s *setScope) error {
	return cmp.Or(s.pending, s.waits)
}
