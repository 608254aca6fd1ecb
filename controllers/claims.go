// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// waitForLogin lets the oldest of several users with one login claim it, unless one of them has it already.
func (r *UserReconciler) waitForLogin(ctx context.Context, s *userScope) error {
	if s.conn.known.Has(s.key()) {
		return nil
	}
	claimed, err := r.claimed(ctx, s.user, claim{
		gather.IndexLogin, gather.LoginKey(s.officeName(), s.user.EffectiveLogin()),
		func(rival types.UID) bool {
			return s.conn.known.Has(store.Key{Kind: store.KindUser, UID: string(rival)})
		},
	})
	if err != nil || !claimed {
		return err
	}
	return loginTaken(s.user)
}

// waitForEmail does the same for an e-mail address. An account that is there keeps the one that it has until then, and waits for nothing else.
func (r *UserReconciler) waitForEmail(ctx context.Context, s *userScope) error {
	if s.holdsEmail() {
		return nil
	}
	wanted := known.EmailOf(s.record.Email)
	claimed, err := r.claimed(ctx, s.user, claim{
		gather.IndexEmail, gather.EmailKey(s.officeName(), s.record.Email),
		func(rival types.UID) bool { return s.conn.known.Email(string(rival)) == wanted },
	})
	switch {
	case err != nil || !claimed:
		return err
	case !s.conn.known.Has(s.key()):
		return emailTaken()
	}
	return s.keepEmail(ctx, emailTaken())
}

// holdsEmail tells whether the account has the e-mail address that it wants, or wants none.
func (s *userScope) holdsEmail() bool {
	return s.record.Email == "" || s.conn.known.Email(s.record.UID) == known.EmailOf(s.record.Email)
}

// keepEmail leaves an account that is there with the e-mail address that it has; why says why, nil where that is told otherwise.
func (s *userScope) keepEmail(ctx context.Context, why error) error {
	if s.holdsEmail() || !s.conn.known.Has(s.key()) {
		return nil
	}
	if err := s.conn.available(); err != nil {
		return err
	}
	is, found, err := s.conn.observe(ctx, s.key())
	if err != nil {
		return outcome(err)
	}
	row, _ := is.Record.(store.User)
	if !found {
		return flow.Later{After: retryAfter}
	}
	s.record.Email, s.unclaimed = row.Email, why
	return nil
}

func emailTaken() error {
	return flow.Wait{
		Reason: v1alpha1.ReasonEmailTaken,
		Message: "the e-mail address of spec.profile belongs to another account of the back office (addresses are compared without case); this user " +
			"gets it when it is free. An account that is there already keeps the address that it had until then",
		After: recheckAfter, // of accounts without an object no event tells
	}
}

// identityRefused tells whether the outcome is about an identity that the user may not have.
func identityRefused(err error) bool {
	reason, _ := flow.Explain(err)
	return reason == v1alpha1.ReasonEmailTaken || reason == v1alpha1.ReasonIdentityRetired
}

// passOn wakes the oldest of those who wait for the e-mail address that an account had before it was written.
func (r *UserReconciler) passOn(ctx context.Context, s *userScope, before known.Email) error {
	if before == (known.Email{}) || before == s.conn.known.Email(s.record.UID) {
		return nil
	}
	var waiting v1alpha1.BackOfficeUserList
	key := gather.ReasonKey(s.officeName(), v1alpha1.ReasonEmailTaken)
	if err := r.Client.List(ctx, &waiting, client.MatchingFields{gather.IndexReadyReason: key}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return err
	}
	var next *v1alpha1.BackOfficeUser
	for i := range waiting.Items {
		if u := &waiting.Items[i]; known.EmailOf(u.EffectiveEmail()) == before && (next == nil || older(u, next)) {
			next = u
		}
	}
	if next != nil {
		r.Freed(client.ObjectKeyFromObject(next))
	}
	return nil
}

// claim is what several users may want and one can have.
type claim struct {
	index, key string // find those who want it
	holds      func(user types.UID) bool
}

// claimed tells whether another living user has what this one claims, or is older and claims it, too. A user whom a rule withholds, such as one of
// a namespace that is not admitted, claims nothing; and neither does one with the identity of a deleted account, who cannot get it.
func (r *UserReconciler) claimed(ctx context.Context, u *v1alpha1.BackOfficeUser, c claim) (bool, error) {
	var list v1alpha1.BackOfficeUserList
	if err := r.Client.List(ctx, &list, client.MatchingFields{c.index: c.key}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return false, err
	}
	for i := range list.Items {
		rival := &list.Items[i]
		switch {
		case rival.UID == u.UID || !rival.DeletionTimestamp.IsZero():
			continue
		case c.holds(rival.UID):
			return true, nil
		case !older(rival, u) || isRetired(rival):
			continue
		}
		facts, err := r.Gather.UserStanding(ctx, rival)
		if err != nil {
			return false, err
		}
		if _, withheld := verdict(policy.UserStanding.Evaluate(facts)); withheld == nil {
			return true, nil
		}
	}
	return false, nil
}

// isRetired tells whether a user, as it is now, was found to have the identity of a deleted account.
func isRetired(u *v1alpha1.BackOfficeUser) bool {
	ready := readyOf(u)
	return ready.Reason == v1alpha1.ReasonIdentityRetired && ready.ObservedGeneration == u.Generation
}

// older orders objects by their claim: the one created first, at the same second the one with the lower UID.
func older(a, b client.Object) bool {
	at, bt := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if at.Equal(&bt) {
		return a.GetUID() < b.GetUID()
	}
	return at.Before(&bt)
}

// inForce names the sets that bindings in force hand out, as namespace/name, and the next moment at which that changes.
func inForce(bindings []*v1alpha1.RoleBinding, now time.Time) (sets []string, next time.Time) {
	for _, b := range bindings {
		from, until := desired.Window(b)
		if now.Before(from) {
			next = sooner(next, from)
			continue
		}
		if !until.IsZero() {
			if !now.Before(until) {
				continue
			}
			next = sooner(next, until)
		}
		sets = append(sets, b.Spec.PermissionSetRef.In(b.Namespace).String())
	}
	slices.SortFunc(sets, strings.Compare)
	sets = slices.Compact(sets)
	return sets[:min(len(sets), v1alpha1.MaxReportedSets)], next
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
