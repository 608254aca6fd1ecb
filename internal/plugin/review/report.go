// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
)

// report is what lint prints.
type report struct {
	Findings []finding `json:"findings"`
	Objects  []object  `json:"objects"`
	Notes    []string  `json:"notes,omitempty"`
	Summary  summary   `json:"summary"`
}

// finding is one thing that somebody has to look at.
type finding struct {
	Severity severity `json:"severity"`
	manifests.Source
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	// Operation is what would be done with the object.
	Operation review.Operation `json:"operation,omitempty"`
	Field     string           `json:"field,omitempty"`
	// Reason is that of a refused field, or that of the condition Ready of an object that is not in force.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message"`
}

// severity is how bad a finding is.
type severity string

const (
	refused    severity = "error"
	warned     severity = "warning"
	notInForce severity = "notInForce"
)

// object is what would become of one object.
type object struct {
	manifests.Source
	Kind      string           `json:"kind"`
	Namespace string           `json:"namespace"`
	Name      string           `json:"name"`
	Operation review.Operation `json:"operation"`
	Admitted  bool             `json:"admitted"`
	InForce   bool             `json:"inForce"`
}

// summary counts.
type summary struct {
	Files      int            `json:"files"`
	Objects    int            `json:"objects"`
	Created    int            `json:"created"`
	Changed    int            `json:"changed"`
	Deleted    int            `json:"deleted"`
	Unchanged  int            `json:"unchanged"`
	Refused    int            `json:"refused"`
	Warnings   int            `json:"warnings"`
	NotInForce int            `json:"notInForce"`
	Skipped    map[string]int `json:"skipped,omitempty"`
}

// reportOf says what was found out.
func reportOf(j *job, verdicts []review.Verdict) report {
	r := report{Findings: []finding{}, Objects: []object{}, Notes: j.notes.all, Summary: summary{Files: j.Files, Skipped: j.Skipped}}
	for _, f := range j.Findings {
		r.Findings = append(r.Findings, finding{Severity: refused, Source: f.Source, Message: strings.TrimPrefix(f.Object+": "+f.Message, ": ")})
		r.Summary.Refused++
	}
	for _, v := range verdicts {
		r.add(v)
	}
	return r
}

func (r *report) add(v review.Verdict) {
	r.Objects = append(r.Objects, object{
		Source: v.Source, Kind: v.GetKind(), Namespace: v.GetNamespace(), Name: v.GetName(),
		Operation: v.Operation, Admitted: v.Admitted(), InForce: v.Admitted() && v.Operation != review.Delete && len(v.Withheld) == 0,
	})
	r.Summary.Objects++
	switch {
	case !v.Admitted():
		r.Summary.Refused++
	case v.Operation == review.Create:
		r.Summary.Created++
	case v.Operation == review.Update:
		r.Summary.Changed++
	case v.Operation == review.Delete:
		r.Summary.Deleted++
	default:
		r.Summary.Unchanged++
	}
	r.refusal(v)
	for _, warning := range v.Warnings {
		if slices.ContainsFunc(v.Withheld, func(w review.Withheld) bool { return w.Field+": "+w.Message == warning }) {
			continue // it is told as what it leads to
		}
		field, message, found := strings.Cut(warning, ": ")
		if !found {
			field, message = "", warning
		}
		r.Findings = append(r.Findings, about(v, finding{Severity: warned, Field: field, Message: message}))
		r.Summary.Warnings++
	}
	for _, w := range v.Withheld {
		r.Findings = append(r.Findings, about(v, finding{Severity: notInForce, Field: w.Field, Reason: w.Reason, Message: w.Message}))
	}
	if len(v.Withheld) > 0 {
		r.Summary.NotInForce++
	}
}

// refusal adds what is wrong, a finding for each field.
func (r *report) refusal(v review.Verdict) {
	if v.Admitted() {
		return
	}
	var causes []metav1.StatusCause
	if v.Refusal.Details != nil {
		causes = v.Refusal.Details.Causes
	}
	if len(causes) == 0 {
		causes = []metav1.StatusCause{{Message: v.Refusal.Message, Type: metav1.CauseType(v.Refusal.Reason)}}
	}
	for _, c := range causes {
		r.Findings = append(r.Findings, about(v, finding{Severity: refused, Field: c.Field, Reason: string(c.Type), Message: c.Message}))
	}
}

// about completes a finding with the object and the place of the field.
func about(v review.Verdict, f finding) finding {
	f.Source = v.At(f.Field)
	f.Kind, f.Namespace, f.Name, f.Operation = v.GetKind(), v.GetNamespace(), v.GetName(), v.Operation
	return f
}

// object is what a finding is about; empty for a file.
func (f finding) object() string {
	if f.Kind == "" {
		return ""
	}
	return fmt.Sprintf("%s %s/%s", f.Kind, f.Namespace, f.Name)
}

// text is the finding without where it is.
func (f finding) text() string {
	text := f.Message
	if f.Field != "" {
		text = f.Field + ": " + text
	}
	switch f.Severity {
	case warned:
		return "warning: " + text
	case notInForce:
		return "not in force: " + f.Reason + ": " + text
	default:
		if f.Operation == review.Delete {
			return "cannot be deleted: " + text
		}
		return text
	}
}

// place is where a finding is.
func (f finding) place() string { return cmp.Or(f.String(), "not in the manifests") }

// sentence is the summary as a person reads it.
func (s summary) sentence() string {
	parts := []string{fmt.Sprintf("%s in %s", counted(s.Objects, "object"), counted(s.Files, "file"))}
	if counts := listed([]count{
		{s.Created, "would be created"},
		{s.Changed, "would be changed"},
		{s.Deleted, "would be deleted"},
		{s.Unchanged, "unchanged"},
		{s.Refused, "would be refused"},
		{s.NotInForce, "not in force"},
	}); counts != "" {
		parts = append(parts, counts)
	}
	if s.Warnings > 0 {
		parts = append(parts, counted(s.Warnings, "warning"))
	}
	others := 0
	for _, n := range s.Skipped {
		others += n
	}
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d of other kinds left out", others))
	}
	return strings.Join(parts, ", ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
