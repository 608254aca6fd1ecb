// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package snapshot keeps objects in memory as the operator's cache does, with the same indexes, so that a program that is no operator reads the same
// facts by package gather: of a cluster, of manifests, or of a cluster as it would be with the manifests.
package snapshot
