// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"slices"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
)

// What the rows of a table are.
const (
	roles = "roles"
	users = "users"
)

// Table is who has what of a back office. It has no personal data.
type Table struct {
	BackOffice string    `json:"backOffice"` // namespace/name
	Rows       string    `json:"rows"`       // roles or users
	At         time.Time `json:"at"`         // the moment that it is about
	// Only are the flags that left something out.
	Only []string `json:"only,omitempty"`
	// Permissions are the columns: with a closed catalogue its leaves in its order, else all paths that somebody mentions. Those with the same first
	// part stand together.
	Permissions []string `json:"permissions"`
	Items       []Row    `json:"items"`
}

// Row is what a role or a user has.
type Row struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Key is that of the role in the store, or the login of the user.
	Key         string   `json:"key"`
	DisplayName string   `json:"displayName,omitempty"`
	Family      string   `json:"family,omitempty"` // of a role, as is Rank
	Rank        *int32   `json:"rank,omitempty"`
	Types       []string `json:"accountTypes,omitempty"` // those that may hold the role, empty for all; the user's
	State       string   `json:"state,omitempty"`        // of a user
	Roles       []string `json:"roles,omitempty"`        // keys of the roles that a user holds and that are in force
	// InForce is false for a role that gives nothing, and for an account that may not log in, and Withheld says why, a sentence each.
	InForce  bool     `json:"inForce"`
	Withheld []string `json:"withheld,omitempty"`
	// Counts say how many of the permissions the row has.
	Counts Counts `json:"counts"`
	// Cells are in the order of the permissions.
	Cells []Cell `json:"cells"`

	labels map[string]string
	given  access.Content // of a role, before columns are known
	denied []string
	told   map[string]Cell // of a user, likewise
}

// Counts are the numbers of permissions that a row has by level; None counts what is denied, too.
type Counts struct {
	Write int `json:"write"`
	Read  int `json:"read"`
	None  int `json:"none"`
}

// Cell is what a row has of one permission.
type Cell struct {
	Permission string `json:"permission"`
	Level      string `json:"level"` // Write, Read or None
	// Denied tells a permission that is kept away, whatever else gives it, from one that is not given.
	Denied bool `json:"denied,omitempty"`
	// Granted is the level before filters, where these leave less on whatever data.
	Granted string `json:"granted,omitempty"`
	// Data is what narrows it; empty is all data.
	Data []string `json:"data,omitempty"`
	// Until is when the level becomes another one.
	Until *time.Time `json:"until,omitempty"`
}

// Given is how many of the permissions the row has.
func (c Counts) Given() int { return c.Write + c.Read }

// Letter is the cell in one character.
func (c Cell) Letter() string {
	switch {
	case c.Denied:
		return "x"
	case c.Level == access.Write.String():
		return "W"
	case c.Level == access.Read.String():
		return "R"
	}
	return "-"
}

// Word is the cell in one word.
func (c Cell) Word() string {
	if c.Denied {
		return "Denied"
	}
	return c.Level
}

// fill makes the cells of all rows.
func (t *Table) fill() {
	for i := range t.Items {
		row := &t.Items[i]
		row.Cells, row.Counts = make([]Cell, 0, len(t.Permissions)), Counts{}
		for _, path := range t.Permissions {
			cell := row.at(path)
			switch cell.Level {
			case access.Write.String():
				row.Counts.Write++
			case access.Read.String():
				row.Counts.Read++
			default:
				row.Counts.None++
			}
			row.Cells = append(row.Cells, cell)
		}
	}
}

// at is what the row has of a path.
func (r Row) at(path string) Cell {
	if r.told != nil {
		if cell, told := r.told[path]; told {
			return cell
		}
		return Cell{Permission: path, Level: access.None.String()}
	}
	if covered(path, r.denied) {
		return Cell{Permission: path, Level: access.None.String(), Denied: true}
	}
	return Cell{Permission: path, Level: r.given.At(path).String()}
}

// mentioned are the paths that the row says something of.
func (r Row) mentioned() []string {
	paths := slices.Clone(r.denied)
	for _, e := range r.given {
		paths = append(paths, e.Path)
	}
	for path := range r.told {
		paths = append(paths, path)
	}
	return paths
}

// covered tells whether one of the paths is this one or above it.
func covered(path string, by []string) bool {
	return slices.ContainsFunc(by, func(above string) bool { return path == above || strings.HasPrefix(path, above+"/") })
}

// columns are the permissions of the table, as far as they are at or below one of the paths; no paths are all.
func columns(office *v1alpha1.BackOffice, rows []Row, paths []string) []string {
	var all []string
	if office != nil {
		leaves := desired.Leaves(office.Spec.PermissionCatalog)
		all = slices.DeleteFunc(slices.Clone(office.Spec.PermissionCatalog), func(path string) bool { return !slices.Contains(leaves, path) })
	}
	if len(all) == 0 {
		for _, row := range rows {
			all = append(all, row.mentioned()...)
		}
		slices.Sort(all)
		all = slices.Compact(all)
	}
	if len(paths) > 0 {
		all = slices.DeleteFunc(all, func(path string) bool { return !covered(path, paths) })
	}
	return together(all)
}

// together has paths with the same first part stand together, where the first of them does.
func together(paths []string) []string {
	first := map[string]int{}
	for i, path := range paths {
		if _, seen := first[groupOf(path)]; !seen {
			first[groupOf(path)] = i
		}
	}
	return slices.SortedStableFunc(slices.Values(paths), func(a, b string) int { return first[groupOf(a)] - first[groupOf(b)] })
}

// groupOf is the first part of a path that has several.
func groupOf(path string) string {
	group, _, several := strings.Cut(path, "/")
	if !several {
		return ""
	}
	return group
}

// compact leaves out rows and columns that have nothing.
func (t *Table) compact() {
	t.Items = slices.DeleteFunc(t.Items, func(r Row) bool { return r.Counts.Given() == 0 && !slices.ContainsFunc(r.Cells, denied) })
	t.Permissions = slices.DeleteFunc(t.Permissions, func(path string) bool {
		return !slices.ContainsFunc(t.Items, func(r Row) bool { cell := r.at(path); return cell.Denied || cell.Level != access.None.String() })
	})
	t.fill()
}

func denied(c Cell) bool { return c.Denied }
