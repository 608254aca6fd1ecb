// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Manager is the backoffice operator: its controllers, its webhooks, and nothing else. It connects to the cluster as its service account or
// by --kubeconfig / KUBECONFIG.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/certificates"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/postgres"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/tracing"
	"github.com/backoffice-operator/backoffice-operator/internal/webhook"
)

// version is set by the linker.
var version = "devel"

// drivers are the kinds of stores that this build can open.
func drivers(t *tracing.Tracing) map[v1alpha1.StoreKind]store.Driver {
	kinds := map[v1alpha1.StoreKind]store.Driver{
		v1alpha1.StoreSQLite:     sqlite.Driver{},
		v1alpha1.StorePostgreSQL: postgres.Driver{Tracer: t.Queries()},
	}
	for kind, driver := range kinds {
		kinds[kind] = t.Driver(string(kind), metrics.Driver(string(kind), driver))
	}
	return kinds
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
	startLogs(&logs)
	collectLess()
	ctrl.Log.Info("Starting", append([]any{"version", version, "tracing", tracing.Wanted()}, configured(flag.CommandLine)...)...)
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
	leave := &leaving{}
	ctx, quit := leave.after(ctx, f.delay())
	defer quit(nil)
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config.QPS = -1 // the API server's priority and fairness decides
	traces, err := tracing.Start(ctx, version)
	if err != nil {
		return err
	}
	defer stopTracing(ctx, traces)
	watched, err := f.watched()
	if err != nil {
		return err
	}
	options, leading, err := f.managerOptions(config, watched)
	if err != nil {
		return err
	}
	kept, err := f.keeper()
	if err != nil {
		return err
	}
	options.WebhookServer = leave.serve(f.webhookServer(kept))
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return err
	}
	m := managed{Manager: mgr, flags: f, certificates: kept, leaving: leave}
	if err := m.setup(ctx, controllers.Options{
		Stores:  f.stores(drivers(traces)),
		Workers: f.workers,
		Clock:   clock.RealClock{},
		Watched: watched,
		Tracing: traces,
		Leading: leading,
		Quit:    func(reason error) { quit(reason) },
	}); err != nil {
		return err
	}
	metrics.Build(version)
	if err := mgr.Start(ctx); err != nil {
		return err
	}
	if cause := context.Cause(ctx); !errors.Is(cause, errAsked) {
		return cause
	}
	return nil
}

// stopTracing sends what has not been sent yet, for a moment: a receiver that is away keeps nobody from ending.
func stopTracing(ctx context.Context, traces *tracing.Tracing) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := traces.Stop(ctx); err != nil {
		ctrl.Log.Info("The last traces may be lost")
	}
}

// whoAmI asks the API server for the user name of this process: the webhooks have to know whose requests are the operator's own.
func whoAmI(ctx context.Context, c client.Client) (string, error) {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.Create(ctx, review, client.DisableReadYourWritesConsistency); err != nil {
		return "", fmt.Errorf("asking the API server who this is: %w", err)
	}
	return review.Status.UserInfo.Username, nil
}

// managed is a manager with what is set up on it.
type managed struct {
	ctrl.Manager
	flags        *flags
	certificates *certificates.Keeper // nil where they are files
	leaving      *leaving
}

func (m managed) setup(ctx context.Context, o controllers.Options) error {
	if err := gather.SetupIndexes(ctx, m.GetFieldIndexer()); err != nil {
		return err
	}
	if err := controllers.Setup(m.Manager, o); err != nil {
		return err
	}
	if err := m.probes(); err != nil {
		return err
	}
	if m.flags.webhookPort < 0 {
		ctrl.Log.Info("Webhooks are off: nothing is refused at admission, and the rules hold in the background alone")
		return nil
	}
	self, err := whoAmI(ctx, m.GetClient())
	if err != nil {
		return err
	}
	if err := webhook.SetupWithManager(ctx, m.Manager, webhook.Options{Self: self, Watched: o.Watched, Tracing: o.Tracing}); err != nil {
		return err
	}
	served := m.GetWebhookServer().StartedChecker()
	if m.certificates == nil {
		metrics.Certificate(metrics.ExpiryOfFile(filepath.Join(m.flags.webhookCertDir, "tls.crt")))
	} else {
		metrics.Certificate(m.certificates.Expiry)
		if err := m.certificates.SetupWithManager(m.Manager); err != nil {
			return err
		}
		served = m.certificates.Before(served)
	}
	return m.AddReadyzCheck("webhook", served)
}
