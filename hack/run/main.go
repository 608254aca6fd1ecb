// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Run starts a control plane on this machine and the operator of this tree beside it, and leaves them running until Ctrl-C.
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
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: run [manager's flags…]")
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, flag.Args()); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) (err error) {
	dir, err := os.MkdirTemp("", "backoffice-run-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary, err := devcluster.BuildOperator(ctx, dir)
	if err != nil {
		return err
	}
	cluster, err := devcluster.Start(ctx, devcluster.Options{Dir: dir, Webhooks: true, ControllerManager: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	log := filepath.Join(dir, "manager.log")
	operator, err := cluster.StartOperator(ctx, binary, log, append([]string{"--sqlite-dir=" + dir, "--zap-devel"}, arguments...)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, operator.Stop()) }()
	fmt.Printf("export KUBECONFIG=%s\nexport PATH=%s:$PATH\n\nThe operator runs as user %s; its log is %s.\nCtrl-C ends it all and removes %s.\n",
		cluster.AdminKubeconfig, filepath.Dir(cluster.Kubectl), devcluster.ManagerUser, log, dir)
	select {
	case <-ctx.Done():
		return nil
	case <-operator.Done():
		return fmt.Errorf("the manager has ended: %s", tail(log))
	}
}

// tail is the end of a log whose directory is about to be removed.
func tail(path string) string {
	const length = 4096
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-length):])
}
