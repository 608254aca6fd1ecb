// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// describe writes the descriptions of values.yaml, from which the README is made as well, into values.schema.json.
func describe() error {
	content, err := os.ReadFile(filepath.Join(folder, "values.yaml"))
	if err != nil {
		return err
	}
	const path = "values.schema.json"
	old, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return err
	}
	schema := map[string]any{}
	if err := json.Unmarshal(old, &schema); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for value, text := range descriptions(string(content)) {
		at := schema
		for name := range strings.SplitSeq(value, ".") {
			properties, _ := at["properties"].(map[string]any)
			next, ok := properties[name].(map[string]any)
			if !ok {
				return fmt.Errorf("%s does not know the value %s of values.yaml", path, value)
			}
			at = next
		}
		at["description"] = text
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		return err
	}
	return save(path, out.Bytes())
}

var valueLine = regexp.MustCompile(`^( *)([A-Za-z][A-Za-z0-9]*):`)

// descriptions are the comments that begin with two dashes, by the path of the value below them.
func descriptions(values string) map[string]string {
	found := map[string]string{}
	var parents, comment []string
	for line := range strings.SplitSeq(values, "\n") {
		text, isComment := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if isComment {
			if after, first := strings.CutPrefix(text, "-- "); first {
				comment = []string{after}
			} else if len(comment) > 0 {
				comment = append(comment, text)
			}
			continue
		}
		if m := valueLine.FindStringSubmatch(line); m != nil {
			parents = append(parents[:min(len(m[1])/2, len(parents))], m[2])
			if len(comment) > 0 {
				found[strings.Join(parents, ".")] = strings.Join(comment, " ")
			}
		}
		comment = nil
	}
	return found
}
