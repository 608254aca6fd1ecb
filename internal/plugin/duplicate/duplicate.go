// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package duplicate copies users: somebody new gets what somebody else has.
//
//	draft.go    the new user
//	plan.go     which bindings have to name it
//	apply.go    makes both
package duplicate

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// New is the command copy.
func New(s *session.Session) *cobra.Command {
	c := &command{s: s}
	cmd := &cobra.Command{
		Use:   "copy USER NEW",
		Short: "Make a user with the permissions of another one",
		Long: `Make a user NEW who may do what USER may: the same account type, networks, settings, labels and data filters, and a place in each binding that names
USER. Bindings that select USER by its labels select NEW as well. NEW gets a password of its own, as any new user.

It prints manifests for Git: NEW, and the bindings with NEW among their subjects. With --apply it creates NEW and adds it to the bindings; a binding
that Argo CD, Flux or Helm keeps is printed instead, and the status is 1.

Never copied are e-mail address, telephone number, picture, kubernetesUser, description, annotations, state, and whatever is about the password but
spec.credentials.rotation. A copy of somebody who is blocked or on hold is active. You can only give what you may give: the webhook refuses the rest.`,
		Example: `  kubectl backoffice copy omar nadia --login nadia.amari --full-name "Nadia Amari"
  kubectl backoffice copy omar nadia --login nadia.amari --full-name "Nadia Amari" --apply
  kubectl backoffice copy vera vito --full-name "Vito Berg" --without-filters > vito.yaml`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: s.CompleteUsers(1),
	}
	f := cmd.Flags()
	f.StringVar(&c.request.login, "login", "", "The login of NEW. Absent: its name.")
	f.StringVar(&c.request.fullName, "full-name", "", "The full name of NEW. Needed where USER has one.")
	f.StringVar(&c.request.firstName, "first-name", "", "The first name of NEW.")
	f.StringVar(&c.request.lastName, "last-name", "", "The last name of NEW.")
	f.StringVar(&c.request.email, "email", "", "The e-mail address of NEW, where the back office demands one.")
	f.StringVar(&c.request.phone, "phone", "", "The telephone number of NEW, where the back office demands one.")
	f.BoolVar(&c.request.withoutFilters, "without-filters", false, "Do not copy the data filters of USER: nothing narrows NEW, or it waits for filters where the back office demands them.")
	f.BoolVar(&c.apply, "apply", false, "Create NEW and change the bindings, rather than print manifests.")
	f.BoolVar(&c.force, "force", false, "With --apply: change also bindings that a tool keeps in Git, which will put them back.")
	c.output.AddTo(cmd, session.YAML, session.JSON, session.Name)
	c.dryRun.AddTo(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := c.validate(cmd, args[1]); err != nil {
			return err
		}
		return c.copy(cmd.Context(), args[0], args[1])
	}
	return cmd
}

// command is one run of copy.
type command struct {
	s            *session.Session
	request      request
	apply, force bool
	output       session.Output
	dryRun       session.DryRun
}

func (c *command) validate(cmd *cobra.Command, name string) error {
	if err := c.output.Validate(cmd); err != nil {
		return err
	}
	if err := c.dryRun.Validate(cmd); err != nil {
		return err
	}
	if wrong := validation.IsDNS1123Subdomain(name); len(wrong) > 0 {
		return session.UsageError(cmd, "NEW is to be the name of an object, and %q is none: %s. --login is what the user logs in with", name, strings.Join(wrong, "; "))
	}
	switch {
	case !c.apply && c.force:
		return session.UsageError(cmd, "--force is for --apply: nothing is changed without that")
	case !c.apply && cmd.Flags().Changed("dry-run"):
		return session.UsageError(cmd, "--dry-run is for --apply: nothing is changed without that")
	}
	return nil
}

func (c *command) copy(ctx context.Context, name, newName string) error {
	cl, err := c.s.Client()
	if err != nil {
		return err
	}
	p, err := c.plan(ctx, cl, name, newName)
	if err != nil {
		return err
	}
	for _, note := range p.notes {
		fmt.Fprintf(c.s.ErrOut, "Note: %s\n", note)
	}
	if c.apply {
		return c.make(ctx, cl, p)
	}
	return c.print(append([]client.Object{p.user}, p.extended()...)...)
}
