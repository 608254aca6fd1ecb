// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestEmailFree(t *testing.T) {
	ann := testkit.User("ann", "shop", testkit.Email("ann@shop.example"))
	others := []types.NamespacedName{{Namespace: "shop", Name: "anna"}, {Namespace: "shop", Name: "anne"}}
	ruleCases[UserInput]{
		"nobody else has it": {UserInput{New: ann}, nil},
		"others have it": {UserInput{New: ann, SameEmail: others}, []string{
			"Warn EmailTaken spec.profile.email: Duplicate value: the address is that of BackOfficeUser shop/anna; this user gets no access until that one is gone or has another",
		}},
	}.run(t, EmailFree)
}
