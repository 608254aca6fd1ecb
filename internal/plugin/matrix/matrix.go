// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package matrix shows who has what as a table.
package matrix

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// New is the command matrix.
func New(s *session.Session) *cobra.Command {
	r := &request{Session: s, rows: roles}
	cmd := &cobra.Command{
		Use:   "matrix [roles|users]",
		Short: "Show who has what as a table",
		Long: `Show who has what as a table: the permissions of each role, or of each user, as W (write, full), R (read, limited) or - (none).

For roles it is what each PermissionSet gives by itself, with all that it inherits; a role that is withheld gives nothing. For users it is what
each may do now: an account that may not log in has nothing, and * marks what filters narrow to some data; where they leave less of it on all
data, that is shown. x marks what is denied, whatever else gives it. With a closed catalogue the permissions are its leaves, else all paths that somebody mentions.

The table is about one BackOffice: that of the namespace, or the one that --back-office names. Roles are those that bindings of the namespace can
hand out: of the namespace itself and of the back office's. With -A they are those of all namespaces.

With -f or -k it is read from manifests instead of a cluster, of all namespaces where -n names none. Objects then count as they are written: nobody asks who may hand them out, which
"kubectl backoffice lint" does.

-o html is one file that needs no network: it can be filtered, compared and printed. No output has personal data.`,
		Example: `  # Roles and permissions of the back office in the namespace
  kubectl backoffice matrix -n orders

  # What the pages of the back office are for each user, for a printer
  kubectl backoffice matrix users -n orders --path pages --output-file pages.html

  # Two roles side by side, from manifests
  kubectl backoffice matrix -f config/samples/orders -n orders --role client_viewer,customer_service

  # For a spreadsheet
  kubectl backoffice matrix users -n orders --state Active -o csv`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions([]string{roles, users}, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				r.rows = args[0]
			}
			return r.run(cmd)
		},
	}
	r.addFlags(cmd)
	return cmd
}

func (r *request) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	r.output.AddTo(cmd, session.Table, formatCSV, formatHTML, session.JSON, session.YAML, formatMarkdown)
	flags.StringVar(&r.office, "back-office", "", "The BackOffice that the table is about, as NAME or NAMESPACE/NAME. It is needed where the namespace has objects of several.")
	flags.BoolVarP(&r.everywhere, "all-namespaces", "A", false, "Roles or users of all namespaces.")
	flags.StringSliceVarP(&r.files, "filename", "f", nil, "Files or folders with manifests, read instead of a cluster; - is standard input.")
	flags.StringSliceVarP(&r.kustomize, "kustomize", "k", nil, "Folders that kustomize builds, read instead of a cluster.")
	flags.StringVar(&r.file, "output-file", "", "File to write instead of standard output. Its ending chooses the format where -o does not: .html, .csv, .json, .yaml, .md.")
	flags.StringSliceVar(&r.paths, "path", nil, "Only permissions at or below these paths.")
	flags.StringVar(&r.search, "search", "", "Only rows whose key, name, display name or login contains this text.")
	flags.StringSliceVar(&r.roles, "role", nil, "Only these roles, by name, key or display name; of users those that have one of them.")
	flags.StringSliceVar(&r.types, "type", nil, "Only users of these account types, or roles that they may hold.")
	flags.StringSliceVar(&r.states, "state", nil, "Only users in these states: Active, Blocked, Deactivated.")
	flags.StringVarP(&r.selector, "selector", "l", "", "Only rows whose object has these labels, such as team=support.")
	flags.BoolVar(&r.nonEmpty, "non-empty", false, "Leave out rows and permissions that have nothing.")
	for name, complete := range map[string]cobra.CompletionFunc{
		"back-office": r.CompleteBackOffices,
		"role":        r.completeRoles,
		"type":        cobra.FixedCompletions(texts(accountTypes), cobra.ShellCompDirectiveNoFileComp),
		"state":       cobra.FixedCompletions(texts(states), cobra.ShellCompDirectiveNoFileComp),
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, complete) // it fails for unknown flags
	}
}

var (
	accountTypes = []v1alpha1.AccountType{
		v1alpha1.AccountStaff, v1alpha1.AccountAdministrator, v1alpha1.AccountAffiliate, v1alpha1.AccountStoreApp, v1alpha1.AccountAPI,
	}
	states = []v1alpha1.UserState{v1alpha1.StateActive, v1alpha1.StateBlocked, v1alpha1.StateDeactivated}
)

func texts[T ~string](values []T) []string {
	all := make([]string, 0, len(values))
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

func (r *request) run(cmd *cobra.Command) error {
	if format := formatOf(r.file); format != "" && !cmd.Flags().Changed("output") {
		r.output.Format = format
	}
	if err := r.output.Validate(cmd); err != nil {
		return err
	}
	if err := r.validate(cmd); err != nil {
		return err
	}
	if r.offline() && *r.Flags.Namespace == "" {
		r.everywhere = true // nothing says that the manifests are about the namespace of the kubeconfig
	}
	t, err := r.table(cmd.Context())
	if err != nil {
		return err
	}
	if len(t.Items) == 0 {
		namespace, _ := r.Namespace() // it was read before
		fmt.Fprintf(r.ErrOut, "No %s found in %s.\n", r.rows, r.place(namespace))
	}
	return r.write(t)
}

// validate refuses what no table can be.
func (r *request) validate(cmd *cobra.Command) error {
	if r.rows != roles && r.rows != users {
		return session.UsageError(cmd, "%q is neither roles nor users", r.rows)
	}
	if r.rows == roles && len(r.states) > 0 {
		return session.UsageError(cmd, "--state is about users: say matrix users")
	}
	for _, list := range []struct {
		flag          string
		values, known []string
	}{{"--type", r.types, texts(accountTypes)}, {"--state", r.states, texts(states)}} {
		for _, value := range list.values {
			if !named(list.known, value) {
				return session.UsageError(cmd, "%s %q is none of %s", list.flag, value, strings.Join(list.known, ", "))
			}
		}
	}
	if _, err := labels.Parse(r.selector); err != nil {
		return session.UsageError(cmd, "--selector: %v", err)
	}
	return nil
}

// formatOf is the format that the ending of a file stands for.
func formatOf(file string) string {
	return map[string]string{
		".html": formatHTML, ".htm": formatHTML, ".csv": formatCSV, ".json": session.JSON, ".yaml": session.YAML, ".yml": session.YAML, ".md": formatMarkdown,
	}[strings.ToLower(filepath.Ext(file))]
}

// completeRoles offers the keys of the roles of the namespace.
func (r *request) completeRoles(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	list := &v1alpha1.PermissionSetList{}
	namespace, err := r.Namespace()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if w, err := r.World(); err == nil {
		_ = w.List(cmd.Context(), list, client.InNamespace(namespace)) // what cannot be read is not offered
	}
	var keys []string
	for i := range list.Items {
		keys = append(keys, list.Items[i].EffectiveKey())
	}
	slices.Sort(keys)
	return slices.Compact(keys), cobra.ShellCompDirectiveNoFileComp
}
