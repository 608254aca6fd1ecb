// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Withheld is a reason for which an object that was admitted gives nothing, or not to all.
type Withheld struct {
	// Reason is that of the condition Ready.
	Reason  string `json:"reason"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// maxUsers bounds the users of a binding that are told one by one.
const maxUsers = 10

// standing judges an object of the world as the operator does in the background.
func (r *Reviewer) standing(ctx context.Context, o client.Object) ([]Withheld, error) {
	switch o := o.(type) {
	case *v1alpha1.BackOfficeUser:
		in, err := r.facts.UserStanding(ctx, o)
		return withheld(policy.UserStanding.Evaluate(in)), err
	case *v1alpha1.PermissionSet:
		in, err := r.facts.SetStanding(ctx, o)
		return withheld(policy.SetStanding.Evaluate(in)), err
	case *v1alpha1.RoleBinding:
		in, err := r.facts.BindingStanding(ctx, o)
		if err != nil {
			return nil, err
		}
		if all := withheld(policy.BindingStanding.Evaluate(in)); len(all) > 0 {
			return all, nil
		}
		return r.subjects(ctx, o, in)
	}
	return nil, nil
}

// subjects tells of single users to whom a binding that is in force gives nothing.
func (r *Reviewer) subjects(ctx context.Context, b *v1alpha1.RoleBinding, in policy.BindingInput) ([]Withheld, error) {
	users, missing, err := r.facts.SubjectsOf(ctx, b)
	if err != nil {
		return nil, err
	}
	handing, err := r.facts.HandingOf(ctx, b, in.NewSet, in.Office)
	if err != nil {
		return nil, err
	}
	in.MissingSubjects = missing
	all := withheld(policy.SubjectsKnown(in))
	for _, u := range users {
		facts, err := handing.For(ctx, u)
		if err != nil {
			return nil, err
		}
		for _, w := range withheld(policy.SubjectStanding.Evaluate(facts)) {
			w.Message = "for " + u.Name + ": " + w.Message
			all = append(all, w)
		}
	}
	if more := len(all) - maxUsers; more > 0 {
		all = append(all[:maxUsers], Withheld{v1alpha1.ReasonSubjectsRefused, "spec", fmt.Sprintf("and %d more", more)})
	}
	return all, nil
}

func withheld(violations []policy.Violation) []Withheld {
	var all []Withheld
	for _, v := range violations {
		if v.Severity == policy.Refuse {
			all = append(all, Withheld{v.Reason, v.Field.String(), v.Message})
		}
	}
	return all
}
