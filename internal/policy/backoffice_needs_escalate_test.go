// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
)

func TestBackOfficeNeedsEscalate(t *testing.T) {
	const refused = `Refuse NotAuthorized metadata.name: Forbidden: creating, changing and deleting a BackOffice takes the RBAC verb "escalate" on it, because it says who may hand out access; "lea" lacks it. Ask a cluster administrator for: {apiGroups: [access.backoffice-operator.io], resources: [backoffices], resourceNames: [shop], verbs: [escalate]} in namespace shop`
	asked := func(answer Escalation, powers ...Power) Actor {
		actor := lea(powers...)
		actor.Escalation = answer
		return actor
	}
	ruleCases[OfficeInput]{
		"with the verb":               {OfficeInput{New: office(), Actor: asked(EscalationPermitted)}, nil},
		"without it":                  {OfficeInput{New: office(), Actor: asked(EscalationRefused)}, []string{refused}},
		"unasked is without it":       {OfficeInput{New: office(), Actor: lea()}, []string{refused}},
		"a delegation is no help":     {OfficeInput{Old: office(), New: office(), Actor: asked(EscalationRefused, rank(0))}, []string{refused}},
		"nor may it be deleted":       {OfficeInput{Old: office(), Actor: lea()}, []string{refused}},
		"and with the verb it may be": {OfficeInput{Old: office(), Actor: asked(EscalationPermitted)}, nil},
	}.run(t, BackOfficeNeedsEscalate)
}
