// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package review judges manifests before they are applied: lint tells what would be refused, diff who gains and loses what.
package review
