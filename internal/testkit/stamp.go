// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"maps"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// Unlimited is the power over everything.
func Unlimited() access.Power {
	return access.Power{Permissions: access.Content{{Path: access.Everything, Level: access.Write}}}
}

// UpToRank is a power that may bind existing sets of this rank and weaker ones.
func UpToRank(rank int32) access.Power { return access.Power{Rank: rank} }

// Stamp writes the admission stamp that the webhook would write, for specs without webhooks: by this user, with these powers. The sets are
// those that the object named and that existed.
func Stamp(o client.Object, user string, powers []access.Power, sets ...*v1alpha1.PermissionSet) stamp.Stamp {
	s := stamp.New(user, powers, stamp.Hash(o))
	for _, set := range sets {
		s.Sets = append(s.Sets, string(set.UID))
	}
	Carry(o, s)
	return s
}

// Carry writes a stamp as it is.
func Carry(o client.Object, s stamp.Stamp) {
	annotations := maps.Clone(o.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.AnnotationAdmitted] = s.String()
	o.SetAnnotations(annotations)
}
