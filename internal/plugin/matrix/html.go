// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// The page, its style and its script. The page has all three in it, and allows nothing else by its content security policy.
var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	style string
	//go:embed page.js
	script string

	page = template.Must(template.New("page").Parse(pageText))
)

// document is what the page shows.
type document struct {
	*Table
	Heading, What, Moment, Date string
	Style                       template.CSS
	Script                      template.JS
	StyleHash, ScriptHash       template.HTML
	FactName                    string
	Facts                       []string
	Groups                      []group
	Heads                       []head
	Lines                       []htmlLine
	Narrowed                    bool
}

// group is a run of columns with the same first part.
type group struct {
	Name    string
	Columns int
}

// head is the head of a column: the path without that of its group, in parts between which a line may end.
type head struct {
	Path  string
	Parts []string
}

// htmlLine is a row of the page.
type htmlLine struct {
	Name        string // namespace/name
	Text, Facts string // what it is filtered by
	Key, About  string
	Withheld    []string // the tooltip of its badge; empty where it is in force
	Given, Of   int
	Cells       []htmlCell
}

// htmlCell is a cell of the page. The second word of the class is its level.
type htmlCell struct{ Class, Letter, Title string }

// writeHTML writes one file that needs no other.
func writeHTML(w io.Writer, t *Table) error {
	d := document{
		Table: t, Heading: t.heading(), What: "Roles", FactName: "Family", Moment: t.At.Format(time.RFC3339), Date: t.At.Format("2 January 2006 15:04 MST"),
		Style: template.CSS(style), Script: template.JS(script), //nolint:gosec // G203: they are ours
		StyleHash: hashOf(style), ScriptHash: hashOf(script),
	}
	if t.Rows == users {
		d.What, d.FactName = "Users", "Type or state"
	}
	d.Groups, d.Heads = heads(t.Permissions)
	facts := map[string]bool{}
	for _, row := range t.Items {
		line := row.html(facts)
		d.Narrowed = d.Narrowed || slices.ContainsFunc(row.Cells, func(c Cell) bool { return len(c.Data) > 0 })
		d.Lines = append(d.Lines, line)
	}
	if d.Facts = slices.Sorted(maps.Keys(facts)); len(d.Facts) < 2 {
		d.Facts = nil
	}
	out := bufio.NewWriter(w)
	if err := page.Execute(out, d); err != nil {
		return err
	}
	return out.Flush()
}

// hashOf is the source of a content security policy that lets this text through.
func hashOf(text string) template.HTML {
	sum := sha256.Sum256([]byte(text))
	return template.HTML("sha256-" + base64.StdEncoding.EncodeToString(sum[:])) //nolint:gosec // G203: base64 has nothing to escape
}

// wordEnds finds the words of a path, each with what ends it.
var wordEnds = regexp.MustCompile(`[^-_./]*[-_./]?`)

// heads are the heads of columns, by groups where some have one.
func heads(permissions []string) ([]group, []head) {
	var groups []group
	var all []head
	grouped := false
	for i, path := range permissions {
		name := groupOf(path)
		grouped = grouped || name != ""
		if i == 0 || groups[len(groups)-1].Name != name {
			groups = append(groups, group{Name: name})
		}
		groups[len(groups)-1].Columns++
		all = append(all, head{path, wordEnds.FindAllString(strings.TrimPrefix(path, name+"/"), -1)})
	}
	if !grouped {
		return nil, all
	}
	return groups, all
}

func (r Row) html(facts map[string]bool) htmlLine {
	line := htmlLine{
		Name: r.Namespace + "/" + r.Name, Text: strings.Join([]string{r.Key, r.Name, r.DisplayName}, " "), Key: r.Key, Given: r.Counts.Given(), Of: len(r.Cells),
		About: r.aboutHTML(),
	}
	own := []string{r.Family}
	if r.State != "" {
		own = append(r.Types, r.State)
	}
	for _, fact := range own {
		if fact != "" {
			facts[fact] = true
		}
	}
	line.Facts = strings.Join(own, "|")
	if !r.InForce {
		line.Withheld = []string{cmp.Or(strings.Join(r.Withheld, "; "), "not in force")}
	}
	group := ""
	for i, c := range r.Cells {
		cell := c.html()
		if first := groupOf(c.Permission); i == 0 || first != group {
			cell.Class, group = cell.Class+" first", first
		}
		line.Cells = append(line.Cells, cell)
	}
	return line
}

func (r Row) aboutHTML() string {
	var parts []string
	if r.DisplayName != "" && r.DisplayName != r.Key {
		parts = append(parts, r.DisplayName)
	}
	if r.Rank != nil {
		parts = append(parts, fmt.Sprintf("rank %d, %s", *r.Rank, r.Family))
	}
	if r.State != "" {
		parts = append(parts, strings.Join(r.Types, ", "), r.State)
		parts = append(parts, r.Roles...)
	}
	return strings.Join(parts, " · ")
}

func (c Cell) html() htmlCell {
	cell := htmlCell{Class: "c n", Letter: "–"}
	switch {
	case c.Denied:
		cell = htmlCell{Class: "c d", Letter: "✕"}
	case c.Level == access.Write.String():
		cell = htmlCell{Class: "c w", Letter: "W"}
	case c.Level == access.Read.String():
		cell = htmlCell{Class: "c r", Letter: "R"}
	}
	if len(c.Data) > 0 {
		cell.Class += " m"
		cell.Title = strings.Join(c.Data, " or ")
	}
	if c.Granted != "" {
		cell.Title = c.Granted + ", of which filters leave " + c.Level + ": " + cell.Title
	}
	if c.Until != nil {
		cell.Title = strings.TrimPrefix(cell.Title+"; until "+c.Until.UTC().Format(time.RFC3339), "; ")
	}
	return cell
}
