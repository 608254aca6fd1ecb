// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package devcluster runs a Kubernetes control plane on this machine for tests, the demo and developers: etcd, an API server and, where
// asked for, the controller manager, with our CRDs, our roles and our webhooks by URL. There are no nodes and no pods; the operator runs
// beside it, as a user of its own who has the generated role and nothing else.
package devcluster
