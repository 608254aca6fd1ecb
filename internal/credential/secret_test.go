// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

func TestTheSecretHoldsLoginAndPassword(t *testing.T) {
	NewWithT(t).Expect(credential.BasicAuth("ann", credential.NewPassword("of a test"))).To(Equal(map[string][]byte{
		"username": []byte("ann"), "password": []byte("of a test"),
	}))
}
