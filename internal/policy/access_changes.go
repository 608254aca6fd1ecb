// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// Holding is what somebody has, at whatever time it is in force.
type Holding struct {
	Content access.Content
	// Data are the filters that narrow it, as texts: see [DataOf].
	Data []string
	// Account is empty where there is none that may log in, else what it is, such as "an account of type Staff".
	Account string
}

// AccessChange is what a change does to what somebody has.
type AccessChange struct {
	// Who has it, such as "user shop/ann".
	Who           string
	Before, After Holding
}

// AccessChanges tells what a change gives and takes, as warnings: nothing where it does neither. Those to whom it does the same are named
// together; more says how many others it also concerns, whom nobody looked at.
func AccessChanges(changes []AccessChange, more int) []Violation {
	var lines []string
	named := map[string][]string{}
	for _, c := range changes {
		for _, line := range c.lines() {
			if len(named[line]) == 0 {
				lines = append(lines, line)
			}
			named[line] = append(named[line], c.Who)
		}
	}
	var violations []Violation
	for _, line := range lines {
		who := listed(named[line])
		if more > 0 {
			who += fmt.Sprintf(" (and %d more users that were not looked at)", more)
		}
		violations = append(violations, Violation{
			Rule: "AccessChanges", Severity: Warn, Reason: v1alpha1.ReasonAccessChanges, Field: field.NewPath("spec"), Kind: field.ErrorTypeForbidden,
			Message: bounded(strings.Replace(line, somebody, who, 1)),
		})
	}
	return violations
}

// somebody stands in a line for who has it.
const somebody = "\x00"

// lines tell the change, without saying whose it is.
func (c AccessChange) lines() []string {
	var lines []string
	add := func(format string, items ...string) {
		if len(items) > 0 {
			lines = append(lines, fmt.Sprintf(format, somebody, listed(items)))
		}
	}
	if c.Before.Account != c.After.Account {
		add("would take away from %s: %s", present(c.Before.Account)...)
		add("would give %s: %s", present(c.After.Account)...)
	}
	add("would give %s: %s", raised(c.Before.Content, c.After.Content)...)
	add("would take away from %s: %s", raised(c.After.Content, c.Before.Content)...)
	if c.Before.Account != "" && c.After.Account != "" && !slices.Equal(c.Before.Data, c.After.Data) {
		lines = append(lines, fmt.Sprintf("would change the data of %s: from %s to %s", somebody, data(c.Before.Data), data(c.After.Data)))
	} else if c.Before.Account == "" && len(c.After.Data) > 0 {
		lines = append(lines, fmt.Sprintf("would narrow the data of %s: to %s", somebody, data(c.After.Data)))
	}
	return lines
}

func present(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func data(filters []string) string {
	if len(filters) == 0 {
		return "all"
	}
	return listed(filters)
}

// raised are the paths whose level is higher after than before, with that level.
func raised(before, after access.Content) []string {
	var entries []access.Entry
	for _, e := range access.ContentOf(slices.Concat(before, after)...) {
		if level := after.At(e.Path); level > before.At(e.Path) {
			entries = append(entries, access.Entry{Path: e.Path, Level: level})
		}
	}
	return texts(entries)
}

// DataOf are filters as texts.
func DataOf(filters []access.Filter) []string {
	var all []string
	for _, f := range filters {
		parts := []string{f.Dimension, string(f.Mode)}
		for _, list := range []struct {
			what  string
			items []string
		}{{"", f.Values}, {"groups ", f.Groups}, {"tags ", f.Tags}} {
			if len(list.items) > 0 {
				parts = append(parts, list.what+"["+listed(list.items)+"]")
			}
		}
		if f.ReadOnly {
			parts = append(parts, "read-only")
		}
		all = append(all, strings.Join(parts, " "))
	}
	slices.Sort(all)
	return all
}
