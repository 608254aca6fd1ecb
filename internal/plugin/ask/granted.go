// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// granted is an object behind which somebody stands.
type granted struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// BackOffice is namespace/name.
	BackOffice string `json:"backOffice"`
	// Set and Users are what a RoleBinding hands out, and to how many.
	Set   string `json:"set,omitempty"`
	Users *int   `json:"users,omitempty"`
	// Rank and RankFamily are those of a PermissionSet.
	Rank       *int32 `json:"rank,omitempty"`
	RankFamily string `json:"rankFamily,omitempty"`
	// Login is that of a BackOfficeUser.
	Login string    `json:"login,omitempty"`
	Since time.Time `json:"since"`
	// BreakGlass is true where the power came from the annotation of that name.
	BreakGlass bool   `json:"breakGlass,omitempty"`
	Ready      string `json:"ready,omitempty"`

	resource string
}

// what says what was handed out.
func (g *granted) what() string {
	switch {
	case g.Users != nil && *g.Users == 1:
		return fmt.Sprintf("set %s to 1 user", g.Set)
	case g.Users != nil:
		return fmt.Sprintf("set %s to %d users", g.Set, *g.Users)
	case g.Rank != nil:
		return fmt.Sprintf("rank %d of family %s", *g.Rank, g.RankFamily)
	case g.Login != "":
		return "login " + g.Login
	}
	return "its rules"
}

// grantedBy is one run of the command.
type grantedBy struct {
	*session.Session
	output     session.Output
	everywhere bool
}

// GrantedBy is the command granted-by.
func GrantedBy(s *session.Session) *cobra.Command {
	g := &grantedBy{Session: s}
	cmd := &cobra.Command{
		Use:   "granted-by WHO",
		Short: "Tell what somebody has handed out that is still there",
		Long: `Tell what somebody has handed out that is still there: the bindings, sets, users and back offices whose admission stamp names them, and since when.

WHO is the name of a Kubernetes user; a ServiceAccount is system:serviceaccount:NAMESPACE:NAME. The stamp names who last changed what an object says:
what somebody else has changed since is theirs. Of a PermissionSet it says when its rank was set. An object whose stamp does not fit is nobody's. What is
gone is in audit_log of the store alone.`,
		Example: `  # What somebody of the name admin has handed out
  kubectl backoffice granted-by admin -n orders

  # What Argo CD has, in all namespaces, and where somebody broke the glass
  kubectl backoffice granted-by system:serviceaccount:argocd:argocd-application-controller -A -o wide`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: g.complete,
		RunE:              g.run,
	}
	g.output.AddTo(cmd, session.Table, session.Wide, session.JSON, session.YAML, session.Name)
	cmd.Flags().BoolVarP(&g.everywhere, "all-namespaces", "A", false, "Objects of all namespaces.")
	return cmd
}

func (g *grantedBy) run(cmd *cobra.Command, args []string) error {
	if err := g.output.Validate(cmd); err != nil {
		return err
	}
	namespace, err := g.Namespace()
	if err != nil {
		return err
	}
	where := fmt.Sprintf("namespace %q", namespace)
	if g.everywhere {
		namespace, where = "", "any namespace"
	}
	found, err := g.find(cmd.Context(), args[0], namespace)
	if err != nil {
		return err
	}
	if done, err := g.output.Encode(g.Out, struct {
		Items []granted `json:"items"`
	}{found}); done {
		return err
	}
	if len(found) == 0 {
		fmt.Fprintf(g.ErrOut, "Nobody of the name %q stands behind anything in %s. A ServiceAccount is system:serviceaccount:NAMESPACE:NAME.\n", args[0], where)
		return nil
	}
	return g.print(found)
}

// kinds are lists of the kinds that are handed out, by what kubectl calls them.
func kinds() []client.ObjectList {
	return []client.ObjectList{&v1alpha1.RoleBindingList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.BackOfficeUserList{}, &v1alpha1.BackOfficeList{}}
}

// find returns the objects of a namespace behind which somebody stands, kind by kind; an empty namespace is all of them.
func (g *grantedBy) find(ctx context.Context, who, namespace string) ([]granted, error) {
	world, err := g.World()
	if err != nil {
		return nil, err
	}
	found, gatherer := []granted{}, world.Gatherer(g.Clock)
	for _, list := range kinds() {
		if err := world.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, err
		}
		if err := meta.EachListItem(list, func(o runtime.Object) error {
			object := o.(client.Object)
			s, fits := stamp.Fitting(object)
			if !fits || s.User != who {
				return nil
			}
			one, err := grantedOf(ctx, gatherer, object)
			one.Since, one.BreakGlass = time.UnixMilli(s.At).UTC(), s.BreakGlass
			found = append(found, one)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// grantedOf is what an object says.
func grantedOf(ctx context.Context, g gather.Gatherer, o client.Object) (granted, error) {
	one := granted{Namespace: o.GetNamespace(), Name: o.GetName()}
	var ref v1alpha1.BackOfficeReference
	switch o := o.(type) {
	case *v1alpha1.RoleBinding:
		users, _, err := g.SubjectsOf(ctx, o)
		if err != nil {
			return one, err
		}
		count := len(users)
		ref, one.Kind, one.resource, one.Users = o.Spec.BackOfficeRef, "RoleBinding", "rolebinding", &count
		one.Set = strings.TrimPrefix(o.Spec.PermissionSetRef.In(o.Namespace).String(), o.Namespace+"/")
	case *v1alpha1.PermissionSet:
		rank := o.EffectiveRank()
		ref, one.Kind, one.resource, one.Rank, one.RankFamily = o.Spec.BackOfficeRef, "PermissionSet", "permissionset", &rank, o.EffectiveFamily()
	case *v1alpha1.BackOfficeUser:
		ref, one.Kind, one.resource, one.Login = o.Spec.BackOfficeRef, "BackOfficeUser", "backofficeuser", o.EffectiveLogin()
	case *v1alpha1.BackOffice:
		ref, one.Kind, one.resource = v1alpha1.BackOfficeReference{Name: o.Name}, "BackOffice", "backoffice"
	}
	one.BackOffice = ref.In(o.GetNamespace()).String()
	conditions := *o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions()
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		one.Ready = string(ready.Status)
	}
	return one, nil
}

// print writes a table, or names.
func (g *grantedBy) print(found []granted) error {
	out := printers.GetNewTabWriter(g.Out)
	line := func(namespace string, columns []string, wide ...string) {
		if g.everywhere {
			columns = append([]string{namespace}, columns...)
		}
		if g.output.Format == session.Wide {
			columns = append(columns, wide...)
		}
		row(out, columns)
	}
	if g.output.Format != session.Name {
		line("NAMESPACE", []string{"KIND", "NAME", "WHAT", "SINCE"}, "BACK OFFICE", "READY", "BREAK GLASS")
	}
	for i := range found {
		one := &found[i]
		if g.output.Format == session.Name {
			fmt.Fprintf(g.Out, "%s.%s/%s\n", one.resource, v1alpha1.GroupVersion.Group, one.Name)
			continue
		}
		glass := "no"
		if one.BreakGlass {
			glass = "yes"
		}
		line(one.Namespace, []string{one.Kind, one.Name, one.what(), one.Since.Format(time.RFC3339)}, one.BackOffice, one.Ready, glass)
	}
	return out.Flush()
}

// complete offers those who stand behind something in the namespace.
func (g *grantedBy) complete(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, list := range kinds() {
		g.Offer(cmd.Context(), list)
		_ = meta.EachListItem(list, func(o runtime.Object) error { // it does not fail
			if s, fits := stamp.Fitting(o.(client.Object)); fits && strings.HasPrefix(s.User, prefix) {
				names = append(names, s.User)
			}
			return nil
		})
	}
	slices.SortFunc(names, cmp.Compare[string])
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}
