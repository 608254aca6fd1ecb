// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// admit finds out whether somebody stands behind the BackOffice as it is. Otherwise its policy is not in force: its objects get nothing new, and
// what is revoked is revoked.
func (r *BackOfficeReconciler) admit(_ context.Context, s *officeScope) error {
	s.pending = s.conn.credence.examine(s.office)
	return nil
}

// weigh counts whom a new policy would take access from, before it is written and before any object is woken for it; and, while a withdrawal is
// held, whether it still has to be.
func (r *BackOfficeReconciler) weigh(ctx context.Context, s *officeScope) error {
	record := desired.Office(s.office)
	changed := s.conn.known.Has(record.Key()) && !s.conn.known.Holds(record)
	if s.pending != nil || !changed && !s.conn.brake.holds() {
		return nil
	}
	a, err := s.conn.brake.review(ctx, r.Gather, s.office)
	if err != nil {
		return err
	}
	if a.held != nil {
		s.pending = withdrawalHeld(s.office, a)
	}
	return nil
}

// syncPolicy writes what the store itself enforces. The catalogue is part of it, by which the views take access away: it waits where a withdrawal
// is held.
func (r *BackOfficeReconciler) syncPolicy(ctx context.Context, s *officeScope) error {
	record := desired.Office(s.office)
	if s.pending != nil || s.conn.known.Holds(record) {
		return nil
	}
	record, err := r.lower(ctx, s, record)
	if err != nil || s.conn.known.Holds(record) {
		return err
	}
	err = s.conn.submit(ctx, store.Put{Record: record, Revoking: true, Admission: desired.OfficeAdmission(s.office)})
	if errors.Is(err, store.ErrReplayed) {
		s.conn.credence.deny(record.Stamp)
		s.pending = outcome(err)
		return nil
	}
	return outcome(err)
}

// wake tells the objects of the back office when its policy or its connection is new, when it is admitted, when it is suspended or no longer so, and
// when something is no longer held.
func (r *BackOfficeReconciler) wake(_ context.Context, s *officeScope) error {
	now := wakening{s.office.Generation, s.conn.credence.admits(s.office), s.office.Suspended()}
	if eased := s.conn.brake.hasEased(); eased || s.conn.woken != now {
		r.Wake(s.office)
		s.conn.woken = now
	}
	return nil
}

func (r *BackOfficeReconciler) report(_ context.Context, s *officeScope) error {
	after := pingInterval
	if s.after > 0 {
		after = s.after
	}
	switch {
	case s.unopened != nil:
		disconnected(s)
		return within(after, s.unopened)
	case s.pending != nil:
		return within(after, s.pending)
	case s.ahead != nil:
		return s.ahead
	case s.unread != nil:
		return within(after, s.unread)
	case s.waits != nil:
		return within(after, s.waits)
	case r.Gather.Watched.Listed() && selectsNamespaces(s.office):
		return flow.Stall{
			Reason: v1alpha1.ReasonPolicyViolated,
			Message: "spec.namespaces has selectors, which admit nobody: this operator watches some namespaces alone and reads no labels of namespaces. " +
				"List the namespaces by names",
			After: after,
		}
	}
	return flow.Done{After: after}
}

func withdrawalHeld(office *v1alpha1.BackOffice, a answer) error {
	percent, count := office.WithdrawalLimit()
	return flow.Stall{
		Reason: v1alpha1.ReasonWithdrawalHeld,
		Message: fmt.Sprintf("this would withdraw access from %d of %d users, more than spec.policy.withdrawalLimit (%d percent and %d users). "+
			"To let it happen annotate this BackOffice with %s=%s", a.held.Users, a.held.Of, percent, count, v1alpha1.AnnotationConfirmWithdrawal, a.cause),
	}
}
