// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package sqlite

// shrink leaves the big back office as it is.
const shrink = 1
