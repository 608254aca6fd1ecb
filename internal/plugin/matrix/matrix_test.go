// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// tableOf is a table of roles that give these entries, such as "orders Write"; "!orders" denies.
func tableOf(permissions []string, given ...string) *Table {
	t := &Table{BackOffice: "shop/shop", Rows: roles, Permissions: permissions}
	for i, entries := range given {
		row := Row{Namespace: "shop", Name: fmt.Sprintf("role-%d", i+1), Key: fmt.Sprintf("role_%d", i+1), InForce: true}
		for text := range strings.SplitSeq(entries, ", ") {
			var e access.Entry
			if path, denies := strings.CutPrefix(text, "!"); denies {
				row.denied = append(row.denied, path)
			} else if e.UnmarshalText([]byte(text)) == nil {
				row.given = append(row.given, e)
			}
		}
		row.given = access.ContentOf(row.given...)
		t.Items = append(t.Items, row)
	}
	t.fill()
	return t
}

// letters are the cells of the table, a word for each row.
func letters(t *Table) []string {
	var all []string
	for _, row := range t.Items {
		word := ""
		for _, c := range row.Cells {
			word += c.Letter()
		}
		all = append(all, word)
	}
	return all
}

func TestCells(t *testing.T) {
	g := NewWithT(t)
	table := tableOf([]string{"orders/read", "orders/refund", "stock", "stockroom"},
		"orders Write, stock Read", "orders Write, orders/refund None", "orders Write, stock Write, !orders/refund, !stock", "")
	g.Expect(letters(table)).To(Equal([]string{"WWR-", "W---", "Wxx-", "----"}))
	g.Expect(table.Items[0].Counts).To(Equal(Counts{Write: 2, Read: 1, None: 1}))
	g.Expect(table.Items[2].Counts).To(Equal(Counts{Write: 1, None: 3}))

	table.compact()
	g.Expect(table.Permissions).To(Equal([]string{"orders/read", "orders/refund", "stock"}))
	g.Expect(letters(table)).To(Equal([]string{"WWR", "W--", "Wxx"}))
}

func TestColumns(t *testing.T) {
	closed := &v1alpha1.BackOffice{Spec: v1alpha1.BackOfficeSpec{PermissionCatalog: []string{"b/x", "TOP", "a", "b/y", "a/z", "END"}}}
	rows := tableOf(nil, "q Read, b/x/deep Write", "!d/e").Items
	for name, c := range map[string]struct {
		office *v1alpha1.BackOffice
		paths  []string
		want   []string
	}{
		"a closed catalogue in its order, what belongs together beside each other": {closed, nil, []string{"b/x", "b/y", "TOP", "END", "a/z"}},
		"what is mentioned, sorted":  {&v1alpha1.BackOffice{}, nil, []string{"b/x/deep", "d/e", "q"}},
		"no back office":             {nil, nil, []string{"b/x/deep", "d/e", "q"}},
		"below a path":               {closed, []string{"b"}, []string{"b/x", "b/y"}},
		"a path, and not its prefix": {closed, []string{"TO", "END"}, []string{"END"}},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(columns(c.office, rows, c.paths)).To(Equal(c.want))
		})
	}
}

func TestTerminal(t *testing.T) {
	g := NewWithT(t)
	table := tableOf([]string{"a", "b", "c"}, "a Write, b Read", "!c")
	table.Items[0].Cells[0].Data = []string{"channels Only [web]"}
	table.Items[1].Key, table.Items[1].Withheld = "evil\x1b[2J", []string{"line\nfeed"}

	var out bytes.Buffer
	g.Expect(writeTerminal(&out, table)).To(Succeed())
	g.Expect(out.String()).To(Equal(`shop/shop: 2 roles, 3 permissions

#  ROLE         GIVEN
1  role_1       2 of 3
2  evil\x1b[2J  0 of 3

PERMISSION  1  2
a          W*  -
b           R  -
c           -  x

W write, R read, - none, x denied whatever else gives it, * some data only
! evil\x1b[2J: line\nfeed
`))
}

func TestANarrowTerminalGoesOnBelow(t *testing.T) {
	g := NewWithT(t)
	var b strings.Builder
	table := tableOf([]string{"a", "b", "c", "d"}, "a Write", "b Read", "c Read")
	out := screen{Writer: &bytes.Buffer{}, colours: true, width: 10}
	subjects, permissions := table.lines()
	out.block(&b, permissions, "P", 1, part{0, 2, 2})
	out.block(&b, permissions, "P", 1, part{2, len(subjects), 2})
	green, blue, red, end := "\x1b[30;42m", "\x1b[97;44m", "\x1b[97;41m", "\x1b[0m"
	g.Expect(strings.Split(b.String(), "\n")[:4]).To(Equal([]string{
		"", "P  1  2", "a " + green + " W" + end + " " + red + " -" + end, "b " + red + " -" + end + " " + blue + " R" + end,
	}))
}

func TestFormulas(t *testing.T) {
	g := NewWithT(t)
	g.Expect(safe([]string{"=1", "+1", "-1", "@x", "\tx", "\r", "", "a=1", "Write"})).To(
		Equal([]string{"'=1", "'+1", "'-1", "'@x", "'\tx", "'\r", "", "a=1", "Write"}))
}

func TestMarkdown(t *testing.T) {
	g := NewWithT(t)
	table := tableOf([]string{"a|b", "<c>"}, "a|b Write")
	var out bytes.Buffer
	g.Expect(writeMarkdown(&out, table)).To(Succeed())
	g.Expect(out.String()).To(HaveSuffix(`
|  | role\_1 |
|---|:---:|
| permissions given | 1 of 2 |
| a\|b | 🟩 W |
| &lt;c&gt; | 🟥 – |
`))
}
