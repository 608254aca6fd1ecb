// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package agreement_test

// worlds are fewer where SQLite runs under the race detector, some fifty times slower.
const worlds, passing = 100, 10
