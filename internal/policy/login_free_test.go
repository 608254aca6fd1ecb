// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestLoginFree(t *testing.T) {
	ann := testkit.User("ann", "shop", testkit.Login("Ann"))
	ruleCases[UserInput]{
		"free": {UserInput{New: ann}, nil},
		"taken": {UserInput{New: ann, SameLogin: []types.NamespacedName{{Namespace: "team", Name: "a"}, {Namespace: "team", Name: "b"}}}, []string{
			`Warn LoginTaken spec.login: Duplicate value: login "Ann" is that of BackOfficeUser team/a; this user gets no access until that one is gone`,
		}},
	}.run(t, LoginFree)
}
