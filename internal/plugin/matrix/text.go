// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// writeCSV writes a line for each row.
func writeCSV(w io.Writer, t *Table) error {
	out := csv.NewWriter(w)
	head := []string{"Namespace", "Name", "Key", "Display name", "Rank family", "Rank", "Account types", "In force", "Write", "Read", "None"}
	if t.Rows == users {
		head = []string{"Namespace", "Name", "Login", "State", "Roles", "Account type", "In force", "Write", "Read", "None"}
	}
	if err := out.Write(safe(append(head, t.Permissions...))); err != nil {
		return err
	}
	for _, row := range t.Items {
		line := []string{row.Namespace, row.Name, row.Key, row.DisplayName, row.Family, row.rank(), strings.Join(row.Types, " ")}
		if t.Rows == users {
			line = []string{row.Namespace, row.Name, row.Key, row.State, strings.Join(row.Roles, " "), strings.Join(row.Types, " ")}
		}
		line = append(line, strconv.FormatBool(row.InForce), strconv.Itoa(row.Counts.Write), strconv.Itoa(row.Counts.Read), strconv.Itoa(row.Counts.None))
		for _, cell := range row.Cells {
			line = append(line, cell.Text())
		}
		if err := out.Write(safe(line)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (r Row) rank() string {
	if r.Rank == nil {
		return ""
	}
	return strconv.Itoa(int(*r.Rank))
}

// safe keeps spreadsheets from taking a text for a formula.
func safe(line []string) []string {
	for i, text := range line {
		if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
			line[i] = "'" + text
		}
	}
	return line
}

// Text is the cell in words: what narrows it is in brackets.
func (c Cell) Text() string {
	if len(c.Data) == 0 {
		return c.Word()
	}
	return c.Word() + " (" + strings.Join(c.Data, " or ") + ")"
}

// markdownSquares are the colours of cells in Markdown.
var markdownSquares = map[string]string{access.Write.String(): "🟩 W", access.Read.String(): "🟦 R", access.None.String(): "🟥 –"}

// writeMarkdown writes a line for each permission and a column for each row of the table, or the other way round where that is narrower.
func writeMarkdown(w io.Writer, t *Table) error {
	turned := len(t.Items) > len(t.Permissions)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", markdown(t.heading()+t.selection()), "🟩 W: write, full. 🟦 R: read, limited. 🟥 –: none. 🟥 x: denied, whatever else gives it. An asterisk: some data only.")
	lines := grid(t)
	if turned {
		lines = transposed(lines)
	}
	for i, line := range lines {
		b.WriteString("|")
		for _, text := range line {
			b.WriteString(" " + text + " |")
		}
		b.WriteString("\n")
		if i == 0 {
			b.WriteString("|---" + strings.Repeat("|:---:", len(line)-1) + "|\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grid is the table as Markdown: a line for each permission.
func grid(t *Table) [][]string {
	head, counts := []string{""}, []string{"permissions given"}
	for _, row := range t.Items {
		head = append(head, markdown(row.Key))
		counts = append(counts, fmt.Sprintf("%d of %d", row.Counts.Given(), len(t.Permissions)))
	}
	lines := [][]string{head, counts}
	for i, path := range t.Permissions {
		line := []string{markdown(path)}
		for _, row := range t.Items {
			cell := row.Cells[i]
			text := markdownSquares[cell.Level]
			if cell.Denied {
				text = "🟥 x"
			}
			if len(cell.Data) > 0 {
				text += "\\*"
			}
			line = append(line, text)
		}
		lines = append(lines, line)
	}
	return lines
}

func transposed(lines [][]string) [][]string {
	turned := make([][]string, len(lines[0]))
	for i := range turned {
		for _, line := range lines {
			turned[i] = append(turned[i], line[i])
		}
	}
	return turned
}

// markdown is a text with nothing that Markdown or HTML takes for its own.
func markdown(text string) string { return markdownEscapes.Replace(session.Printable(text)) }

var markdownEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`)

// heading says what the table is.
func (t *Table) heading() string {
	what := "Roles"
	if t.Rows == users {
		what = "Users"
	}
	return what + " and permissions of " + t.BackOffice
}

// selection says what the table leaves out.
func (t *Table) selection() string {
	if len(t.Only) == 0 {
		return ""
	}
	return ", only " + strings.Join(t.Only, " ")
}
