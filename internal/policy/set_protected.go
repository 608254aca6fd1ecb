// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// SetProtected keeps the spec of a protected set as it is, and the set from being deleted, whatever power the actor has. Who breaks the glass may
// change it, so that it is no longer protected, and then delete it.
func SetProtected(in SetInput) []Violation {
	if in.Office == nil || in.Old == nil || !in.Old.Spec.Protected {
		return nil
	}
	office := in.Office.Namespace + "/" + in.Office.Name
	if in.New == nil {
		return []Violation{protected(field.NewPath("spec", "protected"), fmt.Sprintf(
			"the set is protected: first set spec.protected to false with the annotation %s: <reason>, which takes the RBAC verb %q on BackOffice %s, then delete it",
			v1alpha1.AnnotationBreakGlass, "escalate", office))}
	}
	if equality.Semantic.DeepEqual(in.Old.Spec, in.New.Spec) || in.Actor.BreakGlass && in.Actor.Escalation == EscalationPermitted {
		return nil
	}
	why := fmt.Sprintf("set the annotation %s: <reason> in the same request, or another reason where it has one; it takes the RBAC verb %q on BackOffice %s",
		v1alpha1.AnnotationBreakGlass, "escalate", office)
	if in.Actor.BreakGlass {
		why = fmt.Sprintf("the annotation %s counts only for who has the RBAC verb %q on BackOffice %s, which %q does not",
			v1alpha1.AnnotationBreakGlass, "escalate", office, in.Actor.Name)
	}
	return []Violation{protected(field.NewPath("spec"), "the set is protected, and only who breaks the glass may change it: "+why)}
}

// ProtectedExtendsProtected demands that a protected set inherits from protected sets only: who may change what it inherits changes the set.
func ProtectedExtendsProtected(in SetInput) []Violation {
	if !in.New.Spec.Protected {
		return nil
	}
	var violations []Violation
	for i, ref := range in.New.Spec.Extends {
		parent := ref.In(in.New.Namespace).String()
		if set := in.Sets[parent]; set == nil || set.Spec.Protected {
			continue
		}
		v := protected(field.NewPath("spec", "extends").Index(i), fmt.Sprintf(
			"a protected set extends protected sets only, and set %s is not: protect that first, or remove it here", parent))
		v.about = []string{parent}
		violations = append(violations, v)
	}
	return violations
}

func protected(path *field.Path, message string) Violation {
	return Violation{Severity: Refuse, Reason: v1alpha1.ReasonSetProtected, Field: path, Kind: field.ErrorTypeForbidden, Message: message}
}
