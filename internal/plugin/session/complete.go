// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

const (
	// completionTime is for how long somebody waits for a list of names.
	completionTime = 3 * time.Second
	// completions is how many names are offered at most.
	completions = 500
)

// CompleteUsers offers the names of users of the namespace that are not among the arguments yet, as long as there are fewer than most; 0: any number. Who
// may not list users gets no offer.
func (s *Session) CompleteUsers(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var users v1alpha1.BackOfficeUserList
		s.Offer(cmd.Context(), &users)
		var names []cobra.Completion
		for _, u := range users.Items {
			if strings.HasPrefix(u.Name, prefix) && !slices.Contains(args, u.Name) {
				names = append(names, u.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteBackOffices offers the names of the back offices of the namespace.
func (s *Session) CompleteBackOffices(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var offices v1alpha1.BackOfficeList
	s.Offer(cmd.Context(), &offices)
	var names []cobra.Completion
	for _, o := range offices.Items {
		if strings.HasPrefix(o.Name, prefix) {
			names = append(names, o.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// Offer reads objects of the namespace, and none where that fails or takes too long.
func (s *Session) Offer(ctx context.Context, list client.ObjectList) {
	namespace, err := s.Namespace()
	if err != nil {
		return
	}
	c, err := s.Client()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	_ = c.List(ctx, list, client.InNamespace(namespace), client.Limit(completions)) // nothing to offer then
}
