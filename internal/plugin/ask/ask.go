// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package ask answers who may do what.
package ask

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// level is the flag --level.
type level struct{ name string }

func (l *level) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.name, "level", string(v1alpha1.LevelRead), "How much of the permission is asked for: Read or Write.")
	_ = cmd.RegisterFlagCompletionFunc("level", // it fails for unknown flags
		cobra.FixedCompletions([]string{string(v1alpha1.LevelRead), string(v1alpha1.LevelWrite)}, cobra.ShellCompDirectiveNoFileComp))
}

func (l *level) validate(cmd *cobra.Command) error {
	if l.name == string(v1alpha1.LevelRead) || l.name == string(v1alpha1.LevelWrite) {
		return nil
	}
	return session.UsageError(cmd, "--level must be Read or Write, not %q", l.name)
}

// of is the permission that was asked for, as far as anything is said of it.
func of(a *explain.Account) explain.Permission {
	if len(a.Permissions) == 0 {
		return explain.Permission{Level: access.None.String()}
	}
	return a.Permissions[0]
}

// reaches tells whether a permission is enough on some data at least: filters may leave less than its level.
func (l *level) reaches(p explain.Permission) bool {
	return access.LevelOf(left(p)) >= access.LevelOf(l.name)
}

// left is what filters leave of a permission's level.
func left(p explain.Permission) string {
	if p.LeftByFilters != "" {
		return p.LeftByFilters
	}
	return p.Level
}

// completePermissions offers the permissions of the closed catalogues of the namespace's back offices, after so many other arguments.
func completePermissions(s *session.Session, after int, others cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) < after && others != nil {
			return others(cmd, args, prefix)
		}
		if len(args) > after {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return permissions(cmd.Context(), s, prefix), cobra.ShellCompDirectiveNoFileComp
	}
}

// permissions are those of the catalogues that begin with a text; none where they cannot be read.
func permissions(ctx context.Context, s *session.Session, prefix string) []cobra.Completion {
	var offices v1alpha1.BackOfficeList
	s.Offer(ctx, &offices)
	var offered []cobra.Completion
	for _, o := range offices.Items {
		for _, path := range o.Spec.PermissionCatalog {
			if strings.HasPrefix(path, prefix) && !slices.Contains(offered, path) {
				offered = append(offered, path)
			}
		}
	}
	return offered
}

// officeOf reads the BackOffice of a user; nil where it does not exist, or may not be read.
func officeOf(ctx context.Context, r client.Reader, u *v1alpha1.BackOfficeUser) *v1alpha1.BackOffice {
	office := &v1alpha1.BackOffice{}
	if err := r.Get(ctx, u.Spec.BackOfficeRef.In(u.Namespace), office); err != nil {
		return nil
	}
	return office
}
