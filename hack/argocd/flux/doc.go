// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package flux tests the health checks of config/flux with the library by which Flux evaluates them.
package flux
