// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

func TestTheSecretHoldsLoginAndPasswordAsServiceBindingHasThem(t *testing.T) {
	NewWithT(t).Expect(credential.SecretData("ann", credential.NewPassword("of a test"))).To(Equal(map[string][]byte{
		"type": []byte("backoffice"), "provider": []byte("backoffice-operator"), "username": []byte("ann"), "password": []byte("of a test"),
	}))
}

func TestASecretWithoutPasswordHasNoKeyForIt(t *testing.T) {
	NewWithT(t).Expect(credential.SecretData("ann", credential.Password{})).To(Equal(map[string][]byte{
		"type": []byte("backoffice"), "provider": []byte("backoffice-operator"), "username": []byte("ann"),
	}))
}
