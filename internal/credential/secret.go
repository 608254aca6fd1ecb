// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import corev1 "k8s.io/api/core/v1"

// The keys that the specification Service Binding for Kubernetes adds, and what they say.
const (
	typeKey, typeValue         = "type", "backoffice"
	providerKey, providerValue = "provider", "backoffice-operator"
)

// SecretData is the data of a Secret of type kubernetes.io/basic-auth that a workload can be bound to, as Service Binding for Kubernetes says.
// For the zero password there is no key of it: the Secret is claimed, or has delivered it.
func SecretData(username string, p Password) map[string][]byte {
	data := map[string][]byte{
		typeKey:                     []byte(typeValue),
		providerKey:                 []byte(providerValue),
		corev1.BasicAuthUsernameKey: []byte(username),
	}
	if text := p.Reveal(); text != "" {
		data[corev1.BasicAuthPasswordKey] = []byte(text)
	}
	return data
}
