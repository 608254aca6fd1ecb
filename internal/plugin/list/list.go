// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package list lists users, page by page: which ones the API server tells apart it is asked for, and the rest is told apart here.
package list

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// New is the command list.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	cmd := &cobra.Command{
		Use:     "list [TEXT]",
		Aliases: []string{"ls"},
		Short:   "List users, searched and filtered",
		Long: `List users, searched and filtered.

TEXT is a part of the login, of the object's name, of the full, first or last name, or of the e-mail address, whatever the case. Of several flags all
have to hold. Users are printed as they arrive from the API server, in pages of --chunk-size.

Columns show what is in force, from status. Personal data is searched and not shown: -o json and -o yaml have the objects as they are, with it.`,
		Example: `  # Users whose name, login or e-mail address has "keller" in it
  kubectl backoffice list keller -n orders

  # Who holds a role, by the name of the set, its key or the name that is displayed
  kubectl backoffice list --role customer_service

  # Accounts that were deactivated
  kubectl backoffice list --deactivated

  # Staff who may see data of the sales channel web, and may log in
  kubectl backoffice list --channel web --type Staff --state Active

  # Whose access changes by itself in the next 30 days, in all namespaces
  kubectl backoffice list --expires-before 30d -A -o wide`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: s.CompleteUsers(1),
		RunE:              o.run,
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) run(cmd *cobra.Command, args []string) error {
	if err := o.output.Validate(cmd); err != nil {
		return err
	}
	if len(args) == 1 {
		o.text = args[0]
	}
	if err := o.validate(cmd); err != nil {
		return err
	}
	c, err := o.session.Client()
	if err != nil {
		return err
	}
	if !o.allNamespaces {
		if o.namespace, err = o.session.Namespace(); err != nil {
			return err
		}
	}
	return o.list(cmd.Context(), c)
}

// list prints the users that meet all criteria.
func (o *options) list(ctx context.Context, c client.Client) error {
	criteria, err := o.criteria(ctx, snapshot.New(c).Gatherer(o.session.Clock))
	if err != nil {
		return err
	}
	into, found, seen := o.printer(), 0, 0
	err = o.pages(c).each(ctx, func(users []v1alpha1.BackOfficeUser) error {
		seen += len(users)
		met, err := criteria.of(ctx, users)
		if err != nil {
			return err
		}
		found += len(met)
		return into.page(met)
	})
	switch {
	case ctx.Err() != nil:
		return session.Exit(130) // as a program ends that was interrupted
	case err != nil:
		return err
	}
	if found == 0 && seen > 0 {
		if err := criteria.unknown(ctx); err != nil {
			return err
		}
	}
	if err := into.end(); err != nil {
		return err
	}
	if found == 0 {
		fmt.Fprintln(o.session.ErrOut, "No users found"+o.where()+".")
	}
	return nil
}

// where is the namespace that was looked in, for messages; empty for all of them.
func (o *options) where() string {
	if o.allNamespaces {
		return ""
	}
	return " in " + o.namespace + " namespace"
}

// pages are the users of whom the API server is asked.
func (o *options) pages(c client.Reader) pages {
	return pages{reader: c, notes: o.session.ErrOut, namespace: o.namespace, labels: o.labels, fields: o.fields(), size: o.chunk}
}

// fields is what the API server selects by.
func (o *options) fields() fields.Selector {
	var all []fields.Selector
	switch {
	case len(o.states) == 1:
		all = append(all, fields.OneTermEqualSelector("status.state", o.states[0]))
	case len(o.states) == len(states)-1: // a user without any status is left to the criteria
		for _, s := range states {
			if !has(o.states, s) {
				all = append(all, fields.OneTermNotEqualSelector("status.state", s))
			}
		}
	}
	if len(o.types) == 1 {
		all = append(all, fields.OneTermEqualSelector("status.accountType", o.types[0]))
	}
	return fields.AndSelectors(all...)
}
