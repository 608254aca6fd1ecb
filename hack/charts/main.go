// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Charts writes those files of the chart backoffice-operator that have their source elsewhere in the tree: the kinds, the webhooks, the roles, the
// alerts and the dashboard. Run it from the root of the repository.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// folder is the chart.
const folder = "config/charts/backoffice-operator"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "charts:", err)
		os.Exit(1)
	}
}

func run() error {
	return errors.Join(kinds(), webhooks(), roles(), describe(),
		copyTo("config/prometheus/rules.yaml", "files/rules.yaml"), copyTo("config/prometheus/dashboard.json", "files/dashboard.json"))
}

// object is an object of the API as a file has it.
type object map[string]any

func (o object) metadata() map[string]any {
	m, _ := o["metadata"].(map[string]any)
	return m
}

func (o object) name() string {
	name, _ := o.metadata()["name"].(string)
	return name
}

func read(path string) ([]object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []object
	for document := range strings.SplitSeq("\n"+string(content), "\n---\n") {
		o := object{}
		if err := yaml.UnmarshalStrict([]byte(document), &o); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(o) > 0 {
			found = append(found, o)
		}
	}
	return found, nil
}

// readOne reads a file with one object.
func readOne(path string) (object, error) {
	found, err := read(path)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s: %d objects and not one", path, len(found))
	}
	return found[0], nil
}

// text writes a value as YAML in which nothing is taken for a template but what the marks stand for.
func text(value any) (string, error) {
	content, err := yaml.Marshal(value)
	if err != nil {
		return "", err
	}
	return marks.Replace(strings.ReplaceAll(string(content), "{{", `{{ "{{" }}`)), nil
}

// Marks stand for templates in values that are written as YAML.
const (
	markFullname       = "XX-FULLNAME-XX"
	markNamespace      = "XX-NAMESPACE-XX"
	markServiceAccount = "XX-SERVICE-ACCOUNT-XX"
	markFailurePolicy  = "XX-FAILURE-POLICY-XX"
	markTimeout        = "XX-TIMEOUT-XX"
)

var marks = strings.NewReplacer(
	markFullname, `{{ include "backoffice-operator.fullname" . }}`,
	markNamespace, `{{ .Release.Namespace }}`,
	markServiceAccount, `{{ include "backoffice-operator.serviceAccountName" . }}`,
	markFailurePolicy, `{{ .Values.webhooks.failurePolicy }}`,
	markTimeout, `{{ .Values.webhooks.timeoutSeconds }}`,
)

const head = "{{- /* Written by `go run ./hack/charts` from %s. */}}\n"

// write writes a file of the chart that is made from a source.
func write(path, source, content string) error {
	return save(path, []byte(fmt.Sprintf(head, source)+content))
}

func copyTo(source, path string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return save(path, content)
}

// save writes a file of the chart. The chart is for everybody to read.
func save(path string, content []byte) error {
	path = filepath.Join(folder, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // As above.
		return err
	}
	return os.WriteFile(path, content, 0o644) //nolint:gosec // As above.
}

// indent puts spaces before every line.
func indent(content string, spaces int) string {
	pad := strings.Repeat(" ", spaces)
	return pad + strings.ReplaceAll(strings.TrimSuffix(content, "\n"), "\n", "\n"+pad) + "\n"
}
