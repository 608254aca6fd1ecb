// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package adopt writes manifests for accounts that are in a store, so that an operator takes them over with their passwords.
package adopt

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/store/accounts"
)

// What the flag --owner may be beside the name of an owner.
const (
	ownerNone = "none"
	ownerAny  = "any"
)

// options are the flags of import.
type options struct {
	session *session.Session

	source
	backOffice, owner string

	namespace string
	reference v1alpha1.BackOfficeReference
}

// New is the command import.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	cmd := &cobra.Command{
		Use:   "import --back-office NAME (--sqlite FILE | --postgres-url-file FILE)",
		Short: "Write manifests for accounts that are in a store",
		Long: `Write manifests for accounts that are in a store.

An application that had accounts before puts them into the store's tables with their passwords, as docs/store.md says. This command writes a
BackOfficeUser for each of them. Applied, where the BackOffice says spec.store.adoption: IfUnowned, the operator takes the accounts over: each
keeps its id and its password, until the first rotation or reset.

It reads the database itself, in one transaction that cannot write, and asks no cluster. It reads no password, verifier or token. The manifests hold
personal data, as the store does. What a manifest cannot say, and what the API would refuse, is in a comment above it. Permissions are not imported:
write PermissionSets and RoleBindings, or apply those that are there.

The URL of a PostgreSQL database holds a password, so it is no flag: other users of a machine see command lines. Without a flag, the environment variable
` + urlVariable + ` has it.`,
		Example: `  # All accounts of an embedded store whose manifests are lost; $STORES is the operator's --sqlite-dir
  kubectl backoffice import --sqlite $STORES/orders_orders.db --back-office orders --owner any

  # Accounts that somebody has put there, and that are nobody's yet
  kubectl backoffice import --sqlite $STORES/orders_orders.db --back-office orders -n orders > users.yaml

  # Accounts in PostgreSQL, with the URL from the Secret of the BackOffice
  kubectl get secret orders-db -n orders -o 'go-template={{.data.url|base64decode}}' | \
    kubectl backoffice import --postgres-url-file - --back-office orders -n orders > users.yaml`,
		Args: cobra.NoArgs,
		RunE: o.run,
	}
	flags := cmd.Flags()
	flags.StringVar(&o.sqlite, "sqlite", "", "The SQLite `file` of the store.")
	flags.StringVar(&o.urlFile, "postgres-url-file", "", "A `file` with the URL of the PostgreSQL database of the store; - is the standard input.")
	flags.StringVar(&o.schema, "schema", v1alpha1.DefaultSchema, "The PostgreSQL schema of the store.")
	flags.StringVar(&o.backOffice, "back-office", "", "The BackOffice whose accounts are read, by its name, or by namespace/name where the users will be in "+
		"another namespace. Required.")
	flags.StringVar(&o.owner, "owner", ownerNone, "Whose accounts are read: \"none\" for those that are nobody's, \"any\", or the `name` of an owner. "+
		"Those of an owner are adopted by another one with spec.store.adoption: Force alone.")
	_ = cmd.MarkFlagFilename("sqlite", "db") // these fail for unknown flags
	_ = cmd.MarkFlagFilename("postgres-url-file")
	_ = cmd.RegisterFlagCompletionFunc("back-office", s.CompleteBackOffices)
	_ = cmd.RegisterFlagCompletionFunc("owner", cobra.FixedCompletions([]string{ownerNone, ownerAny}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *options) run(cmd *cobra.Command, _ []string) error {
	if err := o.validate(cmd); err != nil {
		return err
	}
	db, err := o.open(o.session)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	found, err := accounts.Read(cmd.Context(), db, o.query())
	if err != nil {
		return fmt.Errorf("%w\n%s", err, o.hint())
	}
	if len(found) == 0 {
		return o.sayNone(cmd.Context(), db)
	}
	return o.write(cmd.Context(), found)
}

func (o *options) validate(cmd *cobra.Command) (err error) {
	if err := o.source.validate(cmd); err != nil {
		return err
	}
	if o.namespace, err = o.session.Namespace(); err != nil {
		return err
	}
	namespace, name, found := strings.Cut(o.backOffice, "/")
	if !found {
		namespace, name = "", o.backOffice
	}
	if name == "" || found && namespace == "" {
		return session.UsageError(cmd, "--back-office must be the name of a BackOffice, or namespace/name")
	}
	if namespace == o.namespace {
		namespace = ""
	}
	o.reference = v1alpha1.BackOfficeReference{Name: name, Namespace: namespace}
	return nil
}

// query asks for the accounts of the flags.
func (o *options) query() accounts.Query {
	q := accounts.Query{Schema: o.schemaOf(), BackOffice: o.reference.Name, Owner: o.owner}
	switch o.owner {
	case ownerNone:
		q.Owner = accounts.Unowned
	case ownerAny:
		q.Owner = accounts.Any
	}
	return q
}

// sayNone says that there are no such accounts, and which ones there are.
func (o *options) sayNone(ctx context.Context, db *sql.DB) error {
	there, err := accounts.Owners(ctx, db, o.schemaOf())
	if err != nil {
		return err
	}
	if len(there) == 0 {
		there = []string{"none"}
	}
	fmt.Fprintf(o.session.ErrOut, "No accounts of BackOffice %s with --owner %s found. Accounts of the store: %s.\n",
		session.Printable(o.reference.Name), session.Printable(o.owner), session.Printable(strings.Join(there, "; ")))
	return nil
}

// write writes the manifests, each with what there is to say about it, and then what to do with them.
func (o *options) write(ctx context.Context, found []accounts.Account) error {
	names, remarked, refused := newNames(o.namespace), 0, 0
	for i, a := range found {
		m, remarks, err := o.manifest(a, names)
		if err != nil {
			return err
		}
		errs, err := review.Check(ctx, m)
		if err != nil {
			return err
		}
		for _, e := range errs {
			remarks = append(remarks, "The API refuses this: "+e.Error())
			fmt.Fprintf(o.session.ErrOut, "Warning: login %s would be refused: %s\n", session.Printable(a.Login), session.Printable(e.Error()))
		}
		if err := o.document(m, remarks, i > 0); err != nil {
			return err
		}
		remarked, refused = remarked+min(1, len(remarks)), refused+min(1, len(errs))
	}
	adoption := v1alpha1.AdoptionIfUnowned
	if o.owner != ownerNone {
		adoption = v1alpha1.AdoptionForce
	}
	fmt.Fprintf(o.session.ErrOut, "%d accounts: %d with a comment, %d of which the API would refuse. Before you apply them, set spec.store.adoption: %s in BackOffice %s;"+
		" \"kubectl backoffice lint\" says what its policy makes of them.\n", len(found), remarked, refused, adoption, o.reference.In(o.namespace))
	return nil
}

// document writes one manifest below its comments.
func (o *options) document(m *unstructured.Unstructured, remarks []string, separated bool) error { //nolint:revive // flag-parameter: a separator is none
	var text bytes.Buffer
	if separated {
		text.WriteString("---\n")
	}
	for _, remark := range remarks {
		text.WriteString("# " + session.Printable(remark) + "\n")
	}
	manifest, err := yaml.Marshal(m.Object)
	if err != nil {
		return err
	}
	text.Write(manifest)
	_, err = o.session.Out.Write(text.Bytes())
	return err
}
