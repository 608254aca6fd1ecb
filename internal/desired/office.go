// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"slices"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Office returns the record of a BackOffice.
func Office(o *v1alpha1.BackOffice) store.Office {
	r := store.Office{Meta: meta(o), MaxUsers: store.NoLimit, MaxAdministrators: store.NoLimit, Catalog: Leaves(o.Spec.PermissionCatalog)}
	if q := o.Spec.Quotas; q != nil {
		r.MaxUsers, r.MaxAdministrators = limit(q.Users), limit(q.Administrators)
	}
	for _, d := range o.Spec.FilterDimensions {
		r.Dimensions = append(r.Dimensions, d.Name)
	}
	r.Dimensions = sorted(r.Dimensions)
	if p := o.Spec.Policy; p != nil {
		r.TwoFactorRequired = p.TwoFactor == v1alpha1.DemandRequired
		r.NeverReuse = p.IdentityReuse == v1alpha1.IdentityReuseNever
	}
	return r
}

func limit(n *int32) int {
	if n == nil {
		return store.NoLimit
	}
	return int(*n)
}

// Leaves are the catalogue's paths with nothing below them.
func Leaves(catalog []string) []string {
	parents := map[string]bool{}
	for _, path := range catalog {
		for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
			parents[path[:i]] = true
		}
	}
	return sorted(slices.DeleteFunc(slices.Clone(catalog), func(path string) bool { return parents[path] }))
}

// ResetIssuedBefore is the moment before which a BackOffice wants all passwords ended; zero: it does not.
func ResetIssuedBefore(o *v1alpha1.BackOffice) time.Time {
	if o.Spec.Credentials == nil {
		return time.Time{}
	}
	return moment(o.Spec.Credentials.ResetIssuedBefore)
}
