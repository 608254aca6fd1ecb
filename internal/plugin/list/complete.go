// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// addCompletions has the shell complete values of flags.
func (o *options) addCompletions(cmd *cobra.Command) {
	for flag, values := range map[string]cobra.CompletionFunc{
		"state":       cobra.FixedCompletions(states, cobra.ShellCompDirectiveNoFileComp),
		"type":        cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp),
		"role":        o.completeRole,
		"back-office": o.session.CompleteBackOffices,
		"channel":     o.ofDimensions(func(d v1alpha1.FilterDimension) (prefix string, is bool) { return "", d.Name == channels }),
		"filter":      o.ofDimensions(func(d v1alpha1.FilterDimension) (prefix string, is bool) { return d.Name + "=", true }),
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, values) // it fails for unknown flags
	}
}

// completeRole offers the sets of the namespace.
func (o *options) completeRole(cmd *cobra.Command, _ []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	var sets v1alpha1.PermissionSetList
	o.session.Offer(cmd.Context(), &sets)
	for _, s := range sets.Items {
		if strings.HasPrefix(s.Name, begun) {
			found = append(found, cobra.CompletionWithDesc(s.Name, s.Spec.DisplayName))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// ofDimensions offers the values of dimensions, behind a prefix.
func (o *options) ofDimensions(of func(v1alpha1.FilterDimension) (prefix string, is bool)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
		var offices v1alpha1.BackOfficeList
		o.session.Offer(cmd.Context(), &offices)
		for _, office := range offices.Items {
			for _, d := range office.Spec.FilterDimensions {
				prefix, is := of(d)
				for _, value := range d.Values {
					if is && strings.HasPrefix(prefix+value, begun) {
						found = append(found, prefix+value)
					}
				}
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}
