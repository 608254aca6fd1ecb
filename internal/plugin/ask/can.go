// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// no is the status with which can-i ends where the answer is no.
const no session.Exit = 1

// CanI is the command can-i.
func CanI(s *session.Session) *cobra.Command {
	var wanted level
	var quiet bool
	cmd := &cobra.Command{
		Use:   "can-i USER PERMISSION",
		Short: "Tell whether a user has a permission now, and why",
		Long: `Tell whether a user has a permission now, and why: the sets and bindings that give or deny it, the data that it is narrowed to, or what keeps the
account from logging in.

The answer is the exit status, too: 0 is yes, 1 is no or that it could not be told, which then is said as an error. With a closed catalogue the permission has
to be in it, or above something that is.`,
		Example: `  # May Lea read orders?
  kubectl backoffice can-i lea ROLE_ORDER_READ -n orders

  # May she write them?
  kubectl backoffice can-i lea ROLE_ORDER_WRITE --level Write -n orders

  # In a script
  kubectl backoffice can-i omar pages/users -n orders -q || echo no`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completePermissions(s, 1, s.CompleteUsers(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := wanted.validate(cmd); err != nil {
				return err
			}
			a, err := asked(cmd, s, args[0], args[1])
			if err != nil {
				return err
			}
			yes, lines := answer(a, wanted)
			if !quiet {
				for _, line := range lines {
					fmt.Fprintln(s.Out, session.Printable(line))
				}
			}
			if !yes {
				return no
			}
			return nil
		},
	}
	wanted.addTo(cmd)
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "Print nothing: the exit status is the answer.")
	return cmd
}

// asked explains a user as far as a permission is concerned that its back office has.
func asked(cmd *cobra.Command, s *session.Session, name, permission string) (*explain.Account, error) {
	world, err := s.World()
	if err != nil {
		return nil, err
	}
	u, err := s.User(cmd.Context(), world, name)
	if err != nil {
		return nil, err
	}
	if stranger := policy.Stranger(officeOf(cmd.Context(), world, u), permission); stranger != "" {
		return nil, fmt.Errorf("permission %s", stranger)
	}
	return explain.New(world.Gatherer(s.Clock)).AccountFor(cmd.Context(), u, permission)
}

// answer says yes or no, and below it why.
func answer(a *explain.Account, wanted level) (yes bool, lines []string) {
	p := of(a)
	switch {
	case !a.InForce:
		lines = []string{"no: the account may not log in"}
		for _, why := range a.Withheld {
			lines = append(lines, "  "+why)
		}
		return false, lines
	case wanted.reaches(p):
		lines = []string{"yes: " + p.Level}
		if p.LeftByFilters != "" {
			lines[0] += ", of which filters leave " + p.LeftByFilters
		}
		for i, data := range p.Data {
			lines = append(lines, "  "+map[bool]string{true: "on ", false: "or on "}[i == 0]+data)
		}
		yes = true
	case denied(p):
		lines = []string{"no: it is denied"}
	case p.LeftByFilters != "":
		lines = []string{fmt.Sprintf("no: %s, of which filters leave %s", p.Level, p.LeftByFilters)}
		for _, data := range p.Data {
			lines = append(lines, "  on "+data)
		}
	case len(p.Sources) == 0:
		lines = []string{"no: nothing gives it"}
	default:
		lines = []string{"no: " + p.Level}
	}
	for _, from := range p.From() {
		lines = append(lines, "  "+from)
	}
	if p.Until != nil {
		lines = append(lines, "  until "+p.Until.Format(time.RFC3339))
	}
	if !yes {
		lines = append(lines, notInForce(a)...)
	}
	return yes, lines
}

// notInForce tells of bindings that give nothing now.
func notInForce(a *explain.Account) []string {
	var lines []string
	for _, b := range a.Bindings {
		if !b.InForce && len(b.Withheld) > 0 {
			lines = append(lines, fmt.Sprintf("  binding %s of set %s is not in force: %s", b.Name, b.Set, strings.Join(b.Withheld, "; ")))
		}
	}
	return lines
}

func denied(p explain.Permission) bool {
	for _, s := range p.Sources {
		if s.Decides && s.Kind == explain.FromDeny {
			return true
		}
	}
	return false
}
