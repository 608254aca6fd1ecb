// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// syncAccount writes the account and, with it, the verifier of a new password: a user who is in sync costs nothing.
func (r *UserReconciler) syncAccount(ctx context.Context, s *userScope) error {
	if s.withheld != nil && !s.conn.known.Has(s.key()) {
		s.user.Status.State = ""
		return s.withheld
	}
	if err := r.writeMissing(ctx, s); err != nil {
		return r.unsynced(s, err)
	}
	s.user.Status.Login = s.record.Login
	s.user.Status.AccountType = v1alpha1.AccountType(s.record.AccountType)
	s.user.Status.State = effectiveState(s.record)
	if s.unclaimed == nil && s.waits == nil {
		flow.Clear(s.user, v1alpha1.ConditionSynced)
	}
	s.lacks(s.waits)
	s.lacks(s.unclaimed)
	return s.withheld
}

// writeMissing writes what the store is not known to hold. An account that is there already gets all but an e-mail address that it may not have:
// what revokes access does not wait for an address.
func (r *UserReconciler) writeMissing(ctx context.Context, s *userScope) error {
	changes := s.missing()
	if len(changes) == 0 {
		return nil
	}
	if err := s.conn.available(); err != nil {
		return err
	}
	before, isNew := s.conn.known.Email(s.record.UID), !s.conn.known.Has(s.key())
	switch err := r.write(ctx, s, changes); {
	case err == nil && isNew && len(s.password.changes) == 0:
		return r.meet(ctx, s)
	case err == nil:
		for _, binding := range s.lost {
			r.Refused(binding)
		}
		if err := s.disinvite(ctx, before); err != nil {
			return err
		}
		return r.passOn(ctx, s, before)
	case s.unclaimed != nil || !identityRefused(err) || !s.conn.known.Has(s.key()):
		return err
	default:
		if err := s.keepEmail(ctx, err); err != nil {
			return err
		}
		return r.writeMissing(ctx, s)
	}
}

// meet learns what an account has that was written without a password: it may have been there already, and have one.
func (r *UserReconciler) meet(ctx context.Context, s *userScope) error {
	is, _, err := s.conn.observe(ctx, s.key())
	switch {
	case err != nil:
		return outcome(err)
	case is.Credential.Version > 0:
		return flow.Later{After: retryAfter}
	}
	return nil
}

// disinvite learns what has become of an invitation that went to an address which the account no longer has.
func (s *userScope) disinvite(ctx context.Context, before known.Email) error {
	invited := !s.conn.known.Credential(s.record.UID).InvitationExpiresAt.IsZero()
	if !invited || before == (known.Email{}) || before == s.conn.known.Email(s.record.UID) {
		return nil
	}
	_, _, err := s.conn.observe(ctx, s.key())
	return outcome(err)
}

// missing are the changes that bring the store to hold the account, as one group. A row that says that the user has a binding, and is to go, goes
// with all rows of the user: there is no other way to take it back.
func (s *userScope) missing() []store.Change {
	var changes []store.Change
	if len(s.lost) > 0 {
		without := s.record
		without.LabelsHash, without.Bindings = withoutBindings, nil
		changes = append(changes, s.put(without))
	}
	if len(s.lost) > 0 || !s.conn.known.Holds(s.record) || len(s.conn.known.MissingBindings(s.record)) > 0 {
		changes = append(changes, s.put(s.record))
	}
	return append(changes, s.password.changes...)
}

// withoutBindings is the hash of no labels: by it, the rows of a user's bindings do not count.
const withoutBindings = "-"

// write submits the changes and says what the store's verdict means for a user.
func (r *UserReconciler) write(ctx context.Context, s *userScope, changes []store.Change) error {
	err := s.conn.submit(ctx, changes...)
	if len(s.password.changes) > 0 && overtaken(err) {
		return r.writeAlone(ctx, s, changes)
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
	case errors.Is(err, store.ErrEmailTaken):
		return emailTaken()
	case errors.Is(err, store.ErrRetired):
		return flow.Stall{
			Reason: v1alpha1.ReasonIdentityRetired,
			Message: fmt.Sprintf("the login or the e-mail address was that of an account that has been deleted, and spec.policy.identityReuse of BackOffice %s is %s: "+
				"use another one. Somebody with the RBAC verb escalate on the BackOffice and without a delegation can let this user have it, by applying it "+
				"with the annotation %s=<reason>",
				client.ObjectKeyFromObject(s.office), v1alpha1.IdentityReuseNever, v1alpha1.AnnotationBreakGlass),
		}
	case errors.Is(err, store.ErrQuota):
		return flow.Wait{
			Reason:  v1alpha1.ReasonQuotaExceeded,
			Message: fmt.Sprintf("BackOffice %s has no seat left for account type %s; the account is created when one is free. See its spec.quotas", client.ObjectKeyFromObject(s.office), s.record.AccountType),
		}
	case errors.Is(err, store.ErrReplayed):
		return r.refuse(ctx, s, copied())
	case errors.Is(err, store.ErrProtected):
		return r.refuse(ctx, s, flow.Stall{
			Reason: v1alpha1.ReasonNotAuthorized,
			Message: fmt.Sprintf("login %q is that of a former account which was stronger than whoever applied this user; use another login, or %s",
				s.record.Login, applyAgain),
		})
	}
	return outcome(err)
}

// writeAlone writes the account without its password, of which the store holds something else than was planned for: the account was there already, or
// the outcome of an earlier attempt was unknown. Then it is decided again, from what the store holds.
func (r *UserReconciler) writeAlone(ctx context.Context, s *userScope, changes []store.Change) error {
	s.password.changes = nil
	account := slices.DeleteFunc(changes, func(c store.Change) bool { _, put := c.(store.Put); return !put })
	if len(account) > 0 {
		if err := r.write(ctx, s, account); err != nil {
			return err
		}
	}
	return r.lookAgain(ctx, s)
}

// refuse withholds an account whose admission the store does not accept, and takes it back where it was in force.
func (r *UserReconciler) refuse(ctx context.Context, s *userScope, why error) error {
	if err := s.keepEmail(ctx, nil); err != nil {
		return err
	}
	withheld := s.record
	withheld.InForce, withheld.Stamp, withheld.Bindings = false, "", nil
	if err := s.retract(ctx, s.put(withheld)); err != nil {
		return err
	}
	s.user.Status.State = ""
	if s.conn.known.Has(s.key()) {
		s.user.Status.State = effectiveState(withheld)
	}
	return why
}

// unsynced reports that the store does not hold what it should.
func (r *UserReconciler) unsynced(s *userScope, err error) error {
	s.lacks(err)
	return err
}

// lacks reports why the store does not hold what it should; nil is no reason.
func (s *userScope) lacks(why error) {
	if reason, message := flow.Explain(why); reason != "" {
		flow.Fails(s.user, v1alpha1.ConditionSynced, reason, message)
	}
}

// put writes the account. Whoever has broken the glass for it lets it use the identity of a deleted one.
func (s *userScope) put(record store.User) store.Put {
	return store.Put{
		Record: record, Revoking: s.conn.known.Has(s.key()), LiftTombstones: s.author.BreakGlass, Adopts: s.adopts(),
		Admission: desired.UserAdmission(s.user, desired.Force(record.InForce), s.author.Powers),
	}
}

// adopts says which accounts of others the user may take over.
func (s *userScope) adopts() store.Adoption {
	switch s.office.Spec.Store.Adoption {
	case v1alpha1.AdoptionIfUnowned:
		return store.AdoptUnowned
	case v1alpha1.AdoptionForce:
		return store.AdoptAny
	case v1alpha1.AdoptionNever:
	}
	return store.AdoptNone
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
