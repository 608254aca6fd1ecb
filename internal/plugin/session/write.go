// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// DryRun is the flag --dry-run.
type DryRun struct{ value string }

// The values of the flag, as of kubectl.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// AddTo gives a command the flag.
func (d *DryRun) AddTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.value, "dry-run", dryRunNone,
		`"server": the API server judges the change and does not keep it. "client": it is only printed. "none": it is made.`)
	_ = cmd.RegisterFlagCompletionFunc("dry-run", // it fails for unknown flags
		cobra.FixedCompletions([]string{dryRunNone, dryRunClient, dryRunServer}, cobra.ShellCompDirectiveNoFileComp))
}

// Validate refuses other values.
func (d *DryRun) Validate(cmd *cobra.Command) error {
	switch d.value {
	case dryRunNone, dryRunClient, dryRunServer:
		return nil
	}
	return UsageError(cmd, "--dry-run must be none, client or server, not %q", d.value)
}

// Suffix is what a line about a change ends with, such as " (server dry run)"; empty where it is made.
func (d *DryRun) Suffix() string {
	switch d.value {
	case dryRunClient:
		return " (dry run)"
	case dryRunServer:
		return " (server dry run)"
	}
	return ""
}

// Patch changes an object in the name of the plugin's field manager, as far as the flag lets it. The object becomes what the API server answers.
func (d *DryRun) Patch(ctx context.Context, c client.Client, o client.Object, patch client.Patch) error {
	options := []client.PatchOption{client.FieldOwner(FieldManager)}
	switch d.value {
	case dryRunClient:
		return nil
	case dryRunServer:
		options = append(options, client.DryRunAll)
	}
	return c.Patch(ctx, o, patch, options...)
}

// Create creates an object likewise.
func (d *DryRun) Create(ctx context.Context, c client.Client, o client.Object) error {
	options := []client.CreateOption{client.FieldOwner(FieldManager)}
	switch d.value {
	case dryRunClient:
		return nil
	case dryRunServer:
		options = append(options, client.DryRunAll)
	}
	return c.Create(ctx, o, options...)
}
