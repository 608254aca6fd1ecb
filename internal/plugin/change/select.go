// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// selection is which users a command is for.
type selection struct {
	selector string
	all, yes bool
}

func (l *selection) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&l.selector, "selector", "l", "", "Selects users of the namespace by their labels, such as team=support.")
}

// addAllTo gives a command the flags for all users of the namespace.
func (l *selection) addAllTo(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.all, "all", false, "All users of the namespace. It asks before it does anything.")
	cmd.Flags().BoolVarP(&l.yes, "yes", "y", false, "Do not ask.")
}

// validate demands one way to say which users.
func (l *selection) validate(cmd *cobra.Command, args []string) error {
	ways := 0
	for _, given := range []bool{len(args) > 0, l.selector != "", l.all} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 0:
		return session.UsageError(cmd, "no user is named: give names, or --selector")
	case ways > 1:
		return session.UsageError(cmd, "names, --selector and --all exclude each other: give one of them")
	}
	if _, err := labels.Parse(l.selector); err != nil {
		return session.UsageError(cmd, "--selector %q cannot be read: %v", l.selector, err)
	}
	return nil
}

// page is how many users are read at once.
const page = 500

// find returns the names of the users, each once, and those that had to be read for that.
func (l *selection) find(ctx context.Context, c client.Client, namespace string, args []string) (
	names []client.ObjectKey, known map[client.ObjectKey]*v1alpha1.BackOfficeUser, err error,
) {
	known = map[client.ObjectKey]*v1alpha1.BackOfficeUser{}
	for _, name := range args {
		if key := (client.ObjectKey{Namespace: namespace, Name: name}); !slices.Contains(names, key) {
			names = append(names, key)
		}
	}
	if len(args) > 0 {
		return names, known, nil
	}
	selector, err := labels.Parse(l.selector)
	if err != nil {
		return nil, nil, err
	}
	err = eachUser(ctx, c, func(u *v1alpha1.BackOfficeUser) {
		key := client.ObjectKeyFromObject(u)
		names, known[key] = append(names, key), u
	}, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector})
	return names, known, err
}

// eachUser reads users page by page.
func eachUser(ctx context.Context, c client.Reader, visit func(*v1alpha1.BackOfficeUser), opts ...client.ListOption) error {
	for token := ""; ; {
		var users v1alpha1.BackOfficeUserList
		if err := c.List(ctx, &users, append(opts, client.Limit(page), client.Continue(token))...); err != nil {
			return fmt.Errorf("listing users: %w", err)
		}
		for i := range users.Items {
			visit(&users.Items[i])
		}
		if token = users.Continue; token == "" {
			return nil
		}
	}
}
