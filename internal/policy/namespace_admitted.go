// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// NamespaceAdmitted demands that the BackOffice admits objects of this namespace. Its own namespace is implied.
func NamespaceAdmitted[In member](in In) []Violation {
	office := in.backOffice()
	namespace, _ := in.placed()
	if office == nil || in.terms().Admitted {
		return nil
	}
	return []Violation{{
		Severity: Refuse,
		Reason:   v1alpha1.ReasonReferenceNotPermitted,
		Field:    field.NewPath("spec", "backOfficeRef"),
		Kind:     field.ErrorTypeForbidden,
		Message: fmt.Sprintf("BackOffice %s/%s does not admit namespace %q: ask its owner to add it to spec.namespaces",
			office.Namespace, office.Name, namespace),
	}}
}
