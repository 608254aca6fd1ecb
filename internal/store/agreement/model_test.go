// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// seen counts what chance has made, and what the model says of it.
type seen map[string]int

// rows are what the views have to say of the world at a time, by view.
func (w world) rows(now time.Time, seen seen) map[string][]string {
	rows := map[string][]string{}
	for _, u := range w.users {
		seen["users"]++
		if !u.active() {
			seen["users who may not log in"]++
			continue
		}
		current, previous := w.valid(u.passwords)
		seen.passwords(u.passwords, current, previous)
		rows["active_users"] = append(rows["active_users"],
			row(u.Login, u.AccountType, w.twoFactor(), settings(u.Settings), list(u.Networks), current, previous))
		if u.fate == store.Orphan {
			seen["orphans who may log in"]++
		}
		grants := w.grants(u.User, now, seen)
		content, _ := w.sets.Effective(grants, now)
		asked := w.asked(content)
		for _, path := range asked {
			level := content.At(path)
			seen["level "+level.String()]++
			rows["effective_permissions"] = append(rows["effective_permissions"], row(u.Login, path, level.String()))
		}
		for _, part := range w.sets.Parts(filtersOf(u.Filters), grants, now) {
			for _, path := range asked {
				rows["effective_filters"] = append(rows["effective_filters"], w.data(u.User, part, path, seen)...)
			}
		}
	}
	return rows
}

// active tells whether the account may log in. An orphan is left as it is.
func (a account) active() bool {
	return a.State == store.StateActive && !a.Held && a.InForce && (a.fate == "" || a.fate == store.Orphan)
}

// twoFactor is what the office says, also about orphans.
func (w world) twoFactor() string {
	if w.office.TwoFactorRequired {
		return "Required"
	}
	return "Optional"
}

// grants are those of the bindings that are in force for a user.
func (w world) grants(u store.User, now time.Time, seen seen) []access.Grant {
	var grants []access.Grant
	for _, b := range w.bindings {
		if !holds(u, b) {
			continue
		}
		if !b.InForce {
			seen["withheld bindings"]++
			continue
		}
		if now.Before(b.NotBefore) {
			seen["bindings to come"]++
		} else if !b.ExpiresAt.IsZero() && !now.Before(b.ExpiresAt) {
			seen["bindings that are over"]++
		}
		grants = append(grants, access.Grant{
			Name: b.UID, Set: b.PermissionSetUID, Rights: access.Rights{Gives: contentOf(b.Grants), Deny: b.Deny},
			Filters: filtersOf(b.Filters), NotBefore: b.NotBefore, ExpiresAt: b.ExpiresAt,
		})
	}
	permitted := w.sets.For(u.AccountType, grants)
	seen["grants"] += len(permitted)
	seen["grants to other account types"] += len(grants) - len(permitted)
	for _, g := range permitted {
		seen["denials"] += len(g.Deny) + len(w.sets.Inherited(g.Set).Deny)
		if slices.ContainsFunc(w.sets.Ancestors(g.Set), func(id string) bool { return w.sets[id].Withheld }) {
			seen["grants of withheld sets"]++
		}
		if len(w.sets.Ancestors(g.Set)) > 2 {
			seen["grants of sets that inherit over several steps"]++
		}
	}
	return permitted
}

// asked are the paths that are listed: the leaves of a closed catalogue of which somebody says something, else all that are mentioned.
func (w world) asked(content access.Content) []string {
	var asked []string
	if len(w.office.Catalog) == 0 {
		for _, e := range content {
			asked = append(asked, e.Path)
		}
		return asked
	}
	for _, leaf := range w.office.Catalog {
		if slices.ContainsFunc(content, func(e access.Entry) bool { return leaf == e.Path || strings.HasPrefix(leaf, e.Path+"/") }) {
			asked = append(asked, leaf)
		}
	}
	return asked
}

// data are the rows of one path of one grant.
func (w world) data(u store.User, part access.Part, path string, seen seen) []string {
	level := part.Content.At(path)
	if level == access.None {
		return nil
	}
	seen["data"]++
	i := slices.IndexFunc(w.bindings, func(b store.RoleBinding) bool { return b.UID == part.Grant })
	filters := records(part.Filters, slices.Concat(u.Filters, w.bindings[i].Filters))
	seen["bypassed filters"] += len(u.Filters) + len(w.bindings[i].Filters) - len(filters)
	for _, dimension := range w.office.Dimensions {
		if !slices.ContainsFunc(filters, func(f store.Filter) bool { return f.Dimension == dimension }) {
			seen["open dimensions"]++
			filters = append(filters, store.Filter{Dimension: dimension, Mode: "All", Access: "ReadWrite"})
		}
	}
	var rows []string
	for _, f := range filters {
		seen["mode "+f.Mode]++
		seen["access "+f.Access]++
		if f.Default != "" {
			seen["defaults"]++
		}
		rows = append(rows, row(u.Login, path, level.String(), part.Grant, f.Dimension, f.Mode, f.Access, f.Default, list(f.Values), list(f.Groups), list(f.Tags)))
	}
	return rows
}

func filtersOf(filters []store.Filter) []access.Filter {
	var list []access.Filter
	for _, f := range filters {
		list = append(list, access.Filter{
			Dimension: f.Dimension, Mode: access.FilterMode(f.Mode), ReadOnly: f.Access == "ReadOnly", Values: f.Values, Groups: f.Groups, Tags: f.Tags,
		})
	}
	return list
}

// records finds those that the model left, in their order: it keeps no defaults.
func records(left []access.Filter, all []store.Filter) []store.Filter {
	var found []store.Filter
	for _, r := range all {
		if len(left) > 0 && fmt.Sprint(filtersOf([]store.Filter{r})[0]) == fmt.Sprint(left[0]) {
			found, left = append(found, r), left[1:]
		}
	}
	return found
}

// The texts of rows, as the databases' are made.

func row(cells ...string) string { return fmt.Sprintf("%q", cells) }

func list(texts []string) string {
	if len(texts) == 0 {
		return "[]"
	}
	return text(texts)
}

func settings(list []store.Setting) string {
	object := map[string]string{}
	for _, s := range list {
		object[s.Name] = s.Value
	}
	return text(object)
}

func text(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// compacted is a text of JSON as text writes it.
func compacted(cell string) string {
	var value any
	if err := json.Unmarshal([]byte(cell), &value); err != nil {
		return cell
	}
	return text(value)
}
