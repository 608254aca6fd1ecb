// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// moment is when somebody asks for something to happen, as the old and the new object have it; nil where one has none. What was asked for before
// is not judged again: it was the present once.
type moment struct {
	path       *field.Path
	old, asked *string
	// tooFar is the reason of one that is too far ahead.
	tooFar string
}

// judge refuses what is no moment, and one that is further ahead of now than two clocks may be apart.
func (m moment) judge(now time.Time) []Violation {
	if m.asked == nil || m.old != nil && *m.old == *m.asked {
		return nil
	}
	at, err := time.Parse(time.RFC3339, *m.asked)
	if err != nil {
		return []Violation{violated(m.path, field.ErrorTypeInvalid, "must be a time as RFC 3339 has it, such as "+rfc3339(now))}
	}
	if !at.After(now.Add(credential.MaxAhead)) {
		return nil
	}
	v := violated(m.path, field.ErrorTypeInvalid, fmt.Sprintf("may be at most five minutes ahead, and it is %s now: write that", rfc3339(now)))
	v.Reason = m.tooFar
	return []Violation{v}
}

// inField is a moment of a field of spec.
func inField(t *metav1.Time) *string {
	if t == nil {
		return nil
	}
	return new(rfc3339(t.Time))
}

// inAnnotation is a moment of an annotation; the object may be nil.
func inAnnotation(u *v1alpha1.BackOfficeUser, name string) *string {
	if u == nil {
		return nil
	}
	text, there := u.Annotations[name]
	if !there {
		return nil
	}
	return &text
}

// annotated is a moment at which a user's annotation asks for something.
func annotated(in UserInput, name, tooFar string) moment {
	path := field.NewPath("metadata", "annotations").Key(name)
	return moment{path: path, old: inAnnotation(in.Old, name), asked: inAnnotation(in.New, name), tooFar: tooFar}
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }
