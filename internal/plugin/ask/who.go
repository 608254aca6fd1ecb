// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// holder is somebody who has the permission.
type holder struct {
	Namespace   string               `json:"namespace"`
	Name        string               `json:"name"`
	Login       string               `json:"login"`
	AccountType v1alpha1.AccountType `json:"accountType"`
	BackOffice  string               `json:"backOffice"`
	InForce     bool                 `json:"inForce"`
	Withheld    []string             `json:"withheld,omitempty"`
	Permission  explain.Permission   `json:"permission"`
}

// whoCan is one run of the command.
type whoCan struct {
	*session.Session
	output          session.Output
	wanted          level
	office          string
	everywhere, all bool
}

// WhoCan is the command who-can.
func WhoCan(s *session.Session) *cobra.Command {
	w := &whoCan{Session: s}
	cmd := &cobra.Command{
		Use:   "who-can PERMISSION",
		Short: "Tell which users have a permission now, and why",
		Long: `Tell which users have a permission now: at which level, on which data, by which sets and bindings, and until when.

Accounts that may not log in are left out, unless --all asks for them. With a closed catalogue the permission has to be in it, or above something that is.`,
		Example: `  # Who may manage users?
  kubectl backoffice who-can ROLE_USER_ADMIN --level Write -n orders

  # Who would see the page of orders, blocked accounts too?
  kubectl backoffice who-can pages/orders -n orders --all

  # In all namespaces, of one back office
  kubectl backoffice who-can pages/orders -A --back-office orders/orders -o json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePermissions(s, 0, nil),
		RunE:              w.run,
	}
	w.wanted.addTo(cmd)
	w.output.AddTo(cmd, session.Table, session.Wide, session.JSON, session.YAML, session.Name)
	cmd.Flags().StringVar(&w.office, "back-office", "", "Only users of this BackOffice: its name, with its namespace where that is another one.")
	cmd.Flags().BoolVarP(&w.everywhere, "all-namespaces", "A", false, "Users of all namespaces.")
	cmd.Flags().BoolVar(&w.all, "all", false, "Also accounts that have the permission and may not log in.")
	_ = cmd.RegisterFlagCompletionFunc("back-office", s.CompleteBackOffices) // it fails for unknown flags
	return cmd
}

func (w *whoCan) run(cmd *cobra.Command, args []string) error {
	if err := errors.Join(w.output.Validate(cmd), w.wanted.validate(cmd)); err != nil {
		return err
	}
	holders, where, err := w.holders(cmd.Context(), args[0])
	if err != nil {
		return err
	}
	if done, err := w.output.Encode(w.Out, struct {
		Items []holder `json:"items"`
	}{holders}); done {
		return err
	}
	if len(holders) == 0 {
		fmt.Fprintf(w.ErrOut, "Nobody in %s has %s %s.\n", where, args[0], w.wanted.name)
		return nil
	}
	if w.output.Format == session.Name {
		for _, h := range holders {
			fmt.Fprintf(w.Out, "backofficeuser.%s/%s\n", v1alpha1.GroupVersion.Group, h.Name)
		}
		return nil
	}
	return w.print(holders)
}

// holders are those who have the permission, and where they were looked for.
func (w *whoCan) holders(ctx context.Context, permission string) (holders []holder, where string, err error) {
	world, err := w.World()
	if err != nil {
		return nil, "", err
	}
	users, where, err := w.users(ctx, world)
	if err != nil {
		return nil, where, err
	}
	strangers := map[types.NamespacedName]string{} // what each back office says of the permission, if it does not have it
	explainer, known := explain.New(world.Gatherer(w.Clock)), len(users) == 0
	holders = []holder{}
	for _, u := range users {
		office := u.Spec.BackOfficeRef.In(u.Namespace)
		stranger, seen := strangers[office]
		if !seen {
			stranger = policy.Stranger(officeOf(ctx, world, u), permission)
			strangers[office] = stranger
		}
		if stranger != "" {
			continue
		}
		known = true
		a, err := explainer.AccountFor(ctx, u, permission)
		if err != nil {
			return nil, where, fmt.Errorf("explaining BackOfficeUser %s/%s: %w", u.Namespace, u.Name, err)
		}
		if p := of(a); w.wanted.reaches(p) && (a.InForce || w.all) {
			holders = append(holders, holderOf(a, p))
		}
	}
	if !known {
		return nil, where, fmt.Errorf("permission %s", strangers[users[0].Spec.BackOfficeRef.In(users[0].Namespace)])
	}
	return holders, where, nil
}

func holderOf(a *explain.Account, p explain.Permission) holder {
	return holder{
		Namespace: a.Namespace, Name: a.Name, Login: a.Login, AccountType: a.AccountType, BackOffice: a.BackOffice,
		InForce: a.InForce, Withheld: a.Withheld, Permission: p,
	}
}

// users are those who are asked about, and where they are.
func (w *whoCan) users(ctx context.Context, world *snapshot.World) (users []*v1alpha1.BackOfficeUser, where string, err error) {
	namespace, err := w.Namespace()
	if err != nil {
		return nil, "", err
	}
	office := types.NamespacedName{Namespace: namespace, Name: w.office}
	if first, second, found := strings.Cut(w.office, "/"); found {
		office = types.NamespacedName{Namespace: first, Name: second}
	}
	where = fmt.Sprintf("namespace %q", namespace)
	if w.everywhere {
		namespace, where = "", "any namespace"
	}
	var list v1alpha1.BackOfficeUserList
	if err := world.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, where, err
	}
	for i := range list.Items {
		u := &list.Items[i]
		if w.office == "" || u.Spec.BackOfficeRef.In(u.Namespace) == office {
			users = append(users, u)
		}
	}
	if w.office != "" {
		where += " of back office " + office.String()
	}
	return users, where, nil
}

// print writes a table.
func (w *whoCan) print(holders []holder) error {
	out := printers.GetNewTabWriter(w.Out)
	columns := w.columns(nil)
	row(out, columns)
	for i := range holders {
		row(out, w.columns(&holders[i]))
	}
	return out.Flush()
}

// columns are those of a holder; nil for their titles.
func (w *whoCan) columns(h *holder) []string {
	title := h == nil
	if title {
		h = &holder{}
	}
	var columns []string
	add := func(shown bool, name, value string) {
		switch {
		case shown && title:
			columns = append(columns, name)
		case shown:
			columns = append(columns, value)
		}
	}
	wide := w.output.Format == session.Wide
	add(w.everywhere, "NAMESPACE", h.Namespace)
	add(true, "NAME", h.Name)
	add(true, "LOGIN", h.Login)
	add(wide, "TYPE", string(h.AccountType))
	add(wide, "BACK OFFICE", h.BackOffice)
	add(true, "LEVEL", left(h.Permission))
	add(w.all, "MAY LOG IN", mayLogIn(h))
	add(true, "DATA", dataOf(h.Permission))
	add(true, "UNTIL", until(h.Permission.Until))
	add(true, "FROM", strings.Join(h.Permission.From(), "; "))
	return columns
}

func mayLogIn(h *holder) string {
	if h.InForce {
		return "yes"
	}
	return "no: " + strings.Join(h.Withheld, "; ")
}

func dataOf(p explain.Permission) string {
	if len(p.Data) == 0 {
		return "all"
	}
	return strings.Join(p.Data, "; or ")
}

func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

// row writes a row of a table. What is empty is <none>, as kubectl has it.
func row(out io.Writer, columns []string) {
	for i, c := range columns {
		if columns[i] = session.Printable(c); c == "" {
			columns[i] = "<none>"
		}
	}
	fmt.Fprintln(out, strings.Join(columns, "\t"))
}
