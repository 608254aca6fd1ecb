// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Systems reads the reports that the test scripts leave behind.
//
//	systems rows               one line for each row of docs/systems.md: pass, fail or missing
//	systems show FILE          copies `go test -json` from stdin to FILE, and to stdout in the words of plain `go test`
//	systems count DIR...       the tests of these report folders in one line: N passed, N failed, N skipped
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const (
	rowsFile    = "docs/systems.md"
	reportsDir  = ".reports"
	ginkgoFile  = "report.json" // written by ginkgo --json-report
	goTestFile  = "plain.json"  // written by show
	exitUsage   = 2
	exitFailure = 1
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	var err error
	switch args := os.Args[2:]; {
	case os.Args[1] == "rows" && len(args) == 0:
		err = rows()
	case os.Args[1] == "show" && len(args) == 1:
		err = showInto(args[0])
	case os.Args[1] == "count" && len(args) > 0:
		err = count(args)
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "systems:", err)
		os.Exit(exitFailure)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: systems rows | show FILE | count DIR...")
	os.Exit(exitUsage)
}

func rows() error {
	table, err := os.ReadFile(rowsFile)
	if err != nil {
		return err
	}
	suites, err := readGinkgo(filepath.Join(reportsDir, ginkgoFile))
	if err != nil {
		return err
	}
	if suites == nil {
		fmt.Fprintln(os.Stderr, "nothing has run: make test first")
	}
	return writeRows(os.Stdout, idsOf(string(table)), suites)
}

func showInto(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := show(os.Stdin, file, os.Stdout); err != nil {
		return err
	}
	return file.Close()
}

func count(dirs []string) error {
	all := results{}
	for _, dir := range dirs {
		suites, err := readGinkgo(filepath.Join(dir, ginkgoFile))
		if err != nil {
			return err
		}
		all.merge(ginkgoResults(suites))
		events, err := readGoTest(filepath.Join(dir, goTestFile))
		if err != nil {
			return err
		}
		all.merge(goTestResults(events))
	}
	fmt.Fprintln(os.Stdout, all)
	return nil
}
