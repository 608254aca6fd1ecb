// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package describe shows everything that is effective of a user.
package describe

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// described is an account as it is printed.
type described struct {
	*explain.Account `json:",inline"`

	// Profile is personal data, for who asks for it.
	Profile *v1alpha1.Profile `json:"profile,omitempty"`
}

// describer is one run of the command.
type describer struct {
	*session.Session
	output        session.Output
	all, personal bool
}

// New is the command describe.
func New(s *session.Session) *cobra.Command {
	d := &describer{Session: s}
	cmd := &cobra.Command{
		Use:   "describe USER...",
		Short: "Show what is effective of a user, and where it comes from",
		Long: `Show what is effective of a user, and where it comes from: whether the account may log in and else why not, from where, its settings and filters,
when its password was issued, its bindings, and of each permission the level, the data, until when, and the sets and bindings that give it.

It is worked out from the objects in the cluster by the rules of the operator. Neither passwords nor Secrets are read. Personal data (names, e-mail
address, phone, picture) is shown only with --personal-data. Permissions are also those that an account would have if it could log in.`,
		Example: `  # What Lea may do, and why
  kubectl backoffice describe lea -n orders

  # The same with what does not decide, such as what a nearer set or a denial overrides
  kubectl backoffice describe omar -n orders --all

  # For a program
  kubectl backoffice describe lea omar -n orders -o json`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: s.CompleteUsers(0),
		RunE:              d.run,
	}
	d.output.AddTo(cmd, session.Table, session.JSON, session.YAML)
	cmd.Flags().BoolVar(&d.all, "all", false, "Also show what does not decide: entries that others override, and permissions of level None.")
	cmd.Flags().BoolVar(&d.personal, "personal-data", false, "Also show the profile: names, e-mail address, phone and what else there is.")
	return cmd
}

func (d *describer) run(cmd *cobra.Command, names []string) error {
	if err := d.output.Validate(cmd); err != nil {
		return err
	}
	accounts, err := d.accounts(cmd.Context(), names)
	if err != nil {
		return err
	}
	var value any = accounts[0]
	if len(accounts) > 1 {
		value = struct {
			Items []described `json:"items"`
		}{accounts}
	}
	if done, err := d.output.Encode(d.Out, value); done {
		return err
	}
	for i, a := range accounts {
		if i > 0 {
			fmt.Fprintln(d.Out)
		}
		if err := d.print(a); err != nil {
			return err
		}
	}
	return nil
}

// accounts explains users in the order in which they are named.
func (d *describer) accounts(ctx context.Context, names []string) ([]described, error) {
	world, err := d.World()
	if err != nil {
		return nil, err
	}
	explainer := explain.New(world.Gatherer(d.Clock))
	accounts := make([]described, 0, len(names))
	for _, name := range names {
		u, err := d.User(ctx, world, name)
		if err != nil {
			return nil, err
		}
		a, err := explainer.Account(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("explaining BackOfficeUser %s/%s: %w", u.Namespace, u.Name, err)
		}
		one := described{Account: a}
		if d.personal {
			one.Profile = u.Spec.Profile
		}
		if !d.all {
			one.Permissions = deciding(a.Permissions)
		}
		accounts = append(accounts, one)
	}
	return accounts, nil
}

// deciding leaves out what does not decide, and what gives nothing and denies nothing.
func deciding(permissions []explain.Permission) []explain.Permission {
	var left []explain.Permission
	for _, p := range permissions {
		var sources []explain.Source
		denied := false
		for _, s := range p.Sources {
			if s.Decides {
				sources = append(sources, s)
				denied = denied || s.Kind == explain.FromDeny
			}
		}
		if p.Level != string(v1alpha1.LevelNone) || denied {
			p.Sources = sources
			left = append(left, p)
		}
	}
	return left
}
