// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// The formats beside those that all commands have.
const (
	markdown = "markdown"
	github   = "github"
)

// Lint is the command lint.
func Lint(s *session.Session) *cobra.Command {
	o := &options{Session: s}
	var strict, summarise bool
	cmd := &cobra.Command{
		Use:   "lint -f DIR",
		Short: "Tell which manifests would be refused, and which not be in force",
		Long: `Tell which manifests would be refused, and which not be in force.

The manifests are judged as the API server and the operator's webhooks would judge them: by the schema, fields that it does not know included, by every
rule of the BackOffice, and by what the actor may hand out. It is the same code. Of the cluster it is read what is there already; nothing is written, and
nothing is sent as a dry run. With --offline there is no cluster, and with --base the manifests in another folder are what is there already.

The order of the manifests does not count: what is refused because something else is not there yet is judged again after it. RBAC is not asked, apart from
the verb "escalate" on back offices. Quotas, logins and keys that are taken by accounts whose objects are gone are known to the store alone.

It ends with status 0 if all would be admitted, 1 if something would be refused (with --strict: also for a warning, or what would not be in force), and 2
if it could not be judged.`,
		Example: `  # Before merging: would Argo CD be let apply these manifests?
  kubectl backoffice lint -f config/samples/orders --actor system:serviceaccount:argocd:argocd-application-controller

  # In a pipeline without a cluster, as annotations of a pull request on GitHub
  kubectl backoffice lint -f config/samples/orders --offline -o github

  # What a chart renders, by rules and people of the cluster
  helm template access ./chart | kubectl backoffice lint -f - --actor lea --actor-group customer-service-leads`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd); err != nil {
				return o.failed(err)
			}
			j, err := o.begin(cmd.Context())
			if err != nil {
				return o.failed(err)
			}
			j.reviewer.Summarise = summarise
			verdicts, err := j.judge(cmd.Context())
			if err != nil {
				return o.failed(err)
			}
			r := reportOf(j, verdicts)
			if err := o.print(r); err != nil {
				return o.failed(err)
			}
			if r.Summary.Refused > 0 || strict && r.Summary.Warnings+r.Summary.NotInForce > 0 {
				return session.Exit(exitFound)
			}
			return nil
		},
	}
	o.addTo(cmd)
	o.output.AddTo(cmd, session.Table, session.JSON, session.YAML, markdown, github)
	cmd.Flags().BoolVar(&strict, "strict", false, "End with status 1 also for warnings and for what would not be in force.")
	cmd.Flags().BoolVar(&summarise, "changes", false, "Warn also of what each change gives and takes, as kubectl apply --dry-run=server does.")
	return cmd
}

func (o *options) print(r report) error {
	if done, err := o.output.Encode(o.Out, r); done || err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintln(o.ErrOut, "Note:", session.Printable(note))
	}
	switch o.output.Format {
	case markdown:
		printMarkdown(o.Out, r)
	case github:
		printGitHub(o.Out, r)
	default:
		printText(o.Out, r)
	}
	return nil
}

func printText(w io.Writer, r report) {
	for _, f := range r.Findings {
		line := f.place()
		if object := f.object(); object != "" {
			line += " " + object
		}
		fmt.Fprintln(w, session.Printable(line+": "+f.text()))
	}
	fmt.Fprintln(w, r.Summary.sentence())
}
