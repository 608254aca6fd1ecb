// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package proof

// sequences is how many there are where nobody says: the race detector makes each many times slower.
const sequences = "1000"
