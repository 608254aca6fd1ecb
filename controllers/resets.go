// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// countInterval is how often those are counted who wait for a new password, while they become fewer.
const countInterval = 10 * time.Second

// resetAll ends every password that was issued before the moment of spec, with one row of the store: from that transaction on they are dead. It waits
// for nobody, neither for the brake nor for the policy, and not for the deletion of the BackOffice; but somebody with the power has to stand behind
// the moment. The store keeps the latest one, so that it is carried out once, whoever is killed when; and each account whose password was issued
// before what the store keeps gets another one from its own reconcile, a few at a time.
func (r *BackOfficeReconciler) resetAll(ctx context.Context, s *officeScope) error {
	before := desired.ResetIssuedBefore(s.office)
	s.ahead = nil
	if !s.conn.known.Reset().Before(before) || !s.conn.credence.admits(s.office) {
		return nil
	}
	due := before.Add(-store.MaxAhead)
	if wait := due.Sub(s.conn.clock.now()); wait > 0 {
		s.ahead = resetAhead(due, wait)
		return nil
	}
	err := s.conn.submit(ctx, store.ResetCredentials{IssuedBefore: before})
	switch {
	case errors.Is(err, store.ErrAhead): // the last word is the database's
		s.ahead = resetAhead(due, retryAfter)
		return nil
	case err != nil:
		return outcome(err)
	}
	log.FromContext(ctx).Info("Ended all passwords that were issued before", "moment", before)
	metrics.BulkReset(client.ObjectKeyFromObject(s.office))
	if status := s.office.Status.Credentials; status != nil {
		status.Reset = nil // it is counted anew
	}
	r.Wake(s.office)
	return nil
}

// resetAhead is the outcome of a reset that is not carried out yet.
func resetAhead(due time.Time, wait time.Duration) error {
	return flow.Wait{
		Reason: v1alpha1.ReasonResetAhead,
		Message: fmt.Sprintf("spec.credentials.resetIssuedBefore is more than five minutes ahead of the database's clock: no password has been reset, and "+
			"all will be at %s. Set the clocks right, or wait", due.Format(time.RFC3339)),
		After: min(max(wait, retryAfter), pingInterval),
	}
}

// tellCredentials says what passwords are like, and how far a reset of all is.
func (r *BackOfficeReconciler) tellCredentials(ctx context.Context, s *officeScope) error {
	was := s.office.Status.Credentials
	is := &v1alpha1.CredentialsStatus{EntropyBits: int32(credential.StructureOf(s.office).Entropy())}
	if was != nil {
		is.Reset = was.Reset
	}
	s.office.Status.Credentials = is
	return r.tellReset(ctx, s)
}

// tellReset counts those who have no new password yet: at most every ten seconds, and never again once there was none.
func (r *BackOfficeReconciler) tellReset(ctx context.Context, s *officeScope) error {
	status, before, now := s.office.Status.Credentials, s.conn.known.Reset(), r.Clock.Now()
	if before.IsZero() {
		status.Reset = nil
		return nil
	}
	was := status.Reset
	if was == nil || !was.IssuedBefore.Time.Equal(before) {
		was = nil
	}
	switch {
	case was != nil && was.Remaining == 0:
		return nil
	case was != nil && now.Sub(s.conn.counted) < countInterval:
		s.after = countInterval - now.Sub(s.conn.counted)
		return nil
	}
	remaining, err := r.waitForReset(ctx, s, before)
	if err != nil {
		return err
	}
	s.conn.counted = now
	if was == nil || was.Remaining != remaining {
		status.Reset = &v1alpha1.ResetStatus{IssuedBefore: metav1.NewTime(before), Remaining: remaining}
		s.after = countInterval
	}
	return nil
}

// waitForReset counts the accounts whose password was ended by a reset of all, and has not been replaced.
func (r *BackOfficeReconciler) waitForReset(ctx context.Context, s *officeScope, before time.Time) (n int32, err error) {
	var users v1alpha1.BackOfficeUserList
	if err := r.Client.List(ctx, &users, client.MatchingFields{gather.IndexBackOffice: client.ObjectKeyFromObject(s.office).String()},
		client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return 0, err
	}
	for i := range users.Items {
		u := &users.Items[i]
		is := s.conn.known.Credential(string(u.UID))
		ended := (is.HasVerifier || !is.InvitationExpiresAt.IsZero()) && is.IssuedAt.Before(before)
		if ended && u.EffectiveState() != v1alpha1.StateDeactivated {
			n++
		}
	}
	return n, nil
}
