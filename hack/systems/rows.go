// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

var (
	rowPattern = regexp.MustCompile(`(?m)^\| ([A-Z]-\d{2}) \|`)
	idPattern  = regexp.MustCompile(`^[A-Z]-\d{2}$`)
)

// idsOf returns the row IDs of a Markdown table, in its order.
func idsOf(markdown string) []string {
	var ids []string
	for _, match := range rowPattern.FindAllStringSubmatch(markdown, -1) {
		ids = append(ids, match[1])
	}
	return ids
}

// verdicts tells for each row ID that some spec carries as a label whether all of these specs passed.
// A spec that was skipped proves nothing and is not counted.
func verdicts(suites []suite) map[string]outcome {
	found := map[string]outcome{}
	for _, suite := range suites {
		for _, spec := range suite.SpecReports {
			for _, label := range spec.labels() {
				if idPattern.MatchString(label) && spec.outcome() != skipped {
					found[label] = max(found[label], spec.outcome())
				}
			}
		}
	}
	return found
}

// writeRows prints a line for each ID and one that counts them. A label that looks like an ID and is in no row is an error: a slip of the pen.
func writeRows(out io.Writer, ids []string, suites []suite) error {
	found := verdicts(suites)
	words := map[outcome]string{passed: "pass", failed: "fail"}
	counts := map[string]int{}
	for _, id := range ids {
		word, ok := words[found[id]]
		if !ok {
			word = "missing"
		}
		counts[word]++
		fmt.Fprintln(out, id, word)
	}
	fmt.Fprintf(out, "%d pass, %d fail, %d missing\n", counts["pass"], counts["fail"], counts["missing"])

	var unknown []string
	for label := range found {
		if !slices.Contains(ids, label) {
			unknown = append(unknown, label)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("labels without a row in %s: %s", rowsFile, strings.Join(unknown, ", "))
	}
	return nil
}
