// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package gitops drives Argo CD's own engine, its cache, diff, sync and health code, as the application controller of v3.5 does, against a control
// plane of this machine with the operator of this tree beside it. What is not of the engine, such as how an application is compared and an
// action is run, is written after Argo CD's controller/state.go, controller/sync.go and server/application.
package gitops
