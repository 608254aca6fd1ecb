// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// found is what the validating webhook finds itself about what a stamp may claim.
type found struct {
	actor policy.Actor
	// unjudged is true where there is no BackOffice that could give power.
	unjudged bool
	// oldSets and sets are the UIDs of the sets that the old and the new object name and that exist.
	oldSets, sets []types.UID
}

// judge refuses a stamp that is not the requester's own, is not for an object of this hash, or claims more than the webhook finds. It is a check
// of the webhooks and not of the requester.
func (f found) judge(claimed stamp.Stamp, user, hash string) []policy.Violation {
	wrong := f.wrong(claimed, user, hash)
	if wrong == "" {
		return nil
	}
	return []policy.Violation{{
		Severity: policy.Refuse,
		Rule:     "StampFits",
		Reason:   v1alpha1.ReasonNotAdmitted,
		Field:    field.NewPath("metadata", "annotations").Key(v1alpha1.AnnotationAdmitted),
		Kind:     field.ErrorTypeForbidden,
		Message: fmt.Sprintf("the admission webhook writes this annotation, and %s: another mutating webhook may have changed the object afterwards, "+
			"or facts have changed meanwhile; try again, and if that does not help, have the other webhook run first", wrong),
	}}
}

// lags tells whether a stamp that is the requester's own and fits the object claims what is not found here. So it is where the replica that wrote
// it has heard of something that this one has not heard of yet.
func (f found) lags(claimed stamp.Stamp, user, hash string) bool {
	return claimed.ID != "" && claimed.User == user && claimed.Hash == hash && f.wrong(claimed, user, hash) != ""
}

// wrong says what is wrong with a stamp; empty where nothing is. One that could not be read is that of nobody.
func (f found) wrong(s stamp.Stamp, user, hash string) string {
	switch {
	case s.ID == "":
		return "it is missing"
	case s.User != user:
		return "it does not name the user who asks"
	case s.Hash != hash:
		return "it does not fit the object"
	case s.Unjudged != f.unjudged:
		return "it was written while the BackOffice came or went"
	case s.BreakGlass && f.actor.Escalation != policy.EscalationPermitted:
		return "it claims that the glass was broken"
	case slices.ContainsFunc(s.Power, f.exceeds):
		return "it claims more power than there is"
	case slices.ContainsFunc(s.Sets, f.misses):
		return "it names sets that are not there"
	}
	return ""
}

// exceeds tells whether a power is within none of the actor's.
func (f found) exceeds(claimed access.Power) bool {
	return !slices.ContainsFunc(f.actor.Powers, func(p policy.Power) bool {
		return equality.Semantic.DeepEqual(claimed, p.Power) || claimed.Within(p.Power)
	})
}

func (f found) misses(uid string) bool { return !slices.Contains(f.sets, types.UID(uid)) }
