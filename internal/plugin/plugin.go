// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugin is kubectl backoffice: what people do from the list of users. Each command is a package below it.
//
//	list                        which users there are
//	describe, ask               what somebody has, and who has something
//	change, duplicate           block, hold, deactivate, reset, copy
//	matrix                      who has what, as a table
//	review                      what manifests would do: lint, diff
//	adopt                       manifests for accounts that are in a store
//
// session has what they share, manifest how an object is written for Git, and owner who keeps one there.
package plugin

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/adopt"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/ask"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/change"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/describe"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/duplicate"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/list"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/matrix"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/review"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// Completer is the name by which kubectl calls the plugin to complete a command line; a link to the plugin has it.
const Completer = "kubectl_complete-backoffice"

// NewCommand is the command that has all others.
func NewCommand(s *session.Session) *cobra.Command {
	root := &cobra.Command{
		Use:   "backoffice",
		Short: "Look at and change who has access to a back office",
		Long: `Look at and change who has access to a back office.

What you may see and change is what the API server lets you: the plugin has no rights of its own.`,
		Version:           s.Version,
		SilenceErrors:     true, // main says it
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl backoffice"},
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.ErrOut)
	s.Flags.AddFlags(root.PersistentFlags())
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"look", "Look:", []*cobra.Command{
			list.New(s), describe.New(s), ask.CanI(s), ask.WhoCan(s), ask.GrantedBy(s), matrix.New(s),
		}},
		{"change", "Change:", append(change.Commands(s), change.Reset(s), duplicate.New(s))},
		{"git", "Manifests:", []*cobra.Command{review.Lint(s), review.Diff(s), adopt.New(s)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = group.id
			root.AddCommand(c)
		}
	}
	return root
}

// Arguments are those of the command line, which kubectl wants completed where it calls the plugin as Completer.
func Arguments(args []string) []string {
	if strings.TrimSuffix(filepath.Base(args[0]), ".exe") == Completer {
		return append([]string{cobra.ShellCompRequestCmd}, args[1:]...)
	}
	return args[1:]
}
