// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package agreement_test

// worlds are compared at one moment; of those after them, bindings begin and end while they are asked.
const worlds, passing = 1000, 40
