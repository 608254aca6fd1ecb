// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSelectorWellFormed(t *testing.T) {
	in := func(mods ...testkit.Mod) BindingInput {
		return BindingInput{New: testkit.Binding("b", "shop", mods...)}
	}
	expression := func(operator string, values ...string) BindingInput {
		return in(testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
			b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "team", Operator: metav1.LabelSelectorOperator(operator), Values: values},
			}}
		}))
	}
	const refused = "Refuse PolicyViolated spec.selector: Invalid value: spec.selector."
	ruleCases[BindingInput]{
		"none":             {in(), nil},
		"labels":           {in(testkit.ForLabels("team", "support")), nil},
		"In with a value":  {expression("In", "support"), nil},
		"Exists":           {expression("Exists"), nil},
		"In without":       {expression("In"), []string{refused + "matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"}},
		"an unknown verb":  {expression("Like", "s"), []string{refused + `matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator`}},
		"Exists and value": {expression("Exists", "x"), []string{refused + "matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"}},
	}.run(t, SelectorWellFormed)
}
