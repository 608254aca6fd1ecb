// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// An event is a line of `go test -json`, see `go doc test2json`. Events of a build have an ImportPath in place of a Package.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// readGoTest answers without events where there is no file: nothing has run.
func readGoTest(path string) ([]event, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var events []event
	err = eachEvent(bytes.NewReader(content), func(_ []byte, e event) { events = append(events, e) })
	return events, err
}

// eachEvent calls visit with each line and what it says.
func eachEvent(in io.Reader, visit func(line []byte, e event)) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("not a line of go test -json: %q: %w", line, err)
			}
			visit(line, e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// show copies the events to the record, and prints what `go test` without -json would.
func show(in io.Reader, record, out io.Writer) error {
	p := printer{held: map[string]string{}}
	var failure error
	err := eachEvent(in, func(line []byte, e event) {
		_, recordErr := record.Write(line)
		_, outErr := io.WriteString(out, p.text(e))
		failure = errors.Join(failure, recordErr, outErr)
	})
	return errors.Join(err, failure)
}

// A printer holds the output of tests back until they fail; that of passed and skipped ones is dropped.
type printer struct {
	held map[string]string // by package and test
}

// text is what an event adds to the output.
func (p printer) text(e event) string {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		return e.Output
	case "output":
		if e.Test == "" {
			return packageLine(e.Output)
		}
		if !strings.HasPrefix(e.Output, "=== ") {
			p.held[key] += e.Output
		}
	case "fail":
		return p.failure(e)
	case "pass", "skip":
		delete(p.held, key)
	}
	return ""
}

// failure is the output of a failed test; of a failed package, that of its tests which never ended.
func (p printer) failure(e event) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(p.held)) {
		if key == e.Package+" "+e.Test || e.Test == "" && strings.HasPrefix(key, e.Package+" ") {
			text.WriteString(p.held[key])
			delete(p.held, key)
		}
	}
	return text.String()
}

// packageLine drops what says nothing.
func packageLine(output string) string {
	if output == "PASS\n" || strings.Contains(output, "[no test files]") {
		return ""
	}
	return output
}

// goTestResults counts the tests that have no subtests, those that failed although their subtests did not,
// and packages that failed without a failed test (they did not compile, or ended early).
func goTestResults(events []event) results {
	outcomes := map[string]outcome{"pass": passed, "fail": failed, "skip": skipped}
	tests := map[string]outcome{}
	parents := map[string]bool{} // has subtests; of a package, tests
	covered := map[string]bool{} // one of them failed
	all := results{}
	for _, e := range events {
		o, ended := outcomes[e.Action]
		if !ended || e.Package == "" {
			continue
		}
		name := strings.TrimSpace(e.Package + " " + e.Test)
		if e.Test == "" && (o != failed || covered[name]) {
			continue
		}
		tests[name] = o
		for parent := parentOf(name); parent != ""; parent = parentOf(parent) {
			parents[parent] = true
			covered[parent] = covered[parent] || o == failed
		}
	}
	for name, o := range tests {
		if !parents[name] || o == failed && !covered[name] {
			all.add(name, o)
		}
	}
	return all
}

// parentOf returns the test of a subtest, the package of a test, and nothing for a package.
func parentOf(name string) string {
	pkg, test, isTest := strings.Cut(name, " ")
	if !isTest {
		return ""
	}
	if slash := strings.LastIndex(test, "/"); slash >= 0 {
		return pkg + " " + test[:slash]
	}
	return pkg
}
