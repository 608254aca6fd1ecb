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
// reconcile or the binding's. A row that the store holds was judged with the same admission of the user and the same generation of the binding,
// and what changes after that makes both more permissive; but where another set has taken the place of the one that the binding was admitted
// with, all are judged again. Without a set there is nothing to be judged, and no row is written: the set wakes the binding.

// refuses tells whether a user does not get what a binding hands out.
func refuses(h gather.Handing, u *v1alpha1.BackOfficeUser) bool {
	return len(refusals(policy.SubjectStanding.Evaluate(h.To(u)))) > 0
}

// ofSameOffice is the set that a binding hands out: one of another back office is none here.
func ofSameOffice(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) *v1alpha1.PermissionSet {
	if set != nil && set.Spec.BackOfficeRef.In(set.Namespace) != b.Spec.BackOfficeRef.In(b.Namespace) {
		return nil
	}
	return set
}

// sortOut leaves those subjects in the record whose rows are to be written, and returns the names of the users that are refused. As long as the
// binding's author was judged for the set, users whose rows the store holds cost nothing.
func (r *RoleBindingReconciler) sortOut(s *bindingScope, author policy.Author, set *v1alpha1.PermissionSet, users []*v1alpha1.BackOfficeUser) (refused []string) {
	missing, all := s.conn.known.MissingSubjects(s.record), s.record.Subjects
	s.record.Subjects = nil
	if set == nil || s.closed != nil {
		return nil
	}
	judged := all
	if author.Judged && slices.Contains(author.Sets, set.UID) {
		judged = missing
	}
	if len(judged) == 0 {
		return nil
	}
	byUID := make(map[string]*v1alpha1.BackOfficeUser, len(users))
	for _, u := range users {
		byUID[string(u.UID)] = u
	}
	handing, out := gather.HandingOf(s.binding, set, s.office), map[string]bool{}
	for _, subject := range judged {
		if u := byUID[subject.UserUID]; refuses(handing, u) {
			out[subject.UserUID], refused = true, append(refused, u.Name)
		}
	}
	isOut := func(subject store.Subject) bool { return out[subject.UserUID] }
	s.record.Subjects = slices.DeleteFunc(slices.Clone(missing), isOut)
	if s.anew = len(out) > len(missing)-len(s.record.Subjects); s.anew { // there is no other way to take a row back
		s.record.Subjects = slices.DeleteFunc(all, isOut)
	}
	slices.Sort(refused)
	return refused
}

// sortOut leaves those bindings in the record whose rows the store is known to hold, or is to hold. A binding that refuses the user is told, for
// its condition says so, and is none of the user's bindings.
func (r *UserReconciler) sortOut(ctx context.Context, s *userScope) error {
	for _, missing := range s.conn.known.MissingBindings(s.record) {
		i := slices.IndexFunc(s.bindings, func(b *v1alpha1.RoleBinding) bool { return string(b.UID) == missing.BindingUID })
		b := s.bindings[i]
		set, err := r.Gather.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
		if err != nil {
			return err
		}
		if set = ofSameOffice(b, set); set != nil && !refuses(gather.HandingOf(b, set, s.office), s.user) {
			continue
		}
		if set != nil {
			r.Refused(client.ObjectKeyFromObject(b))
			s.bindings = slices.Delete(s.bindings, i, i+1)
		}
		s.record.Bindings = slices.DeleteFunc(s.record.Bindings, func(bound store.Bound) bool { return bound == missing })
	}
	return nil
}
