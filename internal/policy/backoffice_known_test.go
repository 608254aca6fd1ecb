// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBackOfficeKnown(t *testing.T) {
	ruleCases[SetInput]{
		"known": {SetInput{New: testkit.Set("s", "shop"), Office: office()}, nil},
		"absent": {SetInput{New: testkit.Set("s", "shop")}, []string{
			"Refuse ReferenceNotFound spec.backOfficeRef: Not found: BackOffice shop/shop does not exist; this takes effect when it appears",
		}},
	}.run(t, BackOfficeKnown[SetInput])
}
