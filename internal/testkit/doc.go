// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package testkit is what tests share: a control plane, identities, builders of objects and matchers. Only tests import it.
package testkit
