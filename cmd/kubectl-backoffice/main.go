// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Kubectl-backoffice is a plugin of kubectl: kubectl backoffice.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/store/postgres"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
)

// version is set by the linker.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx)
	stop()
	os.Exit(status)
}

// run is the status with which the process ends: 1 for a failure, and what a command says where it answers by its status.
func run(ctx context.Context) int {
	log.SetLogger(logr.Discard()) // of libraries: what there is to say the commands say
	command := plugin.NewCommand(&session.Session{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Flags:     genericclioptions.NewConfigFlags(true),
		Clock:     clock.RealClock{},
		Version:   version,
		Stores:    session.Stores{SQLite: sqlite.OpenReader, PostgreSQL: postgres.OpenReader},
	})
	command.SetArgs(plugin.Arguments(os.Args))
	err := command.ExecuteContext(ctx)
	var exit session.Exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	}
	fmt.Fprintln(os.Stderr, "Error:", err)
	return 1
}
