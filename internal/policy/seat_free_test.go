// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSeatFree(t *testing.T) {
	ann := testkit.User("ann", "shop")
	ruleCases[UserInput]{
		"free": {UserInput{New: ann, Office: office()}, nil},
		"full": {UserInput{New: ann, Office: office(), FullQuotas: []string{"users", "administrators"}}, []string{
			"Warn QuotaExceeded spec.backOfficeRef: Forbidden: spec.quotas.users of BackOffice shop/shop looks full; this user gets no access until a seat is free",
			"Warn QuotaExceeded spec.backOfficeRef: Forbidden: spec.quotas.administrators of BackOffice shop/shop looks full; this user gets no access until a seat is free",
		}},
	}.run(t, SeatFree)
}
