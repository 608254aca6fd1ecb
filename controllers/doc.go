// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package controllers brings BackOffices, PermissionSets, RoleBindings and BackOfficeUsers in force: one file a kind, each a list of steps
// that package flow runs. watches.go says who wakes whom, connection.go keeps the open stores, drift.go compares them with what is wanted.
package controllers
