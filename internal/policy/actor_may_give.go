// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"time"

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
	after, before := in.sides()
	need := in.cappedNeed(set, set)
	h := in.Actor.handout("set "+nameOf(set)+by(access.NewlyDenied(after, before)), &need, in.gain(after, before))
	if in.Actor.Narrowed() {
		h.powers = in.openings().enough(h.powers)
	}
	return h
}

// gain is the content that the change gives.
func (in SetInput) gain(after, before access.Rights) access.Content {
	gain := access.Gain(before, after)
	if in.New != nil { // what inherits from a set that is deleted is not in force
		gain = access.Exposed(before, after)
	}
	if len(in.GivenBeside) > 0 {
		gain, _ = access.World{}.Effective([]access.Grant{{Rights: access.Rights{Gives: gain}}, {Rights: access.Rights{Gives: in.GivenBeside}}}, time.Time{})
	}
	return gain
}

// sides are the rights of the set after and before the change, as far as some of its holders are concerned: those whose types may not hold
// it any more are denied nothing, and to those who may hold it now, or on more data, it gave nothing.
func (in SetInput) sides() (after, before access.Rights) {
	before, after = in.rights(in.Old), in.rights(in.New)
	excludes := len(in.Excluded()) > 0
	if in.New == nil || excludes {
		before.Deny = append(slices.Clone(before.Deny), in.DeniedBeside...)
	}
	if excludes && (in.Old != nil || len(in.DeniedBeside) > 0) {
		after.Deny = nil
	}
	if in.Old != nil && (len(in.Bypasses()) > 0 || len(in.Permitted()) > 0) {
		before.Gives = nil
	}
	return after, before
}

// DeniesMore tells whether the set keeps more from its holders after the change, or something from accounts of more types.
func (in SetInput) DeniesMore() bool {
	after := in.rights(in.New)
	return len(access.NewlyDenied(in.rights(in.Old), after)) > 0 || len(after.Deny)+len(in.DeniedBeside) > 0 && len(in.Permitted()) > 0
}
