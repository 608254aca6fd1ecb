// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package proof

// sequences is how many there are where nobody says.
const sequences = every
