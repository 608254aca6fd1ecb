// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// ActorMayBind demands that the actor's power reaches the rank of the set that the binding hands out, before and after the change.
func ActorMayBind(in BindingInput) []Violation {
	if in.Office == nil {
		return nil
	}
	path := field.NewPath("spec", "permissionSetRef")
	var violations []Violation
	var reported []Need
	check := func(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) {
		if b == nil {
			return
		}
		need := needOf(set)
		if in.Actor.allows(need) || len(reported) > 0 && reported[0] == need {
			return
		}
		reported = append(reported, need)
		violations = append(violations, forbidden(path, in.Actor.lacks(bindingWith(b, set), need, in.Office)))
	}
	check(in.Old, in.OldSet)
	check(in.New, in.NewSet)
	return violations
}

func bindingWith(b *v1alpha1.RoleBinding, set *v1alpha1.PermissionSet) string {
	what := "binding " + b.Namespace + "/" + b.Name + " to set " + b.Spec.PermissionSetRef.In(b.Namespace).String()
	if set == nil {
		what += ", whose rank nobody knows before it exists,"
	}
	return what
}
