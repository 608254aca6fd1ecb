// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// labelled is a spec inside a container with one label, with labels of its own.
func labelled(state, container string, own ...string) spec {
	return spec{LeafNodeType: "It", State: state, ContainerHierarchyLabels: [][]string{{container}, nil}, LeafNodeLabels: own}
}

func TestWriteRows(t *testing.T) {
	for sentence, tc := range map[string]struct {
		specs []spec
		want  string
		err   string
	}{
		"nothing has run": {
			want: "T-01 missing\nO-04 missing\n0 pass, 0 fail, 2 missing\n",
		},
		"a label of the container counts as one of the spec": {
			specs: []spec{labelled("passed", "O-04")},
			want:  "T-01 missing\nO-04 pass\n1 pass, 0 fail, 1 missing\n",
		},
		"a spec with several IDs counts for each": {
			specs: []spec{labelled("passed", "slow", "T-01", "O-04")},
			want:  "T-01 pass\nO-04 pass\n2 pass, 0 fail, 0 missing\n",
		},
		"one failed spec fails the row, whatever runs before or after": {
			specs: []spec{labelled("passed", "O-04"), labelled("panicked", "O-04"), labelled("passed", "O-04")},
			want:  "T-01 missing\nO-04 fail\n0 pass, 1 fail, 1 missing\n",
		},
		"a skipped or pending spec proves nothing": {
			specs: []spec{labelled("skipped", "T-01"), labelled("pending", "T-01")},
			want:  "T-01 missing\nO-04 missing\n0 pass, 0 fail, 2 missing\n",
		},
		"a label that looks like an ID but is in no row is an error": {
			specs: []spec{labelled("passed", "T-10")},
			want:  "T-01 missing\nO-04 missing\n0 pass, 0 fail, 2 missing\n",
			err:   "labels without a row in docs/systems.md: T-10",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			var out strings.Builder
			err := writeRows(&out, []string{"T-01", "O-04"}, []suite{{SpecReports: tc.specs}})
			if out.String() != tc.want {
				t.Errorf("got\n%swant\n%s", out.String(), tc.want)
			}
			if message := text(err); message != tc.err {
				t.Errorf("got error %q, want %q", message, tc.err)
			}
		})
	}
}

func TestIDsOfTheTable(t *testing.T) {
	table, err := os.ReadFile("../../" + rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, id := range idsOf(string(table)) {
		counts[id[:1]]++
		counts["all"]++
	}
	for family, want := range map[string]int{"T": 15, "A": 19, "O": 13, "H": 8, "M": 12, "all": 67} {
		if counts[family] != want {
			t.Errorf("%s: got %d rows, want %d", family, counts[family], want)
		}
	}
}

func TestReadGinkgo(t *testing.T) {
	suites, err := readGinkgo("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]outcome{"T-01": passed, "T-02": failed, "O-04": passed, "O-05": 0} {
		if got := verdicts(suites)[id]; got != want {
			t.Errorf("%s: got %d, want %d", id, got, want)
		}
	}
	if got, want := ginkgoResults(suites).String(), "2 passed, 1 failed, 1 skipped"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if suites, err := readGinkgo("testdata/absent.json"); suites != nil || err != nil {
		t.Errorf("without a report: got %v, %v", suites, err)
	}
}

func TestGinkgoResults(t *testing.T) {
	it := func(state string) spec { return spec{LeafNodeType: "It", LeafNodeText: "works", State: state} }
	for sentence, tc := range map[string]struct {
		suite suite
		want  string
	}{
		"specs of the same name are counted apart":      {suite{SuiteSucceeded: true, SpecReports: []spec{it("passed"), it("passed")}}, "2 passed, 0 failed, 0 skipped"},
		"set-up that passed is not a test":              {suite{SuiteSucceeded: true, SpecReports: []spec{{LeafNodeType: "BeforeSuite", State: "passed"}}}, "0 passed, 0 failed, 0 skipped"},
		"set-up that failed is a failure":               {suite{SpecReports: []spec{{LeafNodeType: "BeforeSuite", State: "failed"}, it("skipped")}}, "0 passed, 1 failed, 1 skipped"},
		"a suite that did not compile is a failure":     {suite{SuitePath: "x"}, "0 passed, 1 failed, 0 skipped"},
		"states that only Ginkgo may tell are failures": {suite{SpecReports: []spec{it("timedout"), it("interrupted")}}, "0 passed, 2 failed, 0 skipped"},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := ginkgoResults([]suite{tc.suite}).String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestMergeCountsATestOfTwoRunsOnce(t *testing.T) {
	all := results{}
	all.merge(results{"p A": passed, "p B": passed, "p C": skipped})
	all.merge(results{"p A": passed, "p B": failed, "p C": passed})
	if got, want := all.String(), "2 passed, 1 failed, 0 skipped"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// ended is the event with which a test, or with an empty name its package, ends.
func ended(action, test string) event { return event{Action: action, Package: "p", Test: test} }

func TestGoTestResults(t *testing.T) {
	for sentence, tc := range map[string]struct {
		events []event
		want   string
	}{
		"only tests without subtests count": {
			[]event{ended("pass", "A/one"), ended("skip", "A/two/x"), ended("pass", "A/two"), ended("pass", "A"), ended("pass", "B"), ended("pass", "")},
			"2 passed, 0 failed, 1 skipped",
		},
		"a failed subtest is one failure, its parents and package are none": {
			[]event{ended("fail", "A/one"), ended("pass", "A/two"), ended("fail", "A"), ended("fail", "")},
			"1 passed, 1 failed, 0 skipped",
		},
		"a test that failed although its subtests passed is a failure": {
			[]event{ended("pass", "A/one"), ended("fail", "A"), ended("fail", "")},
			"1 passed, 1 failed, 0 skipped",
		},
		"a package that failed although its tests passed is a failure": {
			[]event{ended("pass", "A"), ended("fail", "")},
			"1 passed, 1 failed, 0 skipped",
		},
		"a package that did not compile is a failure": {
			[]event{{Action: "build-fail", ImportPath: "p"}, ended("fail", "")},
			"0 passed, 1 failed, 0 skipped",
		},
		"a package without tests is nothing": {
			[]event{ended("skip", "")},
			"0 passed, 0 failed, 0 skipped",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := goTestResults(tc.events).String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestShow(t *testing.T) {
	output := func(test, text string) event { return event{Action: "output", Package: "p", Test: test, Output: text} }
	for sentence, tc := range map[string]struct {
		events []event
		want   string
	}{
		"a passed test is silent, its package has a line": {
			[]event{output("A", "=== RUN A\n"), output("A", "noise\n"), ended("pass", "A"), output("", "PASS\n"), output("", "ok p 0.1s\n"), ended("pass", "")},
			"ok p 0.1s\n",
		},
		"a failed test speaks": {
			[]event{output("A", "=== RUN A\n"), output("A", "wrong\n"), ended("fail", "A"), output("", "FAIL p\n"), ended("fail", "")},
			"wrong\nFAIL p\n",
		},
		"a test that never ended speaks when its package fails": {
			[]event{output("A", "panic\n"), ended("fail", "")},
			"panic\n",
		},
		"compiler errors are printed": {
			[]event{{Action: "build-output", ImportPath: "p", Output: "undefined: x\n"}},
			"undefined: x\n",
		},
		"packages without tests are silent": {
			[]event{output("", "? p [no test files]\n"), ended("skip", "")},
			"",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			var in, record, out strings.Builder
			encoder := json.NewEncoder(&in)
			for _, e := range tc.events {
				if err := encoder.Encode(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := show(strings.NewReader(in.String()), &record, &out); err != nil {
				t.Fatal(err)
			}
			if out.String() != tc.want {
				t.Errorf("got %q, want %q", out.String(), tc.want)
			}
			if record.String() != in.String() {
				t.Error("the record differs from what came in")
			}
		})
	}
	if err := show(strings.NewReader("not JSON\n"), &strings.Builder{}, &strings.Builder{}); err == nil {
		t.Error("a line that is not JSON is an error")
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
