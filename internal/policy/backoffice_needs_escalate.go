// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// BackOfficeNeedsEscalate demands that who writes a BackOffice has the RBAC verb escalate: it says who may hand out access.
func BackOfficeNeedsEscalate(in OfficeInput) []Violation {
	if in.Actor.Escalation == EscalationPermitted {
		return nil
	}
	office := either(in.New, in.Old)
	return []Violation{forbidden(field.NewPath("metadata", "name"), fmt.Sprintf(
		"creating, changing and deleting a BackOffice takes the RBAC verb %q on it, because it says who may hand out access; %q lacks it. "+
			"Ask a cluster administrator for: {apiGroups: [access.backoffice-operator.io], resources: [backoffices], resourceNames: [%s], verbs: [escalate]} in namespace %s",
		"escalate", in.Actor.Name, office.Name, office.Namespace))}
}
