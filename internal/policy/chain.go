// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// Rule is one rule: it returns what breaks it. It reads no client, no clock and writes no log.
type Rule[In any] func(In) []Violation

// Chain is a list of rules.
type Chain[In any] []Rule[In]

// Evaluate runs all rules, so that a person sees all problems at once.
func (c Chain[In]) Evaluate(in In) []Violation {
	var violations []Violation
	for _, rule := range c {
		violations = append(violations, named(rule, rule(in))...)
	}
	return violations
}

// named writes the name of the rule into its violations, where a rule within it has not.
func named[In any](rule Rule[In], violations []Violation) []Violation {
	for i := range violations {
		if violations[i].Rule == "" {
			violations[i].Rule = ruleName(rule)
		}
	}
	return violations
}

// ruleName is the name of the function that a rule is.
func ruleName[In any](rule Rule[In]) string {
	name := strings.TrimSuffix(runtime.FuncForPC(reflect.ValueOf(rule).Pointer()).Name(), "[...]") // of a generic one
	return name[strings.LastIndexByte(name, '.')+1:]
}

// advice turns the refusals of a rule into warnings: what it finds heals by itself, such as a set that is applied a moment later.
func advice[In any](rule Rule[In]) Rule[In] {
	return func(in In) []Violation {
		violations := named(rule, rule(in))
		for i := range violations {
			violations[i].Severity = Warn
		}
		return violations
	}
}

// changing is an input that knows what it was before the change.
type changing[In any] interface {
	// before returns the input with the old object as the new one; false on creation.
	before() (In, bool)
}

// changed refuses only what the old object did not break already and warns of the rest, so that an account whose network was forbidden
// yesterday can be blocked today. The background withholds access either way.
func changed[In changing[In]](rule Rule[In]) Rule[In] {
	return func(in In) []Violation {
		violations := named(rule, rule(in))
		before, ok := in.before()
		if !ok || len(violations) == 0 {
			return violations
		}
		known := map[string]bool{}
		for _, v := range rule(before) {
			for _, finding := range v.findings() {
				known[finding] = true
			}
		}
		for i, v := range violations {
			if !slices.ContainsFunc(v.findings(), func(finding string) bool { return !known[finding] }) {
				violations[i].Severity = Warn
			}
		}
		return violations
	}
}
