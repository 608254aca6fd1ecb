// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package acceptance holds specs of the whole: the manager as a process of its own under its own role, its webhooks and controllers, a real
// API server with garbage collection and the deletion of namespaces, and a real store. They act as people and tools do, by requests of
// identities that RBAC lets edit, and look at what the back office would read.
package acceptance
