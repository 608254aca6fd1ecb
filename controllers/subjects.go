// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Whether a user gets what a binding hands out is judged for each of the two, by whoever is the first to write the row that says so: the user's
// reconcile or the binding's. What the rules ask for decides who looks at a row that the store holds already:
//
//   - Who stands behind the two was judged with the same admission of the user and the same generation of the binding, and what changes after that
//     makes both more permissive; but where another set has taken the place of the one that the binding was admitted with, the binding judges all
//     again. Without a set there is nothing to be judged, and no row is written: the set wakes the binding.
//   - The account type is the views' business: a row of a user who may not hold the set counts for nothing, and is there. So a set that is opened to
//     other types, or closed, writes no row. The binding says who they are, and their status does not name the set.
//   - The limit of sets depends on the user's other bindings, all of which wake the user: its own reconcile takes a row back, and tells the binding.
//     A binding that has written rows looks at them once more, for another binding may have come meanwhile.

// cause says why a user does not get what a binding hands out.
type cause string

const (
	noCause      cause = ""
	unauthorized cause = "unauthorized"
	surplus      cause = "surplus"
	wrongType    cause = "wrongType"
)

// keepsRow tells whether the store may hold the row nevertheless.
func (c cause) keepsRow() bool { return c == noCause || c == wrongType }

// causeFor judges one user of a binding. Of several causes it is the one that nobody else looks after.
func causeFor(ctx context.Context, h gather.Handing, u *v1alpha1.BackOfficeUser) (cause, error) {
	facts, err := h.For(ctx, u)
	if err != nil {
		return noCause, err
	}
	why := noCause
	for _, v := range refusals(policy.SubjectStanding.Evaluate(facts)) {
		switch v.Reason {
		case v1alpha1.ReasonAccountTypeNotPermitted:
			if why == noCause {
				why = wrongType
			}
		case v1alpha1.ReasonPolicyViolated:
			why = surplus
		default:
			return unauthorized, nil
		}
	}
	return why, nil
}

// ofSameOffice is the set that a binding hands out: one of another back office is none here.
func ofSameOffice(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) *v1alpha1.PermissionSet {
	if set != nil && set.Spec.BackOfficeRef.In(set.Namespace) != b.Spec.BackOfficeRef.In(b.Namespace) {
		return nil
	}
	return set
}

// sortOut leaves those subjects in the record whose rows are to be written, and returns the names of the users that are refused, sorted. As long as
// the binding's author was judged for the set, of users whose rows the store holds nothing is asked but their type.
func (r *RoleBindingReconciler) sortOut(ctx context.Context, s *bindingScope, author policy.Author, set *v1alpha1.PermissionSet) (map[cause][]string, error) {
	missing, all := s.conn.known.MissingSubjects(s.record), s.record.Subjects
	s.record.Subjects = nil
	if set == nil || s.closed != nil {
		return nil, nil
	}
	judged := all
	if author.Judged && slices.Contains(author.Sets, set.UID) {
		judged = missing
	}
	refused, out := map[cause][]string{}, map[string]bool{}
	handing, err := r.Gather.HandingOf(ctx, s.binding, set, s.office)
	if err != nil {
		return nil, err
	}
	for _, subject := range judged {
		u := s.users[subject.UserUID]
		why, err := causeFor(ctx, handing, u)
		if err != nil {
			return nil, err
		}
		if why == unauthorized || why == surplus && slices.Contains(missing, subject) {
			out[subject.UserUID] = true
			refused[why] = append(refused[why], u.Name)
		}
	}
	if refused[wrongType], err = r.ofWrongType(ctx, s, set, out); err != nil {
		return nil, err
	}
	isOut := func(subject store.Subject) bool { return out[subject.UserUID] }
	s.record.Subjects = slices.DeleteFunc(slices.Clone(missing), isOut)
	if s.anew = len(out) > len(missing)-len(s.record.Subjects); s.anew { // there is no other way to take a row back
		s.record.Subjects = slices.DeleteFunc(all, isOut)
	}
	for _, names := range refused {
		slices.Sort(names)
	}
	return refused, nil
}

// ofWrongType names the users who may not hold the set by their account type, but for those who are out anyway.
func (r *RoleBindingReconciler) ofWrongType(ctx context.Context, s *bindingScope, set *v1alpha1.PermissionSet, out map[string]bool) ([]string, error) {
	types, err := r.Gather.HeldBy(ctx, set)
	if err != nil || len(types) == 0 {
		return nil, err
	}
	var names []string
	for uid, u := range s.users {
		if !out[uid] && !policy.MayHold(u.EffectiveAccountType(), types) {
			names = append(names, u.Name)
		}
	}
	return names, nil
}

// review looks at the users whose rows were written: what they hold besides was not there when they were judged, where it has come meanwhile.
func (r *RoleBindingReconciler) review(ctx context.Context, s *bindingScope) error {
	if policy.SetLimit(s.office) == 0 {
		return nil
	}
	for _, subject := range s.record.Subjects {
		u := s.users[subject.UserUID]
		beyond, err := r.Gather.Surplus(ctx, u, s.office)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(beyond, func(b *v1alpha1.RoleBinding) bool { return b.UID == s.binding.UID }) {
			r.Crowded(client.ObjectKeyFromObject(u))
		}
	}
	return nil
}

// sortOut leaves those bindings in the record whose rows the store is to hold, and those in the scope that give the user something. A binding that
// refuses the user is told, for its condition says so.
func (r *UserReconciler) sortOut(ctx context.Context, s *userScope) error {
	missing := s.conn.known.MissingBindings(s.record)
	beyond, err := r.beyondLimit(ctx, s, missing)
	if err != nil {
		return err
	}
	gone, refusing := map[string]bool{}, map[string]bool{} // by UID: those without a row, those that give nothing
	for _, b := range s.bindings {
		uid, isMissing := string(b.UID), isOf(missing, b)
		set, err := r.Gather.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
		if err != nil {
			return err
		}
		if set = ofSameOffice(b, set); set == nil {
			gone[uid] = isMissing
			continue
		}
		why, err := r.causeOf(ctx, s, bound{b, set, isMissing, slices.Contains(beyond, b)})
		if err != nil {
			return err
		}
		refusing[uid], gone[uid] = why != noCause, !why.keepsRow()
		switch {
		case why == surplus && !isMissing: // it looks at no row that the store holds
			s.lost = append(s.lost, client.ObjectKeyFromObject(b))
		case isMissing && (why != noCause || readyOf(b).Reason == v1alpha1.ReasonSubjectsRefused):
			r.Refused(client.ObjectKeyFromObject(b))
		}
	}
	s.record.Bindings = slices.DeleteFunc(s.record.Bindings, func(b store.Bound) bool { return gone[b.BindingUID] })
	s.bindings = slices.DeleteFunc(s.bindings, func(b *v1alpha1.RoleBinding) bool { return refusing[string(b.UID)] })
	return nil
}

// bound is a binding of a user, with its set.
type bound struct {
	binding *v1alpha1.RoleBinding
	set     *v1alpha1.PermissionSet
	missing bool // whether the store is not known to hold the row
	beyond  bool // whether the set is more than the user may hold
}

// causeOf judges one binding of the user, by what the user looks after.
func (r *UserReconciler) causeOf(ctx context.Context, s *userScope, b bound) (cause, error) {
	switch {
	case b.beyond:
		return surplus, nil
	case b.missing:
		handing, err := r.Gather.HandingOf(ctx, b.binding, b.set, s.office)
		if err != nil {
			return noCause, err
		}
		return causeFor(ctx, handing, s.user)
	}
	types, err := r.Gather.HeldBy(ctx, b.set)
	if err != nil || policy.MayHold(s.user.EffectiveAccountType(), types) {
		return noCause, err
	}
	return wrongType, nil
}

// beyondLimit are the user's bindings whose sets are more than it may hold. What it holds goes by leave of the brake alone: the limit may be new.
func (r *UserReconciler) beyondLimit(ctx context.Context, s *userScope, missing []store.Bound) ([]*v1alpha1.RoleBinding, error) {
	if s.closed != nil {
		return nil, nil
	}
	beyond, err := r.Gather.SurplusAmong(ctx, s.user, s.bindings, s.office)
	if err != nil {
		return nil, err
	}
	held := func(b *v1alpha1.RoleBinding) bool { return !isOf(missing, b) }
	if !slices.ContainsFunc(beyond, held) {
		return beyond, nil
	}
	permitted, err := r.mayWithhold(ctx, &s.member)
	if err != nil || permitted {
		return beyond, err
	}
	return slices.DeleteFunc(beyond, held), nil
}

// isOf tells whether a binding is among these.
func isOf(bounds []store.Bound, b *v1alpha1.RoleBinding) bool {
	return slices.ContainsFunc(bounds, func(bound store.Bound) bool { return bound.BindingUID == string(b.UID) })
}
