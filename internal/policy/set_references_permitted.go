// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// BoundSetPermitted demands that the set that a binding hands out lies in the binding's namespace or in the BackOffice's, and belongs to
// that BackOffice.
func BoundSetPermitted(in BindingInput) []Violation {
	b := in.New
	at := reference{field.NewPath("spec", "permissionSetRef"), b.Namespace, b.Spec.BackOfficeRef}
	return at.permits(b.Spec.PermissionSetRef, in.NewSet)
}

// ExtendedSetsPermitted demands that the sets that a set extends lie in its namespace or in the BackOffice's, and belong to that BackOffice.
func ExtendedSetsPermitted(in SetInput) []Violation {
	s := in.New
	var violations []Violation
	for i, ref := range s.Spec.Extends {
		at := reference{field.NewPath("spec", "extends").Index(i), s.Namespace, s.Spec.BackOfficeRef}
		violations = append(violations, at.permits(ref, in.Sets[ref.In(s.Namespace).String()])...)
	}
	return violations
}

// reference is a field that names a set, in an object of a namespace and a back office.
type reference struct {
	path      *field.Path
	namespace string
	office    v1alpha1.BackOfficeReference
}

func (r reference) permits(ref v1alpha1.PermissionSetReference, set *v1alpha1.PermissionSet) []Violation {
	named, office := ref.In(r.namespace), r.office.In(r.namespace)
	var message string
	switch {
	case named.Namespace != r.namespace && named.Namespace != office.Namespace:
		message = fmt.Sprintf("PermissionSet %s may not be named here: only sets of namespace %q and of the BackOffice's namespace %q may",
			named, r.namespace, office.Namespace)
	case set != nil && set.Spec.BackOfficeRef.In(set.Namespace) != office:
		message = fmt.Sprintf("PermissionSet %s belongs to BackOffice %s, and not to %s", named, set.Spec.BackOfficeRef.In(set.Namespace), office)
	default:
		return nil
	}
	return []Violation{{
		Severity: Refuse, Reason: v1alpha1.ReasonReferenceNotPermitted, Field: r.path, Kind: field.ErrorTypeForbidden, Message: message,
	}}
}
