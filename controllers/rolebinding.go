// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
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
	// Crowded asks for a reconcile of a user that came to hold more sets than it may while its row was written.
	Crowded func(user types.NamespacedName)
}

// bindingScope is the memory of one reconcile, in the order in which the steps fill it.
type bindingScope struct {
	binding *v1alpha1.RoleBinding
	member
	users   map[string]*v1alpha1.BackOfficeUser // set by judge: those that it names or selects, by UID
	record  store.RoleBinding                   // set by judge; its subjects are those whose rows are to be written
	anew    bool                                // set by judge: rows that the store holds are to go
	pending error                               // set by judge: why something is not in force
}

// Subject implements flow.Scoped.
func (s *bindingScope) Subject() *v1alpha1.RoleBinding { return s.binding }

// Reconcile brings one binding in force.
func (r *RoleBindingReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &bindingScope{binding: &v1alpha1.RoleBinding{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.binding); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s.object, s.kind, s.ref = s.binding, store.KindRoleBinding, s.binding.Spec.BackOfficeRef
	return flow.Run(ctx, &r.Runner, s,
		resolveOffice[*bindingScope](&r.Base),
		r.finalize, connect, r.judge, r.syncBinding, r.report)
}

func (r *RoleBindingReconciler) finalize(ctx context.Context, s *bindingScope) error {
	return withdraw(ctx, &s.member)
}

// judge evaluates the rules that do not depend on who asks, and says what the store is to hold.
func (r *RoleBindingReconciler) judge(ctx context.Context, s *bindingScope) error {
	facts, err := r.Gather.BindingStanding(ctx, s.binding)
	if err != nil {
		return err
	}
	standing := policy.BindingStanding.Evaluate(facts)
	force, withheld := verdict(standing)
	if withheld != nil && byFacts(standing, policy.BindingWithdrawal.Evaluate(facts)) {
		if permitted, err := r.mayWithhold(ctx, &s.member); err != nil {
			return err
		} else if !permitted { // it stays as it is
			return flow.Later{}
		}
	}
	users, missing, err := r.Gather.SubjectsOf(ctx, s.binding)
	if err != nil {
		return err
	}
	set := ofSameOffice(s.binding, facts.NewSet)
	s.users = make(map[string]*v1alpha1.BackOfficeUser, len(users))
	for _, u := range users {
		s.users[string(u.UID)] = u
	}
	s.record = desired.RoleBinding(s.binding, set, users, force)
	if err := r.lower(ctx, s); err != nil {
		return err
	}
	refused, err := r.sortOut(ctx, s, facts.Author, set)
	if err != nil {
		return err
	}
	s.pending = bindingPending(s.binding, bindingState{withheld, s.waits, set, missing, refused})
	if s.record.InForce {
		return s.closed
	}
	return nil
}

// bindingState is what is wrong with a binding, or nothing.
type bindingState struct {
	withheld error
	waits    error
	set      *v1alpha1.PermissionSet
	missing  []string
	refused  map[cause][]string
}

// bindingPending is why something of a binding is not in force.
func bindingPending(b *v1alpha1.RoleBinding, is bindingState) error {
	refused := is.refusals()
	missing := fmt.Sprintf("users that do not exist in this back office (yet): %s; the others have the set", list(is.missing))
	switch {
	case is.withheld != nil:
		return is.withheld
	case is.set == nil:
		return flow.Wait{
			Reason: v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("PermissionSet %s of this back office does not exist (yet); the binding grants nothing",
				b.Spec.PermissionSetRef.In(b.Namespace)),
		}
	case is.waits != nil:
		return is.waits
	case len(refused) > 0:
		if len(is.missing) > 0 {
			refused = append(refused, missing)
		}
		return flow.Stall{Reason: v1alpha1.ReasonSubjectsRefused, Message: strings.Join(refused, ". And ")}
	case len(is.missing) > 0:
		return flow.Wait{Reason: v1alpha1.ReasonReferenceNotFound, Message: missing}
	}
	return nil
}

// refusals tell of the users who do not get the set, of each cause by itself.
func (is bindingState) refusals() []string {
	var texts []string
	for _, of := range []struct {
		cause    cause
		who, way string
	}{
		{unauthorized, "who were changed after this binding by somebody who may not hand it out", "As for the binding or these users, " + applyAgain},
		{
			wrongType, "who may not hold it by their account type",
			"See spec.accountTypes of the set and of those that it inherits from; or let the binding name and select others",
		},
		{
			surplus, "whose older bindings hand out as many sets as spec.policy.permissionSetsPerUser of the BackOffice permits",
			"They get it when an older binding no longer names or selects them",
		},
	} {
		if names := is.refused[of.cause]; len(names) > 0 {
			texts = append(texts, fmt.Sprintf("the set is withheld from %d of its users, %s: %s; the others have it. %s", len(names), of.who, list(names), of.way))
		}
	}
	return texts
}

// syncBinding writes the binding and the rows of its subjects, in as many statements for one user as for ten thousand.
func (r *RoleBindingReconciler) syncBinding(ctx context.Context, s *bindingScope) error {
	if s.conn.known.Holds(s.record) && len(s.record.Subjects) == 0 && !s.anew {
		return nil
	}
	if err := s.conn.available(); err != nil {
		return err
	}
	changes := []store.Change{store.Put{
		Record: s.record, Revoking: s.conn.known.Has(s.record.Key()),
		Admission: desired.RoleBindingAdmission(s.binding, desired.Force(s.record.InForce)),
	}}
	if s.anew {
		changes = slices.Insert(changes, 0, store.Change(store.Remove{Key: s.record.Key()}))
	}
	switch err := s.conn.submit(ctx, changes...); {
	case err == nil:
		return r.review(ctx, s)
	case errors.Is(err, store.ErrReplayed):
		withheld := s.record
		withheld.InForce, withheld.Stamp, withheld.Subjects = false, "", nil
		if err := s.retract(ctx, store.Put{Record: withheld}); err != nil {
			return err
		}
		return copied()
	default:
		return outcome(err)
	}
}

func (r *RoleBindingReconciler) report(_ context.Context, s *bindingScope) error { return s.pending }

// list joins at most maxNamed names.
func list(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}
