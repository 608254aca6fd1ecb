// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package desired turns API objects into the records that the store is to hold. It is pure: the facts about other objects come in as
// values.
package desired

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Force says whether a rule withholds a record.
type Force bool

// Whether a record is in force.
const (
	InForce  Force = true
	Withheld Force = false
)

// meta is what every record knows of its object. A stamp that does not fit is none: it may be that of another object.
func meta(o metav1.Object) store.Meta {
	m := store.Meta{UID: string(o.GetUID()), Namespace: o.GetNamespace(), Name: o.GetName(), Generation: o.GetGeneration()}
	if s, fits := stamp.Fitting(o); fits {
		m.Stamp = s.ID
	}
	return m
}

// labelsHash identifies what the rows of a user's bindings are evaluated by: the labels, which selectors ask for, and the stamp, which the rules
// for single subjects ask for. The stamp counts as it is written, for it is not worth reading ten thousand of them for one binding.
func labelsHash(u metav1.Object) string {
	h := sha256.New()
	labels := u.GetLabels()
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(h, "%q=%q,", key, labels[key]) // quoted, so that two sets of labels never read the same
	}
	_, _ = io.WriteString(h, "\n"+u.GetAnnotations()[v1alpha1.AnnotationAdmitted])
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// entries are permissions as the store keeps them.
func entries(permissions []v1alpha1.Permission) []store.Entry {
	var entries []store.Entry
	for _, p := range permissions {
		entries = append(entries, store.Entry{Path: p.Path, Level: string(p.Level)})
	}
	slices.SortFunc(entries, func(a, b store.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return entries
}

// sorted returns a sorted copy, nil when there is nothing: so that what is read back equals what was written.
func sorted(in []string) []string {
	if len(in) == 0 {
		return nil
	}
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// The first and the last moment that every store can keep, and JSON can tell. The schema admits times of the years 0 to 9999 in any zone,
// the zero time among them, which would read as "unbounded".
var (
	first = time.Unix(0, 0).UTC()
	last  = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)
)

// moment is a time as the store keeps it; zero where there is none.
func moment(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	switch m := t.UTC().Truncate(time.Second); {
	case m.Before(first):
		return first
	case m.After(last):
		return last
	default:
		return m
	}
}
