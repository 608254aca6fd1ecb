// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=permissionsets,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=permissionsets/status,verbs=patch

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
}

// Subject implements flow.Scoped.
func (s *setScope) Subject() *v1alpha1.PermissionSet { return s.set }

// Reconcile brings one set in force.
func (r *PermissionSetReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &setScope{set: &v1alpha1.PermissionSet{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.set); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s.object, s.ref = s.set, s.set.Spec.BackOfficeRef
	return flow.Run(ctx, &r.Runner, s,
		resolveOffice[*setScope](&r.Base),
		r.finalize, connect, r.judge, r.syncSet, r.report)
}

func (r *PermissionSetReconciler) finalize(ctx context.Context, s *setScope) error {
	if s.set.DeletionTimestamp.IsZero() {
		return nil
	}
	if err := withdrawable(&s.member); err != nil {
		return err
	}
	key := store.Key{Kind: store.KindPermissionSet, UID: string(s.set.UID)}
	if err := s.conn.submit(ctx, store.Remove{Key: key}); err != nil {
		return withdrawal(err)
	}
	return flow.Release{}
}

// judge evaluates the rules that do not depend on who asks, and says what the store is to hold. A set whose ancestry is incomplete or
// turns in a circle is not in force: what is missing might take something away.
func (r *PermissionSetReconciler) judge(ctx context.Context, s *setScope) error {
	facts, err := r.Gather.SetStanding(ctx, s.set)
	if err != nil {
		return err
	}
	force, withheld := verdict(policy.SetStanding.Evaluate(facts))
	ancestry, sets, err := r.Gather.Ancestry(ctx, s.set)
	if err != nil {
		return err
	}
	switch {
	case withheld != nil:
		s.pending = withheld
	case len(ancestry.Cycle) > 0:
		s.pending = flow.Stall{
			Reason:  v1alpha1.ReasonExtendsCycle,
			Message: fmt.Sprintf("the set extends itself: %s; none of these is in force. Remove one of the extends", strings.Join(ancestry.Cycle, " -> ")),
		}
	case len(ancestry.Missing) > 0:
		s.pending = flow.Wait{
			Reason:  v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("extended PermissionSets that do not exist in this back office (yet): %s; the set is not in force", list(ancestry.Missing)),
		}
	}
	if s.pending != nil {
		force = desired.Withheld
	}
	distances := map[string]int{}
	for name, distance := range ancestry.Distance {
		if set := sets[name]; set != nil {
			distances[string(set.UID)] = distance
		}
	}
	s.record = desired.PermissionSet(s.set, distances, force)
	return nil
}

func (r *PermissionSetReconciler) syncSet(ctx context.Context, s *setScope) error {
	if !s.conn.known.Holds(s.record) {
		if err := s.conn.available(); err != nil {
			return err
		}
		err := s.conn.submit(ctx, store.Put{Record: s.record, Revoking: s.conn.known.Has(s.record.Key())})
		if errors.Is(err, store.ErrTaken) {
			return flow.Wait{
				Reason:  v1alpha1.ReasonKeyTaken,
				Message: fmt.Sprintf("key %q belongs to another PermissionSet of the back office; this one gets it when it is free", s.record.SetKey),
			}
		}
		if err != nil {
			return outcome(err)
		}
	}
	s.set.Status.Key = s.record.SetKey
	flow.Holds(s.set, v1alpha1.ConditionSynced, v1alpha1.ReasonSynced, "the store holds the set")
	return nil
}

func (r *PermissionSetReconciler) report(_ context.Context, s *setScope) error { return s.pending }
