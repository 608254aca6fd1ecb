// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// filtered is the input of a rule about filters, which users and bindings have.
type filtered interface {
	backOffice() *v1alpha1.BackOffice
	// filters are those of the new object, had those of the old one.
	filters() []v1alpha1.Filter
	had() []v1alpha1.Filter
}

func (in UserInput) filters() []v1alpha1.Filter { return in.New.Spec.Filters }

func (in UserInput) had() []v1alpha1.Filter {
	if in.Old == nil {
		return nil
	}
	return in.Old.Spec.Filters
}

func (in BindingInput) filters() []v1alpha1.Filter { return in.New.Spec.Filters }

func (in BindingInput) had() []v1alpha1.Filter {
	if in.Old == nil {
		return nil
	}
	return in.Old.Spec.Filters
}

func filterPath(i int) *field.Path { return field.NewPath("spec", "filters").Index(i) }

// dimensionsOf are the dimensions that a back office declares, by name; none where it does not exist.
func dimensionsOf(office *v1alpha1.BackOffice) map[string]v1alpha1.FilterDimension {
	if office == nil {
		return nil
	}
	dimensions := make(map[string]v1alpha1.FilterDimension, len(office.Spec.FilterDimensions))
	for _, d := range office.Spec.FilterDimensions {
		dimensions[d.Name] = d
	}
	return dimensions
}

// partOf names a part of a back office for messages, such as "spec.settings of BackOffice shop/shop".
func partOf(office *v1alpha1.BackOffice, part string) string {
	return "spec." + part + " of BackOffice " + office.Namespace + "/" + office.Name
}
