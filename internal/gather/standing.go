// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// UserStanding reads the facts that a user is judged by in the background.
func (g Gatherer) UserStanding(ctx context.Context, u *v1alpha1.BackOfficeUser) (policy.UserInput, error) {
	in, err := g.user(ctx, u)
	in.Author = author(u, in.Office)
	return in, err
}

// user reads the facts that a user is judged by whoever asks.
func (g Gatherer) user(ctx context.Context, u *v1alpha1.BackOfficeUser) (policy.UserInput, error) {
	in := policy.UserInput{New: u}
	var err error
	if in.Office, err = g.Office(ctx, u.Spec.BackOfficeRef, u.Namespace); err != nil {
		return in, err
	}
	in.Terms, err = g.terms(ctx, in.Office, u.Namespace)
	return in, err
}

// BindingStanding reads the facts that a binding is judged by in the background. Its subjects are part of them only where its author was not
// judged for the set as it is there now.
func (g Gatherer) BindingStanding(ctx context.Context, b *v1alpha1.RoleBinding) (policy.BindingInput, error) {
	in, err := g.binding(ctx, b)
	if err != nil {
		return in, err
	}
	in.Author = author(b, in.Office)
	if !in.Author.Known || in.Office == nil || in.NewSet == nil || in.Author.Judged && slices.Contains(in.Author.Sets, in.NewSet.UID) {
		return in, nil
	}
	in.Subjects, err = g.subjects(ctx, in)
	return in, err
}

// binding reads the facts that a binding is judged by whoever asks.
func (g Gatherer) binding(ctx context.Context, b *v1alpha1.RoleBinding) (policy.BindingInput, error) {
	in := policy.BindingInput{New: b}
	var err error
	if in.Office, err = g.Office(ctx, b.Spec.BackOfficeRef, b.Namespace); err != nil {
		return in, err
	}
	if in.Terms, err = g.terms(ctx, in.Office, b.Namespace); err != nil {
		return in, err
	}
	in.NewSet, err = g.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
	return in, err
}

// subjects returns all users that the new binding names or selects, with who stands behind them. Where the author was not judged at all they
// have their protection, too: what protects them besides this binding, as far as the author does not
// reach it for accounts of every type.
func (g Gatherer) subjects(ctx context.Context, in policy.BindingInput) ([]policy.Subject, error) {
	users, _, err := g.SubjectsOf(ctx, in.New)
	if err != nil {
		return nil, err
	}
	var others []policy.Bound
	if !in.Author.Judged {
		sets, err := g.setsBeyond(ctx, officeOfBinding(in.New), func(s *v1alpha1.PermissionSet) bool {
			need := policy.NeedOf(s)
			return slices.ContainsFunc(in.Author.Powers, func(p access.Power) bool { return len(p.AccountTypes) == 0 && p.Reaches(need) })
		})
		if err != nil {
			return nil, err
		}
		if others, err = g.boundsIn(ctx, in.New.Namespace, sets); err != nil {
			return nil, err
		}
	}
	roster := rosterOf(slices.DeleteFunc(others, func(b policy.Bound) bool { return b.Binding.Name == in.New.Name }))
	var subjects []policy.Subject
	for _, u := range users {
		subjects = append(subjects, policy.Subject{
			Name: u.Name, AccountType: u.EffectiveAccountType(), Protection: policy.ProtectionOf(roster.of(u), in.Terms), Author: author(u, in.Office),
		})
	}
	return subjects, nil
}

// SetStanding reads the facts that a set is judged by in the background.
func (g Gatherer) SetStanding(ctx context.Context, s *v1alpha1.PermissionSet) (policy.SetInput, error) {
	in, err := g.set(ctx, s)
	in.Author = author(s, in.Office)
	return in, err
}

// set reads the facts that a set is judged by whoever asks.
func (g Gatherer) set(ctx context.Context, s *v1alpha1.PermissionSet) (policy.SetInput, error) {
	in := policy.SetInput{New: s}
	var err error
	if in.Office, err = g.Office(ctx, s.Spec.BackOfficeRef, s.Namespace); err != nil {
		return in, err
	}
	if in.Terms, err = g.terms(ctx, in.Office, s.Namespace); err != nil {
		return in, err
	}
	in.NewAncestry, in.Sets, err = g.Ancestry(ctx, s)
	return in, err
}

// Handing is a binding of a set that exists, as far as it has to be known to judge single users of it.
type Handing struct {
	facts   policy.SubjectInput
	office  *v1alpha1.BackOffice // nil where it gives nobody power
	binding *v1alpha1.RoleBinding
	limited *v1alpha1.BackOffice // the same, where it limits the sets of a user
	reader  Gatherer
}

// HandingOf returns the binding of a set that exists, with the account types that may hold it and the limit of sets.
func (g Gatherer) HandingOf(ctx context.Context, b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet, office *v1alpha1.BackOffice) (Handing, error) {
	h := handingOf(b, set, office)
	h.binding, h.reader, h.facts.Set, h.facts.SetLimit = b, g, nameOf(set), policy.SetLimit(office)
	if h.facts.SetLimit > 0 {
		h.limited = office
	}
	var err error
	h.facts.Types, err = g.HeldBy(ctx, set)
	return h, err
}

// For returns the facts about one user of the binding. Its other bindings are read only where there is a limit.
func (h Handing) For(ctx context.Context, u *v1alpha1.BackOfficeUser) (policy.SubjectInput, error) {
	facts := h.to(u)
	surplus, err := h.reader.Surplus(ctx, u, h.limited)
	facts.Surplus = slices.ContainsFunc(surplus, func(b *v1alpha1.RoleBinding) bool { return sameObject(b, h.binding) })
	return facts, err
}

// handingOf returns the binding with who stands behind it. The stamps count as they are written: whether they fit is for the standing of each
// object to say.
func handingOf(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet, office *v1alpha1.BackOffice) Handing {
	h := Handing{office: empowering(office)}
	h.facts.Need, h.facts.Bypass = policy.NeedOf(set), set.Spec.BypassFilters
	if s, ok := stamp.Of(b); ok {
		h.facts.Binding = authorOf(s, h.office)
	}
	if s, ok := stamp.Of(set); ok && slices.Contains(h.facts.Binding.Sets, set.UID) {
		h.facts.SetAt = s.At
	}
	return h
}

// to returns who stands behind one user of the binding.
func (h Handing) to(u *v1alpha1.BackOfficeUser) policy.SubjectInput {
	facts := h.facts
	facts.AccountType = u.EffectiveAccountType()
	if s, ok := stamp.Of(u); ok {
		facts.User = authorOf(s, h.office)
	}
	return facts
}
