// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

const (
	// retryAfter is when a reconcile that met a stale fact is repeated.
	retryAfter = time.Second
	// recheckAfter is when an obstacle of which no event tells is looked at again.
	recheckAfter = 5 * time.Minute
)

// Base is what the reconcilers of all kinds share.
type Base struct {
	flow.Runner
	// Live reads and writes Secrets past the cache: they are cached as metadata only.
	Live        client.Client
	Gather      gather.Gatherer
	Connections *Connections
	Clock       clock.PassiveClock
}
