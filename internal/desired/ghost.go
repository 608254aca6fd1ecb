// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Ghost returns what the store is to hold of an account whose object is gone without having been deleted by this operator: all that it held, but not
// in force. Its admission gives nothing any more, and narrows as before; nobody has asked for it.
func Ghost(stored store.User) (store.User, store.Admission) {
	var filters []v1alpha1.Filter
	for _, f := range stored.Filters {
		filters = append(filters, v1alpha1.Filter{
			Dimension: f.Dimension, Mode: v1alpha1.FilterMode(f.Mode), Access: v1alpha1.FilterAccess(f.Access),
			Values: f.Values, Groups: f.Groups, Tags: f.Tags,
		})
	}
	stored.InForce = bool(Withheld)
	return stored, store.Admission{Gives: bounded(narrowings(filters))}
}
