// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"fmt"
	"io"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// printGitHub writes the findings as a workflow's commands, which become annotations of the lines.
func printGitHub(w io.Writer, r report) {
	for _, f := range r.Findings {
		command := "warning"
		if f.Severity == refused {
			command = "error"
		}
		var properties []string
		if f.File != "" {
			properties = append(properties, "file="+property(f.File))
		}
		if f.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", f.Line))
		}
		if object := f.object(); object != "" {
			properties = append(properties, "title="+property(object))
		}
		fmt.Fprintf(w, "::%s %s::%s\n", command, strings.Join(properties, ","), data(f.text()))
	}
	fmt.Fprintln(w, r.Summary.sentence())
}

// data and property escape as the runner of workflows reads it.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(session.Printable(text))
}

func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}

// printMarkdown writes the findings for a pull request.
func printMarkdown(w io.Writer, r report) {
	fmt.Fprintf(w, "**Access manifests**: %s\n", escaped(r.Summary.sentence()))
	if len(r.Findings) == 0 {
		return
	}
	fmt.Fprint(w, "\n| | Where | Object | What |\n|---|---|---|---|\n")
	names := map[severity]string{refused: "refused", warned: "warning", notInForce: "not in force"}
	for _, f := range r.Findings {
		text := strings.TrimPrefix(strings.TrimPrefix(f.text(), "warning: "), "not in force: ")
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", names[f.Severity], escaped(f.place()), escaped(f.object()), escaped(text))
	}
}

// escaped is a text that means nothing to Markdown, in a cell of a table too. People are not mentioned by it.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range session.Printable(text) {
		if strings.ContainsRune("\\`*_{}[]<>#|@&~!", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
