// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package customizations runs what config/argocd adds to Argo CD, health checks and resource actions in Lua, with the libraries that Argo CD
// v3.5 gives them and no others: base, table, package, and of os date and time. It also writes them as an argocd-cm.
package customizations
