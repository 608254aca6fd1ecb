// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// UserBreaksGlass checks the annotation break-glass of a user: see breaksGlass.
func UserBreaksGlass(in UserInput) []Violation { return breaksGlass(in.Actor, either(in.New, in.Old)) }

// BindingBreaksGlass is the rule for bindings.
func BindingBreaksGlass(in BindingInput) []Violation {
	return breaksGlass(in.Actor, either(in.New, in.Old))
}

// SetBreaksGlass is the rule for sets.
func SetBreaksGlass(in SetInput) []Violation { return breaksGlass(in.Actor, either(in.New, in.Old)) }

// breaksGlass demands a reason of whoever breaks the glass, and says where that has no effect.
func breaksGlass(actor Actor, o metav1.Object) []Violation {
	path := field.NewPath("metadata", "annotations").Key(v1alpha1.AnnotationBreakGlass)
	reason, asked := o.GetAnnotations()[v1alpha1.AnnotationBreakGlass]
	switch {
	case !asked || !actor.BreakGlass:
		return nil
	case strings.TrimSpace(reason) == "":
		return []Violation{{
			Severity: Refuse, Reason: v1alpha1.ReasonPolicyViolated, Field: path, Kind: field.ErrorTypeRequired,
			Message: "write why the glass is broken: the value is the reason",
		}}
	case len(actor.Powers) > 0 && actor.Escalation == EscalationNotAsked:
		return []Violation{{
			Severity: Warn, Reason: v1alpha1.ReasonPolicyViolated, Field: path, Kind: field.ErrorTypeForbidden,
			Message: fmt.Sprintf("this has no effect: %q has power of its own (%s), and is judged by that", actor.Name, actor.Powers[0].Source),
		}}
	}
	return nil
}
