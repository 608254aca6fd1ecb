// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import corev1 "k8s.io/api/core/v1"

// BasicAuth is the data of a Secret of type kubernetes.io/basic-auth.
func BasicAuth(username string, p Password) map[string][]byte {
	return map[string][]byte{
		corev1.BasicAuthUsernameKey: []byte(username),
		corev1.BasicAuthPasswordKey: []byte(p.Reveal()),
	}
}
