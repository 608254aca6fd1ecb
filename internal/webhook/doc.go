// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package webhook answers admission requests: it gathers the facts, runs the chain of rules, and says what the rules found.
// It has no side effects, so that dry runs need no care.
package webhook
