// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// screen is a terminal, or a file that is to look like one.
type screen struct {
	io.Writer
	colours bool
	width   int // 0 is any
}

// screenOf is what somebody looks at: colours on a terminal alone, and not where NO_COLOR asks for none.
func screenOf(w io.Writer) screen {
	s := screen{Writer: w}
	file, is := w.(*os.File)
	if !is || !session.IsTerminal(w) {
		return s
	}
	s.colours = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		s.width = width
	}
	return s
}

// line is one line or column of the table on the screen.
type line struct {
	label, about string
	cells        []Cell
}

// writeTerminal writes the table with numbered columns, which are explained above it: the rows of the table or its permissions, whichever are fewer. Where
// the terminal is too narrow, columns go on below.
func writeTerminal(w io.Writer, t *Table) error {
	s := screenOf(w)
	subjects, permissions := t.lines()
	lines, columns, what, above := permissions, subjects, "PERMISSION", strings.ToUpper(strings.TrimSuffix(t.Rows, "s"))
	if len(subjects) > len(permissions) {
		lines, columns, what, above = subjects, permissions, above, what
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d %s, %d permissions%s\n\n", session.Printable(t.BackOffice), len(t.Items), t.Rows, len(t.Permissions), session.Printable(t.selection()))
	legend(&b, columns, above)
	label := len(what)
	for _, l := range lines {
		label = max(label, utf8.RuneCountInString(l.label))
	}
	cell := len(strconv.Itoa(len(columns))) + 1
	block := len(columns)
	if s.width > 0 {
		block = min(block, max((s.width-label-1)/(cell+1), 1))
	}
	for from := 0; from < len(columns); from += block {
		s.block(&b, lines, what, label, part{from, min(from+block, len(columns)), cell})
	}
	b.WriteString("\nW write, R read, - none, x denied whatever else gives it, * some data only\n")
	for _, row := range t.Items {
		for _, why := range row.Withheld {
			fmt.Fprintf(&b, "! %s: %s\n", session.Printable(row.Key), session.Printable(why))
		}
	}
	_, err := io.WriteString(s, b.String())
	return err
}

// lines are the rows of the table and its permissions, each with the cells of the other.
func (t *Table) lines() (subjects, permissions []line) {
	for _, path := range t.Permissions {
		permissions = append(permissions, line{label: session.Printable(path)})
	}
	for _, row := range t.Items {
		subjects = append(subjects, line{session.Printable(row.Key), row.about(len(t.Permissions)), row.Cells})
		for i, c := range row.Cells {
			permissions[i].cells = append(permissions[i].cells, c)
		}
	}
	for i, l := range permissions {
		given := 0
		for _, c := range l.cells {
			if c.Level != access.None.String() {
				given++
			}
		}
		permissions[i].about = fmt.Sprintf("%d of %d %s", given, len(t.Items), t.Rows)
	}
	return subjects, permissions
}

// about says of a row what is not in its cells.
func (r Row) about(of int) string {
	parts := []string{fmt.Sprintf("%d of %d", r.Counts.Given(), of)}
	if r.Rank != nil {
		parts = append(parts, fmt.Sprintf("rank %d", *r.Rank), r.Family)
	}
	if r.State != "" {
		parts = append(parts, r.State)
	}
	if !r.InForce {
		parts = append(parts, "not in force")
	}
	return strings.Join(parts, ", ")
}

// legend says which column has which number.
func legend(b *strings.Builder, columns []line, what string) {
	number, label := max(len(strconv.Itoa(len(columns))), 1), len(what)
	for _, c := range columns {
		label = max(label, utf8.RuneCountInString(c.label))
	}
	fmt.Fprintf(b, "%*s  %-*s  %s\n", number, "#", label, what, "GIVEN")
	for i, c := range columns {
		fmt.Fprintf(b, "%*d  %s  %s\n", number, i+1, pad(c.label, label), c.about)
	}
}

// part are some of the columns, and their width.
type part struct{ from, to, width int }

func (s screen) block(b *strings.Builder, lines []line, what string, label int, p part) {
	b.WriteString("\n" + pad(what, label))
	for i := p.from; i < p.to; i++ {
		fmt.Fprintf(b, " %*d", p.width, i+1)
	}
	b.WriteString("\n")
	for _, l := range lines {
		b.WriteString(pad(l.label, label))
		for _, c := range l.cells[p.from:p.to] {
			b.WriteString(" " + s.cell(c, p.width))
		}
		b.WriteString("\n")
	}
}

// ansi are the colours of levels: black or white on green, blue and red.
var ansi = map[string]string{"W": "\x1b[30;42m", "R": "\x1b[97;44m", "-": "\x1b[97;41m", "x": "\x1b[1;97;41m"}

// cell is a cell on the screen, at the right of its column as the number is.
func (s screen) cell(c Cell, width int) string {
	letter := c.Letter()
	text := letter
	if len(c.Data) > 0 {
		text += "*"
	}
	text = strings.Repeat(" ", max(width-len(text), 0)) + text
	if !s.colours {
		return text
	}
	return ansi[letter] + text + "\x1b[0m"
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
}
