// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
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

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=rolebindings,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=rolebindings/status,verbs=update

// maxNamed bounds the names that a condition's message lists.
const maxNamed = 10

// RoleBindingReconciler hands a set to users.
type RoleBindingReconciler struct {
	Base
}

// bindingScope is the memory of one reconcile, in the order in which the steps fill it.
type bindingScope struct {
	binding *v1alpha1.RoleBinding
	member
	record  store.RoleBinding // set by judge
	pending error             // set by judge: why something is not in force
}

// Subject implements flow.Scoped.
func (s *bindingScope) Subject() *v1alpha1.RoleBinding { return s.binding }

// Reconcile brings one binding in force.
func (r *RoleBindingReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &bindingScope{binding: &v1alpha1.RoleBinding{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.binding); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s.object, s.ref = s.binding, s.binding.Spec.BackOfficeRef
	return flow.Run(ctx, &r.Runner, s,
		resolveOffice[*bindingScope](&r.Base),
		r.finalize, connect, r.judge, r.syncBinding, r.report)
}

func (r *RoleBindingReconciler) finalize(ctx context.Context, s *bindingScope) error {
	return withdraw(ctx, &s.member, store.KindRoleBinding)
}

// judge evaluates the rules that do not depend on who asks, and says what the store is to hold.
func (r *RoleBindingReconciler) judge(ctx context.Context, s *bindingScope) error {
	facts, err := r.Gather.BindingStanding(ctx, s.binding)
	if err != nil {
		return err
	}
	force, withheld := verdict(policy.BindingStanding.Evaluate(facts))
	set := facts.NewSet
	if set != nil && set.Spec.BackOfficeRef.In(set.Namespace) != s.binding.Spec.BackOfficeRef.In(s.binding.Namespace) {
		set = nil // a set of another back office is no set here
	}
	users, missing, err := r.Gather.SubjectsOf(ctx, s.binding)
	if err != nil {
		return err
	}
	s.record = desired.RoleBinding(s.binding, set, users, force)
	switch {
	case withheld != nil:
		s.pending = withheld
	case set == nil:
		s.pending = flow.Wait{
			Reason: v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("PermissionSet %s of this back office does not exist (yet); the binding grants nothing",
				s.binding.Spec.PermissionSetRef.In(s.binding.Namespace)),
		}
	case len(missing) > 0:
		s.pending = flow.Wait{
			Reason:  v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("users that do not exist in this back office (yet): %s; the others have the set", list(missing)),
		}
	}
	return nil
}

// syncBinding writes the binding and the rows of its subjects, in as many statements for one user as for ten thousand.
func (r *RoleBindingReconciler) syncBinding(ctx context.Context, s *bindingScope) error {
	stored := s.conn.known.Has(s.record.Key())
	missing := s.conn.known.MissingSubjects(s.record)
	if !s.conn.known.Holds(s.record) || len(missing) > 0 {
		if err := s.conn.available(); err != nil {
			return err
		}
		record := s.record
		record.Subjects = missing
		if err := s.conn.submit(ctx, store.Put{Record: record, Revoking: stored}); err != nil {
			return outcome(err)
		}
	}
	return nil
}

func (r *RoleBindingReconciler) report(_ context.Context, s *bindingScope) error { return s.pending }

// list joins at most maxNamed names.
func list(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}
