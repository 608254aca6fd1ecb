// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// A suite is what we read of Ginkgo's types.Report.
type suite struct {
	SuitePath      string
	SuiteSucceeded bool
	SpecReports    []spec
}

// A spec is what we read of Ginkgo's types.SpecReport; set-up nodes of a suite are among them.
type spec struct {
	ContainerHierarchyTexts  []string
	ContainerHierarchyLabels [][]string
	LeafNodeType             string
	LeafNodeLabels           []string
	LeafNodeText             string
	State                    string
}

// readGinkgo answers without suites where there is no report: nothing has run.
func readGinkgo(path string) ([]suite, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var suites []suite
	if err := json.Unmarshal(content, &suites); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return suites, nil
}

func (s spec) labels() []string {
	return append(slices.Concat(s.ContainerHierarchyLabels...), s.LeafNodeLabels...)
}

func (s spec) name() string {
	return strings.Join(append(slices.Clone(s.ContainerHierarchyTexts), s.LeafNodeText), " ")
}

// outcome sorts Ginkgo's eight states into three; what it does not know is a failure.
func (s spec) outcome() outcome {
	switch s.State {
	case "passed":
		return passed
	case "skipped", "pending":
		return skipped
	default:
		return failed
	}
}

// ginkgoResults counts specs, failed set-up nodes, and suites that failed without one of either (they did not compile, or timed out).
func ginkgoResults(suites []suite) results {
	all := results{}
	for _, suite := range suites {
		failures := 0
		for _, spec := range suite.SpecReports {
			if spec.outcome() == failed {
				failures++
			} else if spec.LeafNodeType != "It" {
				continue
			}
			all.add(suite.SuitePath+" "+spec.name(), spec.outcome())
		}
		if !suite.SuiteSucceeded && failures == 0 {
			all.add(suite.SuitePath, failed)
		}
	}
	return all
}
