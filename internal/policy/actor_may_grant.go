// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// ActorMayGrant demands that the actor has all that a binding grants on top of its set after the change and did not grant before, and what the
// binding and its set no longer deny to somebody. Where other users may come to it, or at another time, everything is granted anew; where
// some may leave it, nothing is denied any more.
func ActorMayGrant(in BindingInput) []Violation {
	if in.Office == nil {
		return nil
	}
	h := in.grants()
	message := in.Actor.lacksContent(h, in.Office)
	if message == "" {
		return nil
	}
	return []Violation{forbidden(grantPath(either(in.New, in.Old), h.missing()), message)}
}

// set is the one of the new object, of the old one where that does not exist; nil where neither does.
func (in BindingInput) set() *v1alpha1.PermissionSet {
	if in.New != nil && in.NewSet != nil {
		return in.NewSet
	}
	if in.Old != nil {
		return in.OldSet
	}
	return nil
}

// need is what the set takes; nil where it does not exist. What exceeds the ceiling is not in force, and may be removed.
func (in BindingInput) need() *Need {
	set := in.set()
	if set == nil {
		return nil
	}
	need := needOf(set)
	if in.New == nil || in.NewSet == nil {
		need = in.Terms.capped(need)
	}
	return &need
}

// grants is what the change grants.
func (in BindingInput) grants() handout {
	after, before := in.sides()
	b := either(in.New, in.Old)
	h := in.Actor.handout("binding "+nameOf(b)+by(access.NewlyDenied(after, before)), in.need(), access.Gain(before, after))
	h.powers = in.openings().enough(h.powers)
	return h
}

// sides are the rights of the binding after and before the change, as far as some of its users are concerned.
func (in BindingInput) sides() (after, before access.Rights) {
	before, after = rightsOfBinding(in.Old), rightsOfBinding(in.New)
	if in.OldSet != nil {
		before.Deny = slices.Concat(before.Deny, in.OldSet.Spec.Deny, in.OldInherited)
	}
	if in.NewSet != nil {
		after.Deny = slices.Concat(after.Deny, in.NewSet.Spec.Deny, in.NewInherited)
	}
	if in.Old != nil && in.New != nil {
		if in.gains() {
			before.Gives = nil
		}
		if in.loses() {
			after.Deny = nil
		}
	}
	return after, before
}

// gains tells whether others may hold the set by the new binding than by the old one, or at another time, or on more data, or another set.
func (in BindingInput) gains() bool {
	before, after := in.Old.Spec, in.New.Spec
	return before.PermissionSetRef.In(in.Old.Namespace) != after.PermissionSetRef.In(in.New.Namespace) ||
		!before.NotBefore.Equal(after.NotBefore) || !before.ExpiresAt.Equal(after.ExpiresAt) || !reaches(before, after) ||
		Widens(before.Filters, after.Filters)
}

// loses tells whether the new binding may not apply to somebody to whom the old one applies, or at a time: without its set it applies to nobody,
// and not to accounts that may not hold it.
func (in BindingInput) loses() bool {
	excludes := slices.ContainsFunc(accountTypes, func(t v1alpha1.AccountType) bool { return MayHold(t, in.OldTypes) && !MayHold(t, in.NewTypes) })
	return in.OldSet != nil && in.NewSet == nil || excludes || !reaches(in.New.Spec, in.Old.Spec)
}

// reaches tells whether a binding reaches all users that the other one reaches, at all times at which that one does.
func reaches(b, other v1alpha1.RoleBindingSpec) bool {
	names := map[string]bool{}
	for _, s := range b.Subjects {
		names[s.Name] = true
	}
	for _, s := range other.Subjects {
		if !names[s.Name] {
			return false
		}
	}
	if b.NotBefore != nil && (other.NotBefore == nil || b.NotBefore.After(other.NotBefore.Time)) ||
		b.ExpiresAt != nil && (other.ExpiresAt == nil || b.ExpiresAt.Before(other.ExpiresAt)) {
		return false
	}
	if other.Selector == nil {
		b.Selector = nil
	}
	// Whatever else there is to a binding may say whom it reaches.
	b.Subjects, b.NotBefore, b.ExpiresAt = other.Subjects, other.NotBefore, other.ExpiresAt
	b.PermissionSetRef, b.Grants, b.Deny, b.Filters = other.PermissionSetRef, other.Grants, other.Deny, other.Filters
	return equality.Semantic.DeepEqual(b, other)
}

// grantPath is the grant that is at fault, or deny where something is no longer denied.
func grantPath(b *v1alpha1.RoleBinding, missing []access.Entry) *field.Path {
	for _, p := range b.Spec.Grants {
		if p.Path == missing[0].Path {
			return field.NewPath("spec", "grants").Key(p.Path)
		}
	}
	return field.NewPath("spec", "deny")
}
