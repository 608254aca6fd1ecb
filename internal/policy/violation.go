// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Severity says what becomes of a request or an object that breaks a rule.
type Severity string

// The severities.
const (
	// Refuse refuses the request; in the background it withholds the access.
	Refuse Severity = "Refuse"
	// Warn lets the request pass and tells the person.
	Warn Severity = "Warn"
)

// Violation is one broken rule. Its message stands for itself: it names what is wrong and what helps, and never a personal value.
type Violation struct {
	Severity Severity
	// Rule is the name of the rule that found it, for metrics; the chain writes it.
	Rule string
	// Reason is a v1alpha1.Reason constant.
	Reason string
	// Field that breaks the rule.
	Field *field.Path
	// Kind of the field error.
	Kind    field.ErrorType
	Message string

	// about are the things that are wrong, for two violations that are the same but for their wording, or where one finds more than the other;
	// the message where it is empty.
	about []string
}

const (
	// maxSummary bounds a condition's message. The API allows 32,768 bytes; a status that is printed in a terminal should be short.
	maxSummary = 1024
	// maxErrors and maxWarnings bound an answer: a set has up to 4,096 permissions, and the API server cuts warnings off at 4,096 bytes.
	maxErrors   = 64
	maxWarnings = 10
)

// FieldErrors returns the violations that refuse a request: the first 64, and how many more there are.
func FieldErrors(violations []Violation) field.ErrorList {
	var errs field.ErrorList
	more := 0
	for _, v := range violations {
		switch {
		case v.Severity != Refuse:
		case len(errs) == maxErrors:
			more++
		default:
			// The message has the value where it helps; the field error would print any value.
			errs = append(errs, &field.Error{Type: v.Kind, Field: v.Field.String(), BadValue: field.OmitValueType{}, Detail: v.Message})
		}
	}
	if more > 0 {
		errs = append(errs, field.Forbidden(field.NewPath("spec"), fmt.Sprintf("and %d more", more)))
	}
	return errs
}

// Warnings returns the violations that do not refuse a request: the first 10, and how many more there are.
func Warnings(violations []Violation) []string {
	var warnings []string
	more := 0
	for _, v := range violations {
		switch {
		case v.Severity != Warn:
		case len(warnings) == maxWarnings:
			more++
		default:
			warnings = append(warnings, v.String())
		}
	}
	if more > 0 {
		warnings = append(warnings, fmt.Sprintf("and %d more", more))
	}
	return warnings
}

// Summary returns what a condition says of the violations that refuse: the first reason, and all messages within 1,024 characters.
// Both are empty where there are none.
func Summary(violations []Violation) (reason, message string) {
	var messages []string
	for _, v := range violations {
		if v.Severity != Refuse {
			continue
		}
		if reason == "" {
			reason = v.Reason
		}
		messages = append(messages, v.String())
	}
	return reason, bounded(strings.Join(messages, "; "))
}

// String is the field and the message.
func (v Violation) String() string { return v.Field.String() + ": " + v.Message }

// findings identify what is wrong, wherever in the object it stands now.
func (v Violation) findings() []string {
	if len(v.about) == 0 {
		return []string{v.Reason + " " + v.Message}
	}
	var findings []string
	for _, about := range v.about {
		findings = append(findings, v.Reason+" "+about)
	}
	return findings
}

// bounded cuts a text after maxSummary bytes, between two characters.
func bounded(text string) string {
	const dots = "…"
	if len(text) <= maxSummary {
		return text
	}
	end := maxSummary - len(dots)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + dots
}
