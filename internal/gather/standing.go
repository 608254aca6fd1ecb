// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// UserStanding reads the facts that a user is judged by in the background.
func (g Gatherer) UserStanding(ctx context.Context, u *v1alpha1.BackOfficeUser) (policy.UserInput, error) {
	in := policy.UserInput{New: u}
	var err error
	in.Office, err = g.Office(ctx, u.Spec.BackOfficeRef, u.Namespace)
	return in, err
}

// BindingStanding reads the facts that a binding is judged by in the background. Its subjects are no part of them: SubjectsOf has them.
func (g Gatherer) BindingStanding(ctx context.Context, b *v1alpha1.RoleBinding) (policy.BindingInput, error) {
	in := policy.BindingInput{New: b}
	var err error
	if in.Office, err = g.Office(ctx, b.Spec.BackOfficeRef, b.Namespace); err != nil {
		return in, err
	}
	in.NewSet, err = g.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
	return in, err
}

// SetStanding reads the facts that a set is judged by in the background.
func (g Gatherer) SetStanding(ctx context.Context, s *v1alpha1.PermissionSet) (policy.SetInput, error) {
	in := policy.SetInput{New: s}
	var err error
	if in.Office, err = g.Office(ctx, s.Spec.BackOfficeRef, s.Namespace); err != nil {
		return in, err
	}
	in.NewAncestry, in.Sets, err = g.Ancestry(ctx, s)
	return in, err
}
