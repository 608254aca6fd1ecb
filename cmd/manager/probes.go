// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// probes are the checks of /healthz and /readyz. Stores are no part of them: the webhooks would go away with them.
func (m managed) probes() error {
	filled := &caches{}
	return errors.Join(
		m.Add(filled),
		m.AddHealthzCheck("ping", healthz.Ping),
		m.AddReadyzCheck("leaving", m.leaving.check),
		m.AddReadyzCheck("caches", filled.check),
	)
}

// caches tells whether the caches have been filled: before that the webhooks are served already, and would wait.
type caches struct {
	filled atomic.Bool
}

var (
	_ manager.Runnable               = &caches{}
	_ manager.LeaderElectionRunnable = &caches{}
)

// Start implements manager.Runnable. Whatever needs no lead is started after the caches have been filled.
func (c *caches) Start(context.Context) error {
	c.filled.Store(true)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (c *caches) NeedLeaderElection() bool { return false }

// check is a readiness check.
func (c *caches) check(*http.Request) error {
	if c.filled.Load() {
		return nil
	}
	return errors.New("the caches are being filled")
}
