// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// UserInput are the facts about a BackOfficeUser.
type UserInput struct {
	// Old is nil on creation and in the background, New is nil on deletion.
	Old, New *v1alpha1.BackOfficeUser
	// Office is nil where it does not exist.
	Office *v1alpha1.BackOffice
	// OldProtection and NewProtection follow from the bindings that name or select the old and the new object.
	OldProtection, NewProtection Protection
	// SameLogin are the other users of the back office with the same login, the oldest first.
	SameLogin []types.NamespacedName
	// FullQuotas names the quotas of the back office which have no seat left for the new object, such as "users".
	FullQuotas []string
	Actor      Actor
}

// BindingInput are the facts about a RoleBinding.
type BindingInput struct {
	// Old is nil on creation and in the background, New is nil on deletion.
	Old, New *v1alpha1.RoleBinding
	// Office is nil where it does not exist.
	Office *v1alpha1.BackOffice
	// OldSet and NewSet are nil where they do not exist.
	OldSet, NewSet *v1alpha1.PermissionSet
	// Subjects are the users that the old or the new object names or selects. Users that the actor may touch may be left out.
	Subjects []Subject
	// MissingSubjects are names in the new object's subjects which no user of the back office has.
	MissingSubjects []string
	Actor           Actor
}

// Subject is a user that a binding names or selects.
type Subject struct {
	Name       string
	Protection Protection
}

// SetInput are the facts about a PermissionSet.
type SetInput struct {
	// Old is nil on creation and in the background, New is nil on deletion.
	Old, New *v1alpha1.PermissionSet
	// Office is nil where it does not exist.
	Office *v1alpha1.BackOffice
	// OldAncestry and NewAncestry are what the two objects inherit from, keyed by namespace/name.
	OldAncestry, NewAncestry access.Ancestry
	// Sets are the sets of both, keyed by namespace/name.
	Sets map[string]*v1alpha1.PermissionSet
	// SameKey are the other sets of the back office with the same key, the oldest first.
	SameKey []types.NamespacedName
	Actor   Actor
}

// Escalation tells whether the actor has the RBAC verb escalate on a BackOffice.
type Escalation string

// The answers. The zero value permits nothing.
const (
	EscalationPermitted Escalation = "Permitted"
	EscalationRefused   Escalation = "Refused"
)

// OfficeInput are the facts about a BackOffice.
type OfficeInput struct {
	// Old is nil on creation, New is nil on deletion.
	Old, New   *v1alpha1.BackOffice
	Actor      Actor
	Escalation Escalation
}

func (in UserInput) before() (UserInput, bool) {
	in.New = in.Old
	return in, in.Old != nil
}

func (in BindingInput) before() (BindingInput, bool) {
	in.New, in.NewSet = in.Old, in.OldSet
	return in, in.Old != nil
}

func (in SetInput) before() (SetInput, bool) {
	in.New, in.NewAncestry = in.Old, in.OldAncestry
	return in, in.Old != nil
}

// member is an object that belongs to a back office.
type member interface {
	// placed returns the namespace and the reference of the new object, of the old one on deletion.
	placed() (namespace string, ref v1alpha1.BackOfficeReference)
	backOffice() *v1alpha1.BackOffice
}

func (in UserInput) placed() (string, v1alpha1.BackOfficeReference) {
	o := either(in.New, in.Old)
	return o.Namespace, o.Spec.BackOfficeRef
}

func (in BindingInput) placed() (string, v1alpha1.BackOfficeReference) {
	o := either(in.New, in.Old)
	return o.Namespace, o.Spec.BackOfficeRef
}

func (in SetInput) placed() (string, v1alpha1.BackOfficeReference) {
	o := either(in.New, in.Old)
	return o.Namespace, o.Spec.BackOfficeRef
}

func (in UserInput) backOffice() *v1alpha1.BackOffice    { return in.Office }
func (in BindingInput) backOffice() *v1alpha1.BackOffice { return in.Office }
func (in SetInput) backOffice() *v1alpha1.BackOffice     { return in.Office }

func either[T any](first, second *T) *T {
	if first != nil {
		return first
	}
	return second
}
