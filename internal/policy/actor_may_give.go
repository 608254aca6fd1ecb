// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// ActorMayGive demands that the actor has all that a set gives after the change and did not give before, with what it inherits: to its holders,
// and to those of sets that inherit from it. A path that is no longer denied, or no longer taken out by None, is given.
func ActorMayGive(in SetInput) []Violation {
	if in.Office == nil {
		return nil
	}
	h := in.gives()
	message := in.Actor.lacksContent(h, in.Office)
	if message == "" {
		return nil
	}
	return []Violation{forbidden(in.givePath(h.missing()[0].Path), message)}
}

// givePath is the field by which a path is given: what the set says, what it said before and does no longer, or what it inherits.
func (in SetInput) givePath(path string) *field.Path {
	names := func(p v1alpha1.Permission) bool { return p.Path == path }
	switch spec := field.NewPath("spec"); {
	case in.New != nil && slices.ContainsFunc(in.New.Spec.Permissions, names):
		return spec.Child("permissions").Key(path)
	case in.Old != nil && slices.Contains(in.Old.Spec.Deny, path):
		return spec.Child("deny")
	case in.Old != nil && slices.ContainsFunc(in.Old.Spec.Permissions, names):
		return spec.Child("permissions")
	default:
		return spec.Child("extends")
	}
}

// gives is what the change gives.
func (in SetInput) gives() handout {
	set := either(in.New, in.Old)
	before, after := in.rights(in.Old), in.rights(in.New)
	before.Deny = append(slices.Clone(before.Deny), in.DeniedBeside...)
	gain := access.Gain(before, after)
	if in.New != nil { // what inherits from a set that is deleted is not in force
		gain = access.Exposed(before, after)
	}
	need := in.cappedNeed(set, set)
	return in.Actor.handout("set "+nameOf(set)+by(access.NewlyDenied(after, before)), &need, gain)
}

// DeniesMore tells whether the set keeps more from its holders after the change.
func (in SetInput) DeniesMore() bool {
	return len(access.NewlyDenied(in.rights(in.Old), in.rights(in.New))) > 0
}
