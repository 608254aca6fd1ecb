// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Access writes what the chart backoffice-access has from other sources: values.schema.json from the CRDs, so that Helm refuses a typing error
// before anything is sent, and examples from the samples.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "access:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := devcluster.Repository()
	if err != nil {
		return err
	}
	files, err := generated(root)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.WriteFile(filepath.Join(root, path), content, 0o644); err != nil { //nolint:gosec // A file of the source tree: everybody may read it.
			return err
		}
	}
	return nil
}

// chart is the folder of the chart.
const chart = "config/charts/backoffice-access"

// generated returns the files that are written, by path below the root of the source tree.
func generated(root string) (map[string][]byte, error) {
	schema, err := valuesSchema(filepath.Join(root, "config", "crd", "bases"))
	if err != nil {
		return nil, err
	}
	text := &bytes.Buffer{}
	encoder := json.NewEncoder(text)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false) // people read it
	if err := encoder.Encode(schema); err != nil {
		return nil, err
	}
	files := map[string][]byte{filepath.Join(chart, "values.schema.json"): text.Bytes()}
	for _, sample := range samples {
		values, err := sampleValues(filepath.Join(root, "config", "samples", sample))
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", sample, err)
		}
		files[filepath.Join(chart, "examples", sample+".yaml")] = values
	}
	return files, nil
}
