// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
)

// errAsked is why the manager ends when somebody has asked for it.
var errAsked = errors.New("the manager was asked to end")

// leaving lets go of the API server's requests before the webhooks end. Whoever sends them learns late that this replica goes: so it says at once that it
// is no longer ready, still answers for a while, and asks each connection on which it answers to be made anew, which then goes to another replica.
type leaving struct {
	begun atomic.Bool
}

// after returns a context that ends a delay after another one, with errAsked, and a function that ends it at once, for a reason.
func (l *leaving) after(asked context.Context, delay time.Duration) (context.Context, context.CancelCauseFunc) {
	ctx, quit := context.WithCancelCause(context.WithoutCancel(asked))
	go func() {
		select {
		case <-asked.Done():
		case <-ctx.Done():
			return
		}
		l.begun.Store(true)
		if delay > 0 {
			ctrl.Log.Info("Leaving: the webhooks are still served for a while", "shutdownDelay", delay.String())
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		quit(errAsked)
	}()
	return ctx, quit
}

// check is a readiness check.
func (l *leaving) check(*http.Request) error {
	if l.begun.Load() {
		return errAsked
	}
	return nil
}

// serve returns a webhook server that lets go of its connections.
func (l *leaving) serve(s ctrlwebhook.Server) ctrlwebhook.Server { return leavingServer{s, l} }

type leavingServer struct {
	ctrlwebhook.Server
	leaving *leaving
}

// Register implements webhook.Server. By HTTP/2 the header becomes a GOAWAY: what is under way is answered, and what comes later is sent elsewhere.
func (s leavingServer) Register(path string, hook http.Handler) {
	s.Server.Register(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.leaving.begun.Load() {
			w.Header().Set("Connection", "close")
		}
		hook.ServeHTTP(w, r)
	}))
}
