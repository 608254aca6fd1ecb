// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// While a back office is suspended, the store gets of each object what gives no more than it holds already: see desired.LowerUser and its kin. So
// an object that is in sync is as it was and costs nothing; one that takes something away is written; and one that gives something waits, after what
// it takes away has been written. What the store holds is read for that, by objects that differ from it alone.

// suspended is why something waits.
func (m *member) suspended(what string) error {
	return flow.Wait{
		Reason: v1alpha1.ReasonSuspended,
		Message: fmt.Sprintf("BackOffice %s is suspended: %s. What is taken away is taken away. See its spec.suspend and its annotation %s",
			m.officeName(), what, v1alpha1.AnnotationSuspend),
	}
}

const (
	newWaits    = "this object is new, and gives something when that ends"
	changeWaits = "what a change of this object gives comes in force when that ends"
)

// suspends tells whether nothing new is given by what stands behind the back office: where nobody does, it gives nothing new anyway.
func (m *member) suspends() bool { return m.office.Suspended() && m.closed == nil }

// held reads the records that the store holds with these keys.
func (c *connection) held(ctx context.Context, keys ...store.Key) (map[store.Key]store.Record, error) {
	records := map[store.Key]store.Record{}
	if len(keys) == 0 {
		return records, nil
	}
	if err := c.available(); err != nil {
		return nil, err
	}
	for o, err := range c.store.Observe(ctx, keys...) {
		if err != nil {
			return nil, outcome(c.unread(err))
		}
		c.learn(o)
		records[o.Record.Key()] = o.Record
	}
	return records, nil
}

// differs tells whether something of a record waits.
func differs(lowered, wanted store.Record) bool { return store.HashOf(lowered) != store.HashOf(wanted) }

// lower leaves in the user's record what gives nothing new, and those bindings that the user had.
func (r *UserReconciler) lower(ctx context.Context, s *userScope) error {
	if !s.suspends() {
		return nil
	}
	s.keep(func(b *v1alpha1.RoleBinding) bool { return s.conn.known.Hands(string(b.UID), s.record.UID) })
	if s.conn.known.Holds(s.record) {
		return nil
	}
	records, err := s.conn.held(ctx, s.key())
	if err != nil {
		return err
	}
	is, found := records[s.key()].(store.User)
	if !found {
		return flow.Later{After: retryAfter}
	}
	wanted := s.record
	if s.record = desired.LowerUser(is, wanted); differs(s.record, wanted) {
		s.waits = s.suspended(changeWaits)
	}
	if s.record.AccountType != is.AccountType {
		return r.keepHeldBy(ctx, s, v1alpha1.AccountType(is.AccountType))
	}
	return nil
}

// keep leaves those bindings of the user.
func (s *userScope) keep(had func(b *v1alpha1.RoleBinding) bool) {
	s.bindings = slices.DeleteFunc(slices.Clone(s.bindings), func(b *v1alpha1.RoleBinding) bool { return !had(b) })
	kept := func(bound store.Bound) bool {
		return slices.ContainsFunc(s.bindings, func(b *v1alpha1.RoleBinding) bool { return string(b.UID) == bound.BindingUID })
	}
	s.record.Bindings = slices.DeleteFunc(s.record.Bindings, func(bound store.Bound) bool { return !kept(bound) })
}

// keepHeldBy leaves those bindings whose sets accounts of the former type could hold: the others give something by the new type alone.
func (r *UserReconciler) keepHeldBy(ctx context.Context, s *userScope, former v1alpha1.AccountType) error {
	permitted := map[*v1alpha1.RoleBinding]bool{}
	for _, b := range s.bindings {
		set, err := r.Gather.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
		if err != nil {
			return err
		}
		if set == nil {
			continue
		}
		types, err := r.Gather.HeldBy(ctx, set)
		if err != nil {
			return err
		}
		permitted[b] = policy.MayHold(former, types)
	}
	s.keep(func(b *v1alpha1.RoleBinding) bool { return permitted[b] })
	return nil
}

// postpones tells whether a plan gives somebody a password who has none, or who has it from somewhere else.
func (s *userScope) postpones() bool {
	p := &s.password
	if !s.suspends() {
		return false
	}
	switch p.plan.Action {
	case credential.Issue, credential.Restore, credential.Supply, credential.Invite:
		return !p.state.HasVerifier || p.state.Source != p.policy.Source
	case credential.Reset:
		return p.state.HasVerifier && !p.state.Adopted && p.state.Source != p.policy.Source
	default: // what changes, ends or delivers the password that is there
		return false
	}
}

// lower leaves in the binding's record what gives nothing new, and those subjects who had it; all of them where it does nothing but deny.
func (r *RoleBindingReconciler) lower(ctx context.Context, s *bindingScope) error {
	if !s.suspends() {
		return nil
	}
	wanted := s.record
	if !s.conn.known.Holds(wanted) {
		if err := r.lowerContent(ctx, s); err != nil {
			return err
		}
	}
	if differs(s.record, wanted) {
		s.waits = s.suspended(changeWaits)
	}
	if desired.GivesNothing(s.record) {
		if !s.record.InForce {
			s.record.Subjects = nil
		}
		return nil
	}
	s.record.Subjects = slices.DeleteFunc(slices.Clone(wanted.Subjects), func(subject store.Subject) bool {
		return !s.conn.known.Hands(s.record.UID, subject.UserUID)
	})
	if waiting := len(wanted.Subjects) - len(s.record.Subjects); waiting > 0 {
		s.waits = s.suspended(fmt.Sprintf("%d users get what this binding gives when that ends; the others have it", waiting))
	}
	return nil
}

func (r *RoleBindingReconciler) lowerContent(ctx context.Context, s *bindingScope) error {
	records, err := s.conn.held(ctx, s.key())
	if err != nil {
		return err
	}
	is, _ := records[s.key()].(store.RoleBinding)
	var sets desired.Sets
	if is.PermissionSetUID != s.record.PermissionSetUID {
		if sets, err = r.setsOf(ctx, s, is); err != nil {
			return err
		}
	}
	s.record = desired.LowerBinding(is, s.record, sets)
	return nil
}

// lower leaves in the policy that the store has what gives nothing new.
func (r *BackOfficeReconciler) lower(ctx context.Context, s *officeScope, wanted store.Office) (store.Office, error) {
	if !s.office.Suspended() || !s.conn.known.Has(wanted.Key()) || s.conn.known.Holds(wanted) {
		return wanted, nil
	}
	records, err := s.conn.held(ctx, wanted.Key())
	if err != nil {
		return wanted, err
	}
	is, found := records[wanted.Key()].(store.Office)
	if !found {
		return wanted, flow.Later{After: retryAfter}
	}
	lowered := desired.LowerOffice(is, wanted)
	if differs(lowered, wanted) {
		s.waits = flow.Wait{
			Reason:  v1alpha1.ReasonSuspended,
			Message: "it is suspended: what the change of its policy gives comes in force when that ends",
		}
	}
	return lowered, nil
}

// tellSuspended says that nothing new is given, and why.
func (r *BackOfficeReconciler) tellSuspended(_ context.Context, s *officeScope) error {
	office := s.office
	if !office.Suspended() {
		flow.Clear(office, v1alpha1.ConditionSuspended)
		return nil
	}
	const what = "nothing gives new access: what would be given waits, and what is taken away is taken away"
	if _, annotated := office.Annotations[v1alpha1.AnnotationSuspend]; annotated {
		flow.Holds(office, v1alpha1.ConditionSuspended, v1alpha1.ReasonSuspendedByAnnotation, what+". The annotation "+v1alpha1.AnnotationSuspend+" says why")
		return nil
	}
	flow.Holds(office, v1alpha1.ConditionSuspended, v1alpha1.ReasonSuspended, what+". spec.suspend asks for that")
	return nil
}
