// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package sqlite

// shrink makes the big back office smaller where SQLite runs under the race detector, some fifty times slower.
const shrink = 20
