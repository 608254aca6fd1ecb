// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// channels is the dimension of the flag --channel.
const channels = "sales-channels"

// anyReason is what the flag --not-ready has without a value.
const anyReason = "any"

var (
	states = []string{string(v1alpha1.StateActive), string(v1alpha1.StateBlocked), string(v1alpha1.StateDeactivated)}
	kinds  = []string{
		string(v1alpha1.AccountStaff), string(v1alpha1.AccountAdministrator), string(v1alpha1.AccountAffiliate),
		string(v1alpha1.AccountStoreApp), string(v1alpha1.AccountAPI),
	}
)

// options are the flags, and what becomes of them.
type options struct {
	session *session.Session
	output  session.Output

	text                               string
	states, types                      []string
	deactivated, held, rotationOverdue bool
	role, channel                      string
	filters                            []string
	expiresBefore, notReady            string
	selector, backOffice               string
	allNamespaces, noHeaders           bool
	chunk                              int64

	// namespace is empty for all of them.
	namespace string
	labels    labels.Selector
	// data is of which dimension and value somebody has to see data, and expiry before when access has to end.
	data   [][2]string
	expiry time.Time
}

func (o *options) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&o.states, "state", nil, "Only users in one of these states, by what is in force: "+strings.Join(states, ", ")+".")
	flags.BoolVar(&o.deactivated, "deactivated", false, "Only deactivated users: the same as --state Deactivated.")
	flags.BoolVar(&o.held, "held", false, "Only users whom the annotation hold blocks.")
	flags.StringSliceVar(&o.types, "type", nil, "Only accounts of one of these types: "+strings.Join(kinds, ", ")+".")
	flags.StringVar(&o.role, "role", "", "Only users who hold this permission set by a binding that is in force. It is named by its object's name, "+
		"by namespace/name, by its key or by the name that is displayed.")
	flags.StringVar(&o.channel, "channel", "", "Only users who may see data of this sales channel: the same as --filter "+channels+"=VALUE.")
	flags.StringArrayVar(&o.filters, "filter", nil, "Only users who may see data of a dimension's value, by their own filters: `DIMENSION=VALUE`. "+
		"Whom nothing narrows in that dimension may. A value may be that of a group. It may be given several times.")
	flags.StringVar(&o.expiresBefore, "expires-before", "", "Only users for whom a binding ends from now on and before this `moment`: RFC 3339, a date "+
		"(its begin in UTC), or a time from now such as 30d, 2w or 72h.")
	flags.BoolVar(&o.rotationOverdue, "rotation-overdue", false, "Only users whose password should have been rotated by now.")
	flags.StringVar(&o.notReady, "not-ready", "", "Only users who are not ready; with =`REASON`, those of whom a condition has this reason, such as "+
		"--not-ready=Adopted.")
	flags.Lookup("not-ready").NoOptDefVal = anyReason
	flags.StringVarP(&o.selector, "selector", "l", "", "Only users whose labels match this selector.")
	flags.StringVar(&o.backOffice, "back-office", "", "Only users of this BackOffice: its name, or namespace/name where it is in another namespace.")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "List users of all namespaces.")
	flags.Int64Var(&o.chunk, "chunk-size", 500, "How many users are asked for at once.")
	flags.BoolVar(&o.noHeaders, "no-headers", false, "Print no line with the names of the columns.")
	o.output.AddTo(cmd, session.Table, session.Wide, session.JSON, session.YAML, session.Name)
	o.addCompletions(cmd)
}

// validate reads the flags.
func (o *options) validate(cmd *cobra.Command) (err error) {
	if o.deactivated {
		o.states = append(o.states, string(v1alpha1.StateDeactivated))
	}
	if o.states, err = members(cmd, "state", o.states, states); err != nil {
		return err
	}
	if o.types, err = members(cmd, "type", o.types, kinds); err != nil {
		return err
	}
	if o.chunk < 1 {
		return session.UsageError(cmd, "--chunk-size must be 1 or more, not %d", o.chunk)
	}
	if o.labels, err = labels.Parse(o.selector); err != nil {
		return session.UsageError(cmd, "--selector: %s", err)
	}
	if o.expiresBefore != "" {
		if o.expiry, err = moment(o.expiresBefore, o.session.Clock.Now()); err != nil {
			return session.UsageError(cmd, "--expires-before %s", err)
		}
	}
	if o.channel != "" {
		o.data = append(o.data, [2]string{channels, o.channel})
	}
	for _, f := range o.filters {
		dimension, value, ok := strings.Cut(f, "=")
		if !ok || dimension == "" || value == "" {
			return session.UsageError(cmd, "--filter must be DIMENSION=VALUE, such as %s=web, not %q", channels, f)
		}
		o.data = append(o.data, [2]string{dimension, value})
	}
	return nil
}

// members are the given values of an enumeration, each once and written as there.
func members(cmd *cobra.Command, flag string, given, all []string) ([]string, error) {
	var found []string
	for _, value := range given {
		i := slices.IndexFunc(all, func(s string) bool { return strings.EqualFold(s, strings.TrimSpace(value)) })
		if i < 0 {
			return nil, session.UsageError(cmd, "--%s has no %q, use %s", flag, value, strings.Join(all, ", "))
		}
		if !has(found, all[i]) {
			found = append(found, all[i])
		}
	}
	return found, nil
}

func has(list []string, s string) bool { return slices.Contains(list, s) }
