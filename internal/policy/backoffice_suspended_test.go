// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBackOfficeSuspended(t *testing.T) {
	const waits = "Warn Suspended spec.backOfficeRef: Forbidden: BackOffice shop/shop is suspended: what this gives waits until that ends, " +
		"and what it takes away is taken away at once"
	set := testkit.Set("s", "shop")
	ruleCases[SetInput]{
		"in force":      {SetInput{New: set, Office: office()}, nil},
		"absent":        {SetInput{New: set}, nil},
		"by spec":       {SetInput{New: set, Office: office(testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Suspend = true }))}, []string{waits}},
		"by annotation": {SetInput{New: set, Office: office(testkit.Annotations(v1alpha1.AnnotationSuspend, ""))}, []string{waits}},
	}.run(t, BackOfficeSuspended[SetInput])
}
