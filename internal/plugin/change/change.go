// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package change changes the state of users, and has their passwords replaced.
//
//	verbs.go     what each command makes of a user, as that user is
//	select.go    which users
//	run.go       makes the change, and says what has come of it
//	wait.go      waits until the change is in force
//	reset*.go    passwords
package change

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// verb is a command that changes the state of users.
type verb struct {
	name, short, long, example string
	decide                     func(*v1alpha1.BackOfficeUser, request) step
	// all, reason and force tell which flags it has.
	all, reason, force bool
}

// ways is said by each command that changes users.
const ways = `
It changes that and nothing else, goes on after a user that it cannot change, and ends with status 1 if there was one. It returns when the change
is in force: the store says so. Whether you may change a user is for the webhook to say, as with kubectl edit.`

const keptInGit = `
A user whom Argo CD, Flux or Helm keeps would be put back to what Git says.`

// verbs are the commands, in the order in which the help lists them.
var verbs = []verb{
	{
		name: "block", short: "Refuse the login of users",
		long: `Refuse the login of users, at once: spec.state becomes Blocked. They keep everything, their seat and their password, too.
` + keptInGit + ` Such a one is blocked by the annotation
access.backoffice-operator.io/hold instead, which these tools leave alone; unblock takes it away again.
` + ways,
		example: `  kubectl backoffice block lea
  kubectl backoffice block lea omar --dry-run=server
  kubectl backoffice block --selector team=support`,
		decide: block, all: true, force: true,
	},
	{
		name: "unblock", short: "Let blocked users log in again",
		long: `Let users log in again whom "block" has blocked: spec.state becomes Active, and the hold that block has placed ends. A hold that somebody else has
placed stays; "release" ends it.
` + keptInGit + ` Where Git says that it is blocked, the
change for Git is printed, and the status is 1.
` + ways,
		example: `  kubectl backoffice unblock lea
  kubectl backoffice unblock --selector team=support`,
		decide: unblock, all: true, force: true,
	},
	{
		name: "hold", short: "Block users by an annotation, with a reason",
		long: `Block users at once by the annotation access.backoffice-operator.io/hold, whatever spec.state says. Its value is the reason, which the store keeps.
Argo CD, Flux and Helm leave the annotation alone, so that it is the way to stop somebody by hand whose manifest is in Git.
` + ways,
		example: `  kubectl backoffice hold lea --reason "phone was stolen"
  kubectl backoffice hold --all --reason "incident 4711"`,
		decide: hold, all: true, reason: true,
	},
	{
		name: "release", short: "End the hold of users",
		long: `Take the annotation access.backoffice-operator.io/hold away, whoever has placed it. spec.state stays as it is: somebody who is blocked by it stays
blocked.
` + ways,
		example: `  kubectl backoffice release lea
  kubectl backoffice release --all --yes`,
		decide: lift, all: true,
	},
	{
		name: "deactivate", short: "Take users out of service, with nothing lost",
		long: `Refuse the login of users and give their seats free: spec.state becomes Deactivated. The account, its data filters and its roles stay, and
"reactivate" brings all of it back; it gets a new password then.
` + keptInGit + ` The change for Git is printed
instead, and the status is 1; --force changes the user all the same.
` + ways,
		example: `  kubectl backoffice deactivate vera
  kubectl backoffice deactivate vera --output json`,
		decide: deactivate, force: true,
	},
	{
		name: "reactivate", short: "Bring deactivated users back",
		long: `Bring deactivated users back as they were: spec.state becomes Active. There has to be a free seat.
` + keptInGit + ` The change for Git is printed
instead, and the status is 1; --force changes the user all the same.
` + ways,
		example: `  kubectl backoffice reactivate vera
  kubectl backoffice reactivate --selector store=12`,
		decide: reactivate, force: true,
	},
}

// Commands are those that change the state of users.
func Commands(s *session.Session) (all []*cobra.Command) {
	for _, v := range verbs {
		all = append(all, v.command(s))
	}
	return all
}

func (v verb) command(s *session.Session) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: v.name + " (USER... | --selector SELECTOR)", Short: v.short, Long: v.long, Example: v.example,
		ValidArgsFunction: s.CompleteUsers(0),
	}
	if v.all {
		cmd.Use = v.name + " (USER... | --selector SELECTOR | --all)"
		o.addAllTo(cmd)
	}
	o.addTo(cmd)
	if v.reason {
		cmd.Flags().StringVar(&o.request.reason, "reason", "", "Why. Absent: when, and by which command.")
	}
	if v.force {
		cmd.Flags().BoolVar(&o.request.force, "force", false, "Change spec although a tool keeps the user in Git, which will put it back.")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.validate(cmd, args); err != nil {
			return err
		}
		return o.change(cmd.Context(), s, v, args)
	}
	return cmd
}

// options are what the commands of this package have in common.
type options struct {
	selection
	output  session.Output
	dryRun  session.DryRun
	wait    bool
	timeout time.Duration
	request request
}

func (o *options) addTo(cmd *cobra.Command) {
	o.selection.addTo(cmd)
	o.output.AddTo(cmd, session.Table, session.JSON, session.YAML, session.Name)
	o.dryRun.AddTo(cmd)
	cmd.Flags().BoolVar(&o.wait, "wait", true, "Wait until the change is in force in the store.")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 30*time.Second, "Give up waiting when nothing has happened for so long. The change stays.")
}

func (o *options) validate(cmd *cobra.Command, args []string) error {
	if err := o.output.Validate(cmd); err != nil {
		return err
	}
	if err := o.dryRun.Validate(cmd); err != nil {
		return err
	}
	if o.timeout <= 0 {
		return session.UsageError(cmd, "--timeout must be more than nothing, such as 30s; --wait=false does not wait")
	}
	return o.selection.validate(cmd, args)
}

// change does to the selected users what a verb says.
func (o *options) change(ctx context.Context, s *session.Session, v verb, args []string) error {
	c, namespace, err := clientAndNamespace(s)
	if err != nil {
		return err
	}
	names, known, err := o.find(ctx, c, namespace, args)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintf(s.ErrOut, "No users found in namespace %s.\n", namespace)
		return nil
	}
	if o.all && !o.yes && o.dryRun.Suffix() == "" {
		question := fmt.Sprintf("This is about all %d users of namespace %s: %s.", len(names), namespace, v.name)
		if err := s.Confirm(ctx, question, namespace); err != nil {
			return err
		}
	}
	return o.run(s, c, v.decide).users(ctx, names, known)
}

// run is a run with these options.
func (o *options) run(s *session.Session, c client.Client, decide func(*v1alpha1.BackOfficeUser, request) step) *run {
	o.request.now = s.Clock.Now()
	return &run{
		s: s, client: c, dryRun: &o.dryRun, format: o.output.Format, decide: decide, request: o.request,
		wait: o.wait && o.dryRun.Suffix() == "", timeout: o.timeout,
	}
}

func clientAndNamespace(s *session.Session) (client.Client, string, error) {
	c, err := s.Client()
	if err != nil {
		return nil, "", err
	}
	namespace, err := s.Namespace()
	return c, namespace, err
}
