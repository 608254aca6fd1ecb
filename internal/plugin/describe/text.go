// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

const none = "<none>"

// text is a description as it grows: fields, each with one or more lines, and tables.
type text struct{ out io.Writer }

// field adds a field. Of several lines the others go on below the first one; without any it is <none>.
func (t text) field(name string, lines ...string) {
	name += ":"
	if len(lines) == 0 {
		lines = []string{none}
	}
	for _, line := range lines {
		fmt.Fprintf(t.out, "%s\t%s\n", name, session.Printable(cmp.Or(line, none)))
		name = ""
	}
}

// row adds a row of a table.
func (t text) row(columns ...string) {
	for i, c := range columns {
		columns[i] = session.Printable(cmp.Or(c, none))
	}
	fmt.Fprintf(t.out, "  %s\n", strings.Join(columns, "\t"))
}

// print writes a description for people.
func (d *describer) print(a described) error {
	fields := printers.GetNewTabWriter(d.Out)
	printAccount(text{fields}, a.Account)
	if d.personal {
		printProfile(text{fields}, a.Profile)
	}
	if err := fields.Flush(); err != nil {
		return err
	}
	bindings := printers.GetNewTabWriter(d.Out)
	printBindings(text{bindings}, a.Bindings)
	if err := bindings.Flush(); err != nil {
		return err
	}
	permissions := printers.GetNewTabWriter(d.Out)
	d.printPermissions(text{permissions}, a.Account)
	return permissions.Flush()
}

func printAccount(t text, a *explain.Account) {
	t.field("Name", a.Name)
	t.field("Namespace", a.Namespace)
	t.field("Back office", a.BackOffice)
	t.field("Login", a.Login)
	t.field("Account type", string(a.AccountType))
	t.field("State", string(a.State))
	if a.Hold != "" {
		t.field("Hold", a.Hold)
	}
	t.field("May log in", mayLogIn(a)...)
	t.field("Allowed IPs", a.AllowedIPs...)
	t.field("Filters", policy.DataOf(policy.FiltersOf(a.Filters))...)
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(a.Settings)) {
		settings = append(settings, name+" = "+string(a.Settings[name]))
	}
	t.field("Settings", settings...)
	if a.KubernetesUser != "" {
		t.field("Kubernetes user", a.KubernetesUser)
	}
	t.field("Password", password(a)...)
	t.field("Next change", moment(a.NextChange))
}

func mayLogIn(a *explain.Account) []string {
	if a.InForce {
		return []string{"yes"}
	}
	lines := []string{"no"}
	for _, why := range a.Withheld {
		lines = append(lines, "  "+why)
	}
	return lines
}

// password tells of the credential what its owner may know as well.
func password(a *explain.Account) []string {
	c := a.Credential
	if c == nil {
		return nil
	}
	var lines []string
	add := func(what, value string) {
		if value != "" {
			lines = append(lines, what+" "+value)
		}
	}
	add("source", c.Source)
	add("in Secret", a.SecretName)
	if c.IssuedAt != nil {
		add("issued", at(c.IssuedAt))
	}
	if c.NextRotationTime != nil {
		add("next rotation", at(c.NextRotationTime))
	}
	if c.Delivered {
		lines = append(lines, "removed from the Secret once it was delivered")
	}
	if c.Invitation != nil {
		add("invitation", string(c.Invitation.State))
	}
	return lines
}

func at(t *metav1.Time) string { return t.UTC().Format(time.RFC3339) }

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// printProfile prints personal data.
func printProfile(t text, p *v1alpha1.Profile) {
	if p == nil {
		p = &v1alpha1.Profile{}
	}
	var lines []string
	for _, part := range []struct{ name, value string }{
		{"full name", p.FullName},
		{"first name", p.FirstName},
		{"last name", p.LastName},
		{"e-mail", p.Email},
		{"phone", p.Phone},
		{"language", p.Language},
		{"gender", string(p.Gender)},
		{"picture", p.PictureURL},
	} {
		if part.value != "" {
			lines = append(lines, part.name+" "+part.value)
		}
	}
	t.field("Personal data", lines...)
}

func printBindings(t text, bindings []explain.Binding) {
	if len(bindings) == 0 {
		t.field("Bindings")
		return
	}
	fmt.Fprintln(t.out, "Bindings:")
	t.row("NAME", "SET", "BY", "FROM", "UNTIL", "DATA", "GRANTED BY", "AT", "IN FORCE")
	for _, b := range bindings {
		status := "yes"
		if !b.InForce {
			status = "no"
		}
		if len(b.Withheld) > 0 {
			status += ": " + strings.Join(b.Withheld, "; ")
		}
		t.row(b.Name, b.Set, b.By, moment(b.NotBefore), moment(b.ExpiresAt), strings.Join(policy.DataOf(policy.FiltersOf(b.Filters)), "; "),
			b.GrantedBy, moment(b.GrantedAt), status)
	}
}

func (d *describer) printPermissions(t text, a *explain.Account) {
	if len(a.Permissions) == 0 {
		t.field("Permissions")
		return
	}
	title := "Permissions:"
	if !a.InForce {
		title = "Permissions, if the account could log in:"
	}
	fmt.Fprintln(t.out, title)
	t.row("PATH", "LEVEL", "DATA", "UNTIL", "FROM")
	for _, p := range a.Permissions {
		path, level, data, until := p.Path, p.Level, dataOf(p), moment(p.Until)
		for _, s := range p.Sources {
			from := s.String()
			if !s.Decides {
				from += ", which does not decide"
			}
			t.line(path, level, data, until, from)
			path, level, data, until = "", "", "", ""
		}
	}
}

// line is a row whose empty columns stay empty but for those of its first line.
func (t text) line(path, level, data, until, from string) {
	if path != "" {
		t.row(path, level, data, until, from)
		return
	}
	fmt.Fprintf(t.out, "  \t\t\t\t%s\n", session.Printable(from))
}

// dataOf tells on which data a permission is given.
func dataOf(p explain.Permission) string {
	data := strings.Join(p.Data, "; or ")
	switch {
	case data == "" && p.Level != string(v1alpha1.LevelNone):
		data = "all"
	case p.LeftByFilters != "":
		data += " (leaves " + p.LeftByFilters + ")"
	}
	return data
}
