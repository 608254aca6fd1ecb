// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"cmp"
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// RoleBinding returns the record of a binding of this set, nil while it does not exist, to these users.
func RoleBinding(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet, users []*v1alpha1.BackOfficeUser, force Force) store.RoleBinding {
	r := store.RoleBinding{
		Meta: meta(b), InForce: bool(force) && set != nil,
		Grants: entries(b.Spec.Grants), Deny: sorted(b.Spec.Deny), Filters: filtersOf(b.Spec.Filters),
	}
	r.NotBefore, r.ExpiresAt = Window(b)
	if set != nil {
		r.PermissionSetUID = string(set.UID)
	}
	for _, u := range users {
		r.Subjects = append(r.Subjects, store.Subject{UserUID: string(u.UID), LabelsHash: labelsHash(u)})
	}
	slices.SortFunc(r.Subjects, func(a, b store.Subject) int { return cmp.Compare(a.UserUID, b.UserUID) })
	return r
}

// Window is the time in which a binding grants something, notBefore <= now < expiresAt, as the store keeps it; zero is unbounded.
func Window(b *v1alpha1.RoleBinding) (notBefore, expiresAt time.Time) {
	return moment(b.Spec.NotBefore), moment(b.Spec.ExpiresAt)
}
