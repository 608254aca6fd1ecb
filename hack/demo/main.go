// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Demo applies the orders sample to a real API server and shows, step by step, what becomes of it in a real store. It ends with 0 only if
// every step was really observed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

func main() {
	keep := flag.Bool("keep", false, "leave it running until Ctrl-C")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := run
	if *keep {
		run = runAndKeep
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	return within(ctx, func(d *demo) error { return d.play(ctx) })
}

func runAndKeep(ctx context.Context) error {
	return within(ctx, func(d *demo) error {
		if err := d.play(ctx); err != nil {
			return err
		}
		fmt.Printf("\nStill running. In another terminal:\n\n  export KUBECONFIG=%s\n  export PATH=%s:%s:$PATH\n\nThe store is %s. Ctrl-C ends it all.\n",
			d.cluster.AdminKubeconfig, d.dir, filepath.Dir(d.cluster.Kubectl), d.database())
		<-ctx.Done()
		return nil
	})
}

// within starts the cluster and the operator, and stops them however the play ends.
func within(ctx context.Context, play func(*demo) error) (err error) {
	d := &demo{}
	if d.dir, err = os.MkdirTemp("", "backoffice-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.dir)) }()
	if d.binary, err = devcluster.BuildOperator(ctx, d.dir); err != nil {
		return err
	}
	if _, err = devcluster.BuildPlugin(ctx, d.dir); err != nil {
		return err
	}
	fmt.Println("Starting etcd, kube-apiserver, kube-controller-manager and the operator …")
	if d.cluster, err = devcluster.Start(ctx, devcluster.Options{Dir: d.dir, Webhooks: true, ControllerManager: true}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.cluster.Stop()) }()
	if err := d.startOperator(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.operator.Stop()) }()
	return play(d)
}
