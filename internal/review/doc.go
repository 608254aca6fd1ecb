// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package review tells what an API server with this operator would say to manifests, without asking it to store them: it runs the same schemas and the
// same webhooks over a [snapshot.World].
package review
