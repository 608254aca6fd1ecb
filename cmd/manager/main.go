// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Manager is the backoffice operator: its controllers, its webhooks, and nothing else. It connects to the cluster as its service account or
// by --kubeconfig / KUBECONFIG.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/postgres"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/webhook"
)

// version is set by the linker.
var version = "devel"

// drivers are the kinds of stores that this build can open.
var drivers = map[v1alpha1.StoreKind]store.Driver{
	v1alpha1.StoreSQLite:     sqlite.Driver{},
	v1alpha1.StorePostgreSQL: postgres.Driver{},
}

func main() {
	f := newFlags(flag.CommandLine)
	logs := zap.Options{}
	logs.BindFlags(flag.CommandLine)
	flag.Parse()
	if f.version {
		fmt.Fprintln(os.Stdout, version)
		return
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logs)))
	collectLess()
	if err := run(ctrl.SetupSignalHandler(), f); err != nil {
		ctrl.Log.Error(err, "The manager ends")
		os.Exit(1)
	}
}

// collectLess trades memory for CPU time: under a roll-out of many users, a quarter of it goes into garbage collection. GOGC and GOMEMLIMIT
// in the environment decide as everywhere.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
}

// run starts the manager and returns when ctx ends, when the lead is lost, or upon a failure.
func run(ctx context.Context, f *flags) error {
	ctx, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config.QPS = -1 // the API server's priority and fairness decides
	options, leading, err := f.managerOptions(config)
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return err
	}
	if err := setup(ctx, mgr, f, controllers.Options{
		Stores:  f.stores(),
		Workers: f.workers,
		Clock:   clock.RealClock{},
		Leading: leading,
		Quit:    func(reason error) { quit(reason) },
	}); err != nil {
		return err
	}
	ctrl.Log.Info("Starting", "version", version)
	if err := mgr.Start(ctx); err != nil {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled { //nolint:errorlint // The signal handler's own cause is this very value.
		return cause
	}
	return nil
}

// whoAmI asks the API server for the user name of this process: the webhooks have to know whose requests are the operator's own.
func whoAmI(ctx context.Context, c client.Client) (string, error) {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.Create(ctx, review, client.DisableReadYourWritesConsistency); err != nil {
		return "", fmt.Errorf("asking the API server who this is: %w", err)
	}
	return review.Status.UserInfo.Username, nil
}

func setup(ctx context.Context, mgr ctrl.Manager, f *flags, o controllers.Options) error {
	if err := gather.SetupIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if err := controllers.Setup(mgr, o); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	if f.webhookPort < 0 {
		ctrl.Log.Info("Webhooks are off: nothing is refused at admission, and the rules hold in the background alone")
		return mgr.AddReadyzCheck("ping", healthz.Ping)
	}
	self, err := whoAmI(ctx, mgr.GetClient())
	if err != nil {
		return err
	}
	if err := webhook.SetupWithManager(ctx, mgr, self); err != nil {
		return err
	}
	// Stores are no part of this: the webhooks would go away with them.
	return mgr.AddReadyzCheck("webhook", mgr.GetWebhookServer().StartedChecker())
}
